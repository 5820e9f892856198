/// Figures of /proc/PID/status (fs/proc/task_mmu.c, task_mem), KiB.
struct ProcessStatus {
    /// VmPTE: page-table pages.
    let pageTables: Int
    /// VmLck: locked memory.
    let locked: UInt64
    /// VmPin: what registered buffers hold.
    let pinned: UInt64
    /// VmSize: all that is mapped.
    let size: Int
    /// VmRSS: all pages that are there.
    let rss: Int

    init(process: Int32) throws(LiveError) {
        let text = try HostFile("/proc/\(process)/status").contents()
        var (pageTables, size, rss) = (0, 0, 0)
        var (locked, pinned): (UInt64, UInt64) = (0, 0)
        for line in text.split(separator: UInt8(ascii: "\n")) {
            if let value = Self.value(of: "VmPTE:", in: line) { pageTables = Int(clamping: value) }
            if let value = Self.value(of: "VmLck:", in: line) { locked = value }
            if let value = Self.value(of: "VmPin:", in: line) { pinned = value }
            if let value = Self.value(of: "VmSize:", in: line) { size = Int(clamping: value) }
            if let value = Self.value(of: "VmRSS:", in: line) { rss = Int(clamping: value) }
        }
        self.pageTables = pageTables
        self.locked = locked
        self.pinned = pinned
        self.size = size
        self.rss = rss
    }

    private static func value(of key: String, in line: ArraySlice<UInt8>) -> UInt64? {
        guard line.starts(with: key.utf8) else { return nil }
        let digits = line.dropFirst(key.utf8.count).filter { (48...57).contains($0) }
        return UInt64(ascii: digits)
    }
}
