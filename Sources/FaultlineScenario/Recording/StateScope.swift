/// What a recording shows of an address space and what it leaves out.
public struct StateScope: Sendable {
    /// A VMA of more pages has its figures shown, but not its pages.
    public static let largestListedPageCount: UInt64 = 1 << 18

    private let initial: [InitialVMA]

    /// A scope that leaves out the VMAs that the first process starts with.
    public init(initial: [InitialVMA]) { self.initial = initial }

    /// True for a VMA that a recording shows: it begins at no address that the first process started with.
    public func shows(start: UInt64) -> Bool {
        !initial.contains { $0.start <= start && start < $0.end }
    }

    /// True for a VMA whose pages a recording shows.
    public func listsPages(start: UInt64, end: UInt64) -> Bool {
        (end - start) / 4096 <= StateScope.largestListedPageCount
    }
}
