/// Units of addresses, pages or blocks of 2 MiB, that were seen lately; tells cheaply that one is not new.
struct RecentUnits {
    private var tags: [UInt64]

    init() { tags = [UInt64](repeating: .max, count: Self.count) }

    private static let count = 4096

    /// Whether the unit was seen and is remembered; it is from now on.
    @inline(__always)
    mutating func remember(_ unit: UInt64) -> Bool {
        let place = Int(truncatingIfNeeded: unit & UInt64(Self.count - 1))
        if tags[place] == unit { return true }
        tags[place] = unit
        return false
    }
}
