/// Neighbouring pages of a region that are there as a process starts.
public struct InitialPages: Sendable, Equatable {
    /// What their entries hold.
    public enum Kind: Sendable, Equatable {
        /// Private pages of the process.
        case anonymous
        /// The shared zero page, at each address.
        case zero
        /// Pages of the file, or of shared memory.
        case file
        /// The marker of a guard region.
        case guardMarker
        /// Swapped out. There is no swap: the page tables are there, the entries are empty.
        case swapped
    }

    /// The first page's address.
    public var start: VirtualAddress
    /// How many pages.
    public var count: UInt64
    /// What their entries hold.
    public var kind: Kind
    /// For anonymous pages, whether they are known to be the process's alone (`PageAnonExclusive`): writes take no fault.
    public var isExclusive = true
    /// Whether they were written to.
    public var isDirty = true
    /// Whether they were accessed since someone looked.
    public var isAccessed = true

    /// Describes pages.
    public init(start: VirtualAddress, count: UInt64, kind: Kind) {
        self.start = start
        self.count = count
        self.kind = kind
    }

    /// The address after the last page.
    public var end: VirtualAddress { start &+ count << 12 }
}
