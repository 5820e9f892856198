import Faultline

/// What fork(2) would do with a process: its page tables, its pages, the commitment, and what it costs when both sides go on
/// writing. The simulated kernel forks the process as it was described, and this tells what came of it.
public struct ForkForecast: Encodable, Sendable {
    /// What fork does with a VMA (`dup_mmap`, `vma_needs_copy`).
    public enum Action: String, Encodable, Sendable {
        /// The child's entries map the same frames; private ones are write-protected on both sides.
        case copied
        /// The child has the VMA without entries; faults bring the pages back from the file or from shared memory.
        case refilled
        /// The child has it empty: MADV_WIPEONFORK.
        case wiped
        /// The child has no such VMA: MADV_DONTFORK.
        case leftOut = "left out"
    }

    /// One VMA.
    public struct Area: Encodable, Sendable {
        /// The first address and the one after the last, in hex.
        public let start, end: String
        /// Such as `rw-p`.
        public let permissions: String
        /// As maps shows it; empty for none.
        public let name: String
        /// Its length and, before the fork, its pages in memory, in KiB.
        public let sizeKiB, residentKiB: Int
        /// What fork does with it.
        public let action: Action
        /// The entries that the child gets, those of the zero page and of guards among them.
        public let copiedEntries: Int
        /// Those of the parent's that writes went through, and that are write-protected now.
        public let writeProtectedEntries: Int
        /// Entries of pages that are swapped out, which the child gets too.
        public let copiedSwapEntries: Int
        /// What the child's VMA is charged with, in KiB.
        public let committedKiB: Int
        /// The faults that the child takes as it writes to all private pages that are there.
        public let childWriteFaults: Int
        /// How much memory that takes, in KiB, when the child does so, the parent, or both.
        public let growthOfChildKiB, growthOfParentKiB, growthOfBothKiB: Int
        /// What is not known of the VMA; empty where all is.
        public let unknown: [String]
    }

    /// The address space of one side, in KiB.
    public struct Side: Encodable, Sendable {
        /// `VmPTE`.
        public let pageTablesKiB: Int
        /// `VmRSS`.
        public let residentKiB: Int
        /// `Pss` of smaps_rollup; nil where it is not known who else maps the pages.
        public let proportionalKiB: Int?
    }

    /// How the kernel decides about the charge.
    public struct Commitment: Encodable, Sendable {
        /// What Committed_AS grows by, in KiB.
        public let chargedKiB: Int
        /// Whether fork gets it; nil where the machine's figures are not known.
        public let isAllowed: Bool?
        /// Why, with the figures.
        public let reason: String
    }

    /// The version of the form as JSON, which docs/schema.json describes, and what the object is there.
    public let version = 1
    /// As docs/schema.json names it.
    public let kind = "fork"
    /// In the order of addresses.
    public let areas: [Area]
    /// The process before the fork and after it, and the child as fork returns.
    public let parentBefore, parentAfter, child: Side
    /// What becomes of Committed_AS.
    public let commitment: Commitment
    /// What had to be assumed, and what the model does not know: a sentence each.
    public let notes: [String]

    /// Adds up a figure of all VMAs.
    public func sum(_ figure: KeyPath<Area, Int>) -> Int { areas.reduce(0) { $0 + $1[keyPath: figure] } }

    /// Forks a process on a simulated machine.
    ///
    /// - Parameters:
    ///   - pageTablesKiB: the `VmPTE` of the process, which may have tables without entries; nil where it is not known.
    ///   - limits: the machine whose commitment counts; nil where it is not known.
    /// - Throws: `Errno` where the process cannot be made: EINVAL for pages outside of their VMAs, ENOMEM for more than 1 TiB.
    public init(
        _ process: ProcessDescription, pageTablesKiB: Int? = nil, limits: CommitLimits? = nil
    ) throws {
        let experiment = try ForkExperiment(process)
        let sharing = FrameSharing(process, experiment)
        areas = process.areas.indices.map { Area(process.areas[$0], experiment.outcomes[$0]) }
        commitment = Commitment(process.areas, experiment.outcomes, limits)
        parentBefore = Side(
            pageTablesKiB: pageTablesKiB ?? experiment.before.pageTablesKiB,
            residentKiB: process.residentKiB ?? experiment.before.rssKiB,
            proportionalKiB: sharing?.parentBefore)
        parentAfter = Side(
            pageTablesKiB: parentBefore.pageTablesKiB, residentKiB: parentBefore.residentKiB,
            proportionalKiB: sharing?.parentAfter)
        child = Side(
            pageTablesKiB: experiment.child.pageTablesKiB, residentKiB: experiment.child.rssKiB,
            proportionalKiB: sharing?.child)
        var notes = process.notes
        if let pageTablesKiB, pageTablesKiB != experiment.before.pageTablesKiB {
            notes.append(
                "VmPTE is \(pageTablesKiB) kB, the entries that can be seen need \(experiment.before.pageTablesKiB) kB: tables "
                    + "without entries, whose places cannot be seen, may be copied too")
        }
        if process.areas.contains(where: { $0.pages == nil && $0.kib("Rss") > 0 }) {
            notes.append(
                "smaps does not say where in a VMA its pages lie: they are taken to lie side by side, so that page tables "
                    + "may be more than this; zero pages and guards are not in it")
        }
        self.notes = notes
    }
}

extension ProcessDescription {
    /// What smaps says is in memory, in KiB; nil without figures.
    var residentKiB: Int? { hasFigures ? areas.reduce(0) { $0 + $1.kib("Rss") } : nil }
}
