import Faultline

/// The addresses of a picture, packed: what nobody maps is left out, and what is large is drawn smaller than it is.
///
/// It has intervals between which the bounds of VMAs lie, so that no VMA is too small to be seen.
struct PackedAxis: Equatable {
    struct Interval: Equatable {
        var start: VirtualAddress
        var end: VirtualAddress

        var pages: UInt64 { (end - start) >> 12 }

        /// Its width, of which one page has 1 in a small interval.
        var weight: Double {
            var (rest, weight) = (Double(pages), 0.0)
            // Each doubling beyond 32 pages adds the same.
            if rest <= 32 { return rest }
            while rest > 64 {
                rest /= 2
                weight += 6
            }
            return 32 + weight + (rest - 32) / 32 * 6
        }
    }

    /// In the order of addresses; where one does not begin at the end of the one before, addresses are left out.
    private(set) var intervals: [Interval]

    /// More intervals than this cannot be told apart in a picture.
    static let mostIntervals = 256

    /// An axis for ranges of addresses, which may lie over each other.
    init(_ ranges: [(start: VirtualAddress, end: VirtualAddress)]) {
        let sorted = ranges.sorted { $0.start < $1.start }
        var covered: [Interval] = []
        for range in sorted where range.start < range.end {
            if let last = covered.last, range.start <= last.end {
                covered[covered.count - 1].end = max(last.end, range.end)
            } else {
                covered.append(Interval(start: range.start, end: range.end))
            }
        }
        covered = Self.bridged(covered)
        let bounds = Array(Set(sorted.flatMap { [$0.start, $0.end] })).sorted()
        intervals = Self.cut(covered, at: bounds)
    }

    /// Closes the smallest gaps where there are too many.
    private static func bridged(_ intervals: [Interval]) -> [Interval] {
        guard intervals.count > mostIntervals else { return intervals }
        let gaps = zip(intervals, intervals.dropFirst()).map { $1.start - $0.end }.sorted(by: >)
        let smallest = gaps[mostIntervals - 2]
        var result: [Interval] = []
        for interval in intervals {
            if let last = result.last, interval.start - last.end < smallest {
                result[result.count - 1].end = interval.end
            } else {
                result.append(interval)
            }
        }
        return Array(result.prefix(mostIntervals - 1)) + mostIntervalsTail(result)
    }

    /// Equal gaps may leave too many: the last ones become one.
    private static func mostIntervalsTail(_ intervals: [Interval]) -> [Interval] {
        let rest = intervals.dropFirst(mostIntervals - 1)
        guard let first = rest.first, let last = rest.last else { return [] }
        return [Interval(start: first.start, end: last.end)]
    }

    /// Cuts at the bounds of VMAs; where there are too many, at every second, fourth and so on.
    private static func cut(_ covered: [Interval], at bounds: [VirtualAddress]) -> [Interval] {
        var stride = 1
        while covered.count + bounds.count / stride > 2 * mostIntervals { stride *= 2 }
        var result: [Interval] = []
        var next = 0
        for interval in covered {
            var start = interval.start
            while next < bounds.count, bounds[next] <= start { next += 1 }
            while next < bounds.count, bounds[next] < interval.end {
                if next % stride == 0 {
                    result.append(Interval(start: start, end: bounds[next]))
                    start = bounds[next]
                }
                next += 1
            }
            result.append(Interval(start: start, end: interval.end))
        }
        return result
    }
}
