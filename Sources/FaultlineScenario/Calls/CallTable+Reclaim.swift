import Faultline

extension CallTable {
    /// The program's memory cgroup.
    static let reclaim: [CallDefinition] = [
        CallDefinition(
            "memory_reclaim", result: .value, faults: .never,
            about: """
                One round of reclaim in the program's memory cgroup: what the kernel does to free 32 pages. A program that has one \
                of the three `memory_` calls runs in a cgroup of its own: what its processes touch from the first statement on is charged to it, \
                the files that it makes too. The result is `N anon=R/S file=R/S`: N pages went; of the anonymous and of the file lists R \
                went of S that were looked at, where one that is looked at twice counts twice. NAME is N.
                """,
            example: "n = memory_reclaim()",
            custom: {
                let counts = $0.machine.reclaimRound()
                return StatementResult(.reclaimed(counts), value: Int64(counts.reclaimed))
            }),
        CallDefinition(
            "memory_swappiness", ["N"], result: .ok, faults: .never,
            about: "Sets the cgroup's swappiness (memory.swappiness), 60 at first; above 200 is EINVAL.",
            example: "memory_swappiness(100)", done: { try $0.machine.setGroupSwappiness($0[0]) }),
        CallDefinition(
            "memory_limit", ["BYTES"], result: .ok, faults: .never,
            about: """
                Sets the cgroup's limit (memory.limit_in_bytes, memory.max), rounded down to pages. Pages are reclaimed until the charge is not \
                above it; EBUSY where that does not come about. Later pages beyond it reclaim others, and where nothing can go the \
                process that has most is killed.
                """,
            example: "memory_limit(4M)", done: { try $0.machine.setGroupLimit($0[0]) }),
    ]

    /// The calls that put a program into a memory cgroup.
    fileprivate static let groupCalls = Set(reclaim.map(\.name))
}

extension CallName {
    /// True for the calls that put a program into a memory cgroup of its own.
    public var isOfMemoryGroup: Bool { CallTable.groupCalls.contains(rawValue) }
}
