/// Address ranges, apart from each other and in order.
struct NativeRanges {
    private(set) var ranges: [Range<UInt64>] = []

    /// Adds a range. - Precondition: none of it is there.
    mutating func insert(_ range: Range<UInt64>) {
        ranges.append(range)
        ranges.sort { $0.lowerBound < $1.lowerBound }
    }

    /// Takes a range away.
    mutating func remove(_ range: Range<UInt64>) { ranges = ranges.flatMap { Self.parts(of: $0, outside: range) } }

    func overlaps(_ range: Range<UInt64>) -> Bool { ranges.contains { $0.overlaps(range) } }

    /// The parts of a range that are in none.
    func outside(_ range: Range<UInt64>) -> [Range<UInt64>] {
        ranges.reduce([range]) { parts, other in parts.flatMap { Self.parts(of: $0, outside: other) } }
    }

    /// The parts of a range that are there.
    func inside(_ range: Range<UInt64>) -> [Range<UInt64>] {
        ranges.map { $0.clamped(to: range) }.filter { !$0.isEmpty }
    }

    /// The parts of a range that are not in another one.
    static func parts(of range: Range<UInt64>, outside other: Range<UInt64>) -> [Range<UInt64>] {
        if !range.overlaps(other) { return [range] }
        return [
            range.lowerBound..<max(range.lowerBound, other.lowerBound),
            min(range.upperBound, other.upperBound)..<range.upperBound,
        ].filter { !$0.isEmpty }
    }
}
