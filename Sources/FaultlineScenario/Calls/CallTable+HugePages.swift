import Faultline

extension CallTable {
    /// The pool of huge pages.
    static let hugePages: [CallDefinition] = [
        CallDefinition(
            "hugepages", ["N"], faults: .never,
            about: """
                Makes the pool of 2 MiB pages N pages large (writes nr_hugepages); the value that it then has. It is less where memory does not \
                allow it. Pages in use, and those that mappings were promised, stay: they are surplus ones then. A program begins with an empty \
                pool, and gives everything back. On the live kernel a program with one of these three calls runs while no other one does, and \
                takes root. `mmap` with MAP_HUGETLB and `memfd_create` with MFD_HUGETLB have memory of the pool; in the state such a page \
                is 512 frames with the flag `huge`.
                """,
            example: "hugepages(4)", value: { $0.machine.setHugePages($0[0]) }),
        CallDefinition(
            "hugepages_overcommit", ["N"], faults: .never,
            about: """
                Lets the pool grow by N surplus pages where it is empty (writes nr_overcommit_hugepages); the value that it then has. A surplus \
                page goes back to the kernel when nobody has it any more.
                """,
            example: "hugepages_overcommit(2)", value: { $0.machine.setHugePagesOvercommit($0[0]) }),
        CallDefinition(
            "hugetlb_pool", result: .told, faults: .never,
            about: """
                The figures of the pool, as `/proc/meminfo` has them: `total=N free=N rsvd=N surp=N` (HugePages_Total and so on). Reserved \
                pages are among the free ones: they are promised to mappings that have not touched them yet. It stands behind the first \
                `hugepages` only.
                """,
            example: "hugetlb_pool()",
            custom: { StatementResult(.told($0.machine.hugePagePool.text)) }),
    ]

    /// The calls that are about the pool.
    fileprivate static let hugePageCalls = Set(hugePages.map(\.name))
}

extension CallName {
    /// True for the calls that are about the pool of huge pages, which the whole kernel has.
    public var isOfHugePagePool: Bool { CallTable.hugePageCalls.contains(rawValue) }
}
