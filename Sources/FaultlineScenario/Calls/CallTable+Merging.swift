import Faultline

extension CallTable {
    /// What ksmd does when it is told to.
    static let merging: [CallDefinition] = [
        CallDefinition(
            "ksm_scan", ["N"], result: .ok, faults: .never,
            about: """
                ksmd makes N whole scans (at most 10,000 a statement), then stops; what it merged stays. A scan looks once at every private page of memory that is marked \
                (MADV_MERGEABLE, PR_SET_MEMORY_MERGE), process after process in the order in which they were marked first. A page whose contents \
                are those of the last scan is merged with an equal one: at the second scan at the earliest. On the live kernel such a program \
                runs while no other one does, and takes root.
                """,
            example: "ksm_scan(2)", done: { $0.machine.scanForSamePages($0[0]) }),
        CallDefinition(
            "ksm_unmerge", result: .ok, faults: .never,
            about: """
                Every merged page becomes a copy of each process again, the zero pages of `ksm/use_zero_pages` too, and ksmd forgets all that it \
                knows (2 into /sys/kernel/mm/ksm/run, then 0).
                """,
            example: "ksm_unmerge()", done: { try $0.machine.unmergeAll() }),
    ]
}
