import CHost
import Faultline
import FaultlineScenario
import Glibc

/// The memory cgroup of a program on the live kernel, of version 1 or 2. It is gone when this object is, and also when this process is
/// ended by any signal.
final class LiveGroup {
    private var group = fl_memory_group()
    private let processor: Int32
    /// Whether the program has set a limit.
    private(set) var isLimited = false
    /// Kills that were told of.
    private var kills: Int64 = 0

    /// Makes an empty group for a program that runs on a processor.
    init(processor: Int32) throws(LiveError) {
        self.processor = processor
        let result = fl_memory_group_make(&group)
        guard result == 0 else {
            throw .host(action: "make a memory cgroup, which takes root and the memory controller", errno: -result)
        }
    }

    deinit { fl_memory_group_remove(&group) }

    /// Moves processes into the group, or out of it: pages that they touch are charged to where they are.
    func enter(_ agents: [Agent]) throws(LiveError) {
        for agent in agents { try Self.check(fl_memory_group_enter(&group, agent.process), "move a process") }
    }

    /// See ``enter(_:)``.
    func leave(_ agents: [Agent]) throws(LiveError) {
        for agent in agents { try Self.check(fl_memory_group_leave(&group, agent.process), "move a process") }
    }

    /// Brings the group's figures up to date.
    func refresh() throws(LiveError) {
        try Self.check(fl_memory_group_refresh(&group), "read a memory cgroup's figures")
    }

    /// One round of reclaim.
    func reclaim() throws(LiveError) -> StatementResult {
        var counts = fl_reclaim_counts()
        try Self.check(
            fl_memory_group_reclaim(&group, processor, &counts),
            "have a memory cgroup reclaimed and traced (tracefs, perf)")
        var result = ReclaimCounts()
        (result.anonScanned, result.anonReclaimed) = (counts.anon_scanned, counts.anon_reclaimed)
        (result.fileScanned, result.fileReclaimed) = (counts.file_scanned, counts.file_reclaimed)
        return StatementResult(.reclaimed(result))
    }

    /// A write to memory.swappiness.
    func setSwappiness(_ value: UInt64) throws(LiveError) -> StatementResult {
        if group.version == 2 {
            throw .unsupported("memory_swappiness takes memory cgroups of version 1; this machine has version 2")
        }
        return try Self.shown(fl_memory_group_swappiness(&group, value))
    }

    /// A write to the group's limit.
    func setLimit(_ bytes: UInt64) throws(LiveError) -> StatementResult {
        let result = try Self.shown(fl_memory_group_limit(&group, bytes))
        if !result.isFailure { isLimited = true }
        return result
    }

    /// How many processes the kernel has killed since the last call.
    func takeKills() -> Int {
        guard isLimited else { return 0 }
        let now = fl_memory_group_kills(&group)
        defer { kills = max(now, kills) }
        return Int(max(now - kills, 0))
    }

    private static func shown(_ result: Int32) throws(LiveError) -> StatementResult {
        try StatementResult(raw: Int64(result)).shownAsOK()
    }

    private static func check(_ result: Int32, _ action: String) throws(LiveError) {
        if result < 0 { throw .host(action: action, errno: -result) }
    }
}
