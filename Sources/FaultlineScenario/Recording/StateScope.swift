/// What a recording shows of an address space and what it leaves out.
public struct StateScope: Sendable {
    /// A VMA of more pages has its figures shown, but not its pages.
    public static let largestListedPageCount: UInt64 = 1 << 18

    /// In the order of addresses; VMAs do not overlap.
    private let initial: [InitialVMA]

    /// A scope that leaves out the VMAs that the first process starts with.
    public init(initial: [InitialVMA]) { self.initial = initial.sorted { $0.start < $1.start } }

    /// A scope that leaves out no VMA.
    public static let everything = StateScope(initial: [])

    /// True for a VMA that a recording shows: no part of it lies where the first process started with one.
    public func shows(start: UInt64, end: UInt64) -> Bool {
        // Of those that begin below the end, the last one reaches furthest.
        var (low, high) = (0, initial.count)
        while low < high {
            let middle = (low + high) / 2
            if initial[middle].start < end { low = middle + 1 } else { high = middle }
        }
        return low == 0 || initial[low - 1].end <= start
    }

    /// True for a VMA whose pages a recording shows.
    public func listsPages(start: UInt64, end: UInt64) -> Bool {
        (end - start) / 4096 <= StateScope.largestListedPageCount
    }
}
