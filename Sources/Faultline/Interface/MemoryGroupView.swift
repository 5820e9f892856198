/// The memory cgroup of the program as its files show it (`memory.stat` and its like). All in bytes but for counts.
public struct MemoryGroupView: Sendable, Equatable {
    /// `memory.current`, `memory.usage_in_bytes`: pages of programs and files, and page tables. The kernel adds its own objects.
    public var usage: UInt64 = 0
    /// `memory.max`, `memory.limit_in_bytes`; nil for none.
    public var limit: UInt64?
    /// `memory.swappiness`.
    public var swappiness: UInt64 = 60
    /// `oom_kill` of `memory.events` and `memory.oom_control`.
    public var kills: UInt64 = 0
    /// `anon` (`rss`): anonymous memory that is mapped.
    public var anonymous: UInt64 = 0
    /// `file` (`cache`): pages of files and of the swap cache.
    public var files: UInt64 = 0
    /// `shmem`, and `file_mapped` (`mapped_file`).
    public var shmem: UInt64 = 0, mapped: UInt64 = 0
    /// `file_dirty` (`dirty`) and `file_writeback` (`writeback`).
    public var dirty: UInt64 = 0, writeback: UInt64 = 0
    /// `swapcached`.
    public var swapCached: UInt64 = 0
    /// `inactive_anon`, `active_anon`, `inactive_file`, `active_file` and `unevictable`.
    public var lists: [UInt64] = [0, 0, 0, 0, 0]
}

extension Machine {
    /// The program's memory cgroup; nil where it has none. Costs a look at every frame that anybody ever had.
    public func memoryGroupView() -> MemoryGroupView? {
        if !memoryGroup.exists { return nil }
        let tally = groupTally()
        var view = MemoryGroupView()
        view.usage = memoryGroup.usage << 12
        view.limit = memoryGroup.limit == .max ? nil : memoryGroup.limit << 12
        view.swappiness = memoryGroup.swappiness
        view.kills = memoryGroup.kills
        view.anonymous = tally.anonymous << 12
        view.files = (tally.files + tally.swapCached) << 12
        view.shmem = tally.shmem << 12
        view.mapped = tally.mapped << 12
        view.dirty = tally.dirty << 12
        view.writeback = tally.writeback << 12
        view.swapCached = tally.swapCached << 12
        view.lists = (0..<LRUKind.count).map { tally.lists[$0] << 12 }
        return view
    }
}
