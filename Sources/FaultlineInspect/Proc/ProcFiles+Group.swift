import Faultline

/// The files of the program's memory cgroup, by their names of both versions.
extension ProcFiles {
    private static let second = "/sys/fs/cgroup/program/"
    private static let first = "/sys/fs/cgroup/memory/program/"

    static let groupFiles =
        ["memory.current", "memory.max", "memory.stat", "memory.events"].map { second + $0 }
        + ["memory.usage_in_bytes", "memory.limit_in_bytes", "memory.swappiness", "memory.stat", "memory.oom_control"]
        .map { first + $0 }

    /// One of them; nil where the path is none.
    ///
    /// - Throws: ``ProcFileError/notModelled(_:_:)`` where the program has no cgroup, ``ProcFileError/noSuchGroup(_:_:)`` for another one,
    ///   ``ProcFileError/noSuchFile(_:_:)`` for a file that the group has not.
    func groupFile(_ path: String) throws(ProcFileError) -> Content? {
        guard path.hasPrefix("/sys/fs/cgroup/") else { return nil }
        if !Self.groupFiles.contains(path) {
            if [Self.first, Self.second].contains(where: path.hasPrefix) {
                throw .noSuchFile(path, Self.groupFiles)
            }
            let root = path.hasPrefix("/sys/fs/cgroup/memory/") ? "/sys/fs/cgroup/memory/" : "/sys/fs/cgroup/"
            let group = path.dropFirst(root.count).split(separator: "/").dropLast().joined(separator: "/")
            throw .noSuchGroup(path, group.isEmpty ? "/" : group)
        }
        guard let group = machine.memoryGroupView() else {
            throw .notModelled(path, "the program is in no memory cgroup; memory_limit() makes one")
        }
        if path.hasPrefix(Self.first) { return Self.firstVersion(String(path.dropFirst(Self.first.count)), group) }
        return Self.secondVersion(String(path.dropFirst(Self.second.count)), group)
    }

    /// What the kernel charges to a cgroup besides, and the model does not.
    private static let uncharged = ["what the kernel charges for its own objects"]
    private static let listNames = ["inactive_anon", "active_anon", "inactive_file", "active_file", "unevictable"]

    private static func secondVersion(_ name: String, _ group: MemoryGroupView) -> Content {
        switch name {
        case "memory.current": return .text("\(group.usage)\n", leftOut: uncharged)
        case "memory.max": return .text((group.limit.map { "\($0)" } ?? "max") + "\n", leftOut: [])
        case "memory.events":
            return .text("oom_kill \(group.kills)\n", leftOut: ["low", "high", "max", "oom", "oom_group_kill"])
        default:
            let figures: [(String, UInt64)] = [
                ("anon", group.anonymous), ("file", group.files), ("shmem", group.shmem), ("file_mapped", group.mapped),
                ("file_dirty", group.dirty), ("file_writeback", group.writeback), ("swapcached", group.swapCached),
            ]
            return .text(
                lines(figures + zip(listNames, group.lists)),
                leftOut: ["the other lines of 6.18: kernel memory, huge pages, events"])
        }
    }

    private static func firstVersion(_ name: String, _ group: MemoryGroupView) -> Content {
        // PAGE_COUNTER_MAX in bytes.
        let limit = group.limit ?? UInt64(Int64.max) & ~0xfff
        switch name {
        case "memory.usage_in_bytes": return .text("\(group.usage)\n", leftOut: uncharged)
        case "memory.limit_in_bytes": return .text("\(limit)\n", leftOut: [])
        case "memory.swappiness": return .text("\(group.swappiness)\n", leftOut: [])
        case "memory.oom_control":
            return .text("oom_kill_disable 0\nunder_oom 0\noom_kill \(group.kills)\n", leftOut: [])
        default:
            let figures: [(String, UInt64)] = [
                ("cache", group.files), ("rss", group.anonymous), ("shmem", group.shmem), ("mapped_file", group.mapped),
                ("dirty", group.dirty), ("writeback", group.writeback), ("swapcached", group.swapCached),
            ]
            let own = figures + zip(listNames, group.lists)
            return .text(
                lines(own + [("hierarchical_memory_limit", limit)] + own.map { ("total_" + $0.0, $0.1) }),
                leftOut: [
                    "rss_huge", "workingset_refault_anon", "workingset_refault_file", "swap", "pgpgin", "pgpgout",
                ]
                    + ["pgfault", "pgmajfault", "hierarchical_memsw_limit", "and these with total_"])
        }
    }

    private static func lines(_ figures: [(String, UInt64)]) -> String {
        figures.map { "\($0.0) \($0.1)\n" }.joined()
    }
}
