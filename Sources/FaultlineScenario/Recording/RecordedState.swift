import Faultline

/// The state as a recording has it: frames numbered, pages gathered into runs.
public struct RecordedState: Sendable, Hashable {
    /// The live processes, in the order in which they were made.
    public var processes: [RecordedProcess]

    /// Makes a state.
    public init(processes: [RecordedProcess]) { self.processes = processes }
}

/// One process of a recorded state.
public struct RecordedProcess: Sendable, Hashable {
    /// The program's name for it.
    public var name: String
    /// `VmPTE` in KiB, less what it was when the program started.
    public var pgtablesKiB: Int
    /// `VmLck` in KiB.
    public var lockedKiB: UInt64
    /// `VmPin` in KiB.
    public var pinnedKiB: UInt64 = 0
    /// The earlier process that it shares its address space with, which has the VMAs.
    public var sharedWith: String?
    /// The VMAs that the program made.
    public var vmas: [RecordedVMA]
}

/// One VMA of a recorded state.
public struct RecordedVMA: Sendable, Hashable {
    /// The first address.
    public var start: UInt64
    /// The address after the last.
    public var end: UInt64
    /// Such as `rw-p`.
    public var permissions: String
    /// The offset into the file, in bytes.
    public var offset: UInt64
    /// The name, or `-`.
    public var name: String
    /// The names of the flags.
    public var vmFlags: String
    /// The first word of the memory policy in force, such as `bind:0`; nil for the default.
    public var policy: String?
    /// The figures of smaps; those that are 0 are not shown.
    public var figures: SmapsFigures
    /// The pages that are there.
    public var runs: [PageRun]
}

/// Neighbouring pages that are alike but for their addresses and frames, which follow each other.
public struct PageRun: Sendable, Hashable {
    /// What stands at a run's first address.
    public enum Frame: Sendable, Hashable {
        /// The shared zero page, at each address.
        case zero
        /// Guard markers, or entries whose slot is not known.
        case swap
        /// The entry of a slot of the swap area; then those of the slots behind.
        case slot(UInt64)
        /// Guard markers, by a recorder that tells them from swap entries.
        case guardMarker
        /// A write-protect mark of a userfaultfd without a page.
        case marker
        /// The mark of `uffd_poison`.
        case poison
        /// The K-th distinct frame of the observation, from 0; then K+1 and so on.
        case number(Int)
    }

    /// The first page's address.
    public var address: UInt64
    /// How many pages.
    public var count: Int
    /// What stands at the first address.
    public var frame: Frame
    /// Bit 61 of pagemap; false for all but frames.
    public var isFile: Bool
    /// Bit 56 of pagemap; false for all but frames.
    public var isExclusive: Bool
    /// Bit 57 of pagemap: a userfaultfd has write-protected the page.
    public var isWriteProtected: Bool
    /// What kpagecount has; 0 for all but frames.
    public var mapCount: Int
    /// What kpageflags has; empty for all but frames.
    public var flags: PageFlags
}
