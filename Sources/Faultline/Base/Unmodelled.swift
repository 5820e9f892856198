/// What the kernel has and the model lacks: the one table of it. Runs report from it what a program met, README's section
/// "What is not modelled" is made from it.
public enum Unmodelled: String, CaseIterable, Sendable, Codable {
    case sharedHugePages, fileHugePages, gigabytePages, sharedTables, largeFolios, largeSwapCache, rings
    case samePageMerging
    case programBytes, recordBytes, nobodyToKill, groups, reclaimInCalls
    case diskTime, startOfPrograms, journal, numa, processors

    /// A line of the table.
    private struct Row {
        /// What a program does or meets, as a report begins.
        let subject: String
        /// What the model lacks.
        let lack: String
        /// What that means for results; nil where the language has no word that leads there.
        let effect: String?
    }

    private var row: Row {
        switch self {
        case .sharedHugePages:
            Row(
                subject: "folios of shared memory that reach beyond the end of their file",
                lack: "reclaim does not split them (shmem_unused_huge_shrink)",
                effect: "a round of reclaim in a memory cgroup may free more")
        case .fileHugePages:
            Row(
                subject: "MADV_HUGEPAGE of a file",
                lack: "the kernel reads such a file in pieces of 2 MiB, the model by pages",
                effect: "faults and map counts of this file may differ from here on")
        case .gigabytePages:
            Row(
                subject: "MAP_HUGE_1GB, MFD_HUGE_1GB", lack: "the pool of pages of 1 GiB is always empty",
                effect: "where its nr_hugepages is above 0, calls that fail here succeed")
        case .sharedTables:
            Row(
                subject: "1 GiB and more of shared memory of huge pages",
                lack:
                    "each process has tables of its own, where the kernel lets processes share those that map a whole GiB",
                effect: "pgtables and faults of such memory may differ from here on")
        case .largeFolios:
            Row(
                subject: "reading on in a file for more than 32 MiB",
                lack: "the page cache has folios of 1 MiB, where the kernel makes some of 2 MiB",
                effect: "map counts and faults of this file may differ from here on")
        case .largeSwapCache:
            Row(
                subject: "splitting a large folio that is in the swap cache",
                lack: "the kernel parts it with its slots, the model leaves it whole",
                effect: "its entries and flags may differ from here on")
        case .rings:
            Row(
                subject: "mmap of a ring of io_uring", lack: "its queues are not modelled, the call is refused",
                effect: "the kernel maps them")
        case .samePageMerging:
            Row(
                subject: "samepage merging (KSM)",
                lack:
                    "ksmd scans only when it is told to, its own records take no memory, it has no advisor, and a merged page that moves to another node of the machine stays merged with those of its first one",
                effect: nil)
        case .programBytes:
            Row(
                subject: "reading the bytes of a program, a library or the vdso",
                lack: "the model has where they lie, not what they are",
                effect: "the byte that was read is not the kernel's")
        case .recordBytes:
            Row(
                subject: "an access of a struct page by its address in the kernel",
                lack: "the model has where they lie, not what they are",
                effect: "the byte that was read is not the kernel's, and what was written is lost")
        case .nobodyToKill:
            Row(
                subject: "a page beyond the limit of a memory cgroup in which every process has oom_score_adj -1000",
                lack: "the process that needs it is killed, where the kernel makes its fault again for ever",
                effect: nil)
        case .groups:
            Row(
                subject: "memory cgroups",
                lack:
                    "there is one, of the program: no groups in it, no processes that move, no memory.high, low, min and swap.max, and the kernel's own objects are not charged",
                effect: nil)
        case .reclaimInCalls:
            Row(
                subject:
                    "mremap, fallocate, MADV_GUARD_INSTALL, the fills of a userfaultfd and swapoff without a free frame",
                lack: "they fail with ENOMEM, where the kernel reclaims for them",
                effect: "such a call may succeed in the kernel")
        case .startOfPrograms:
            Row(
                subject: "the stack of a program that was loaded",
                lack: "argc, argv and envp are there, the auxiliary vector is not", effect: nil)
        case .diskTime:
            Row(
                subject: "a read from the disk in several pieces",
                lack: "no read takes time, what readahead asked for is there at once",
                effect: "the kernel may still wait for some of these pages, with a minor fault each")
        case .journal:
            Row(
                subject: "the journal of a disk's file system", lack: "its own blocks are not counted", effect: nil)
        case .numa:
            Row(
                subject: "NUMA balancing",
                lack:
                    "no groups of threads that share pages, the scheduler moves no process, only `compute` takes time, and no tiers of memory",
                effect: nil)
        case .processors:
            Row(
                subject: "several CPUs",
                lack:
                    "statements run one at a time, and all CPUs share the page allocator's and the slab caches' lists, and the part of a counter that one CPU has in advance",
                effect: nil)
        }
    }

    /// What a program met, such as `MADV_HUGEPAGE: huge pages are not modelled; faults from here on may differ`.
    public var description: String {
        let row = row
        return "\(row.subject): \(row.lack)" + (row.effect.map { "; \($0)" } ?? "")
    }

    /// Whether a run can meet it, and then says so.
    public var isReported: Bool { row.effect != nil }

    /// README's section, the heading left out.
    public static var documentation: String {
        func list(_ lacks: [Unmodelled]) -> String { lacks.map { "- \($0.description).\n" }.joined() }
        return """
            The transcript, the JSON and standard error name each of these that a program meets, with the line; `--strict` makes
            it exit status 3:

            \(list(allCases.filter(\.isReported)))
            Nothing in the language leads to these:

            \(list(allCases.filter { !$0.isReported }))
            """
    }
}
