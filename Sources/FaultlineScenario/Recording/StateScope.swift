/// What a recording shows of an address space and what it leaves out.
public struct StateScope: Sendable {
    /// A VMA of more pages has its figures shown, but not its pages.
    public static let largestListedPageCount: UInt64 = 1 << 18

    private let initial: [InitialVMA]

    /// A scope that leaves out the VMAs that the first process starts with.
    public init(initial: [InitialVMA]) { self.initial = initial }

    /// True for a VMA that a recording shows: no part of it lies where the first process started with one.
    public func shows(start: UInt64, end: UInt64) -> Bool {
        !initial.contains { $0.start < end && start < $0.end }
    }

    /// True for a VMA whose pages a recording shows.
    public func listsPages(start: UInt64, end: UInt64) -> Bool {
        (end - start) / 4096 <= StateScope.largestListedPageCount
    }
}
