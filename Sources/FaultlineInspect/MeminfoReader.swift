import Faultline

/// Tells what memory is used for.
public enum MeminfoReader {
    /// Lines as those of `/proc/meminfo`, in KiB, and those of the disk's `stats` in debugfs behind them.
    public static func text(_ info: MemoryInfo) -> String {
        let lines: [(String, UInt64)] = [
            ("MemTotal", info.total), ("MemFree", info.free), ("Buffers", info.buffers), ("Cached", info.cached),
            ("Unevictable", info.unevictable), ("Mlocked", info.mlocked), ("Dirty", info.dirty),
            ("Writeback", info.writeback), ("AnonPages", info.anonPages), ("Mapped", info.mapped),
            ("Shmem", info.shmem), ("PageTables", info.pageTables), ("CommitLimit", info.commitLimit),
            ("Committed_AS", info.committed), ("BdiDirtied", info.dirtied), ("BdiWritten", info.written),
            ("BackgroundThresh", info.backgroundThreshold), ("DirtyThresh", info.dirtyThreshold),
        ]
        return lines.map { row($0.0, String($0.1 * 4) + " kB") }.joined() + row("b_dirty", String(info.dirtyFiles))
    }

    private static func row(_ name: String, _ value: String) -> String {
        name + ":" + value.right(max(30 - name.count, value.count + 1)) + "\n"
    }
}
