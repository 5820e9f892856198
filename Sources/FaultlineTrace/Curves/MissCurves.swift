import Faultline

/// The miss-ratio curves of a trace, over all its pages of 4 KiB: those of data and of instructions in one TLB.
struct MissCurves {
    private var distances: StackDistances?
    private var sampled: [SampledPLRU] = []
    /// Pages that were used, while there is a sample.
    private var seen: Set<UInt64> = []
    /// Where the largest stands whose sets are all simulated: a first use misses there.
    private var wholePlace = 0
    private var last: UInt64 = .max
    private var accesses: UInt64 = 0

    /// Sizes of a curve, in entries.
    private static let sizes = [16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536]

    init(_ kinds: Set<CurveKind>, seed: UInt64) {
        if kinds.contains(.lru) { distances = StackDistances() }
        if kinds.contains(.plru) {
            sampled = Self.sizes.map { SampledPLRU(sets: $0 / SampledPLRU.ways, seed: seed) }
            wholePlace = Self.sizes.lastIndex { $0 <= SampledPLRU.mostWholeEntries } ?? 0
        }
    }

    var isEmpty: Bool { distances == nil && sampled.isEmpty }

    /// Accesses of a process, none of them a marker.
    mutating func use(_ process: Int, _ all: [TraceWord], in range: Range<Int>) {
        accesses += UInt64(range.count)
        var repeats: UInt64 = 0
        for index in range {
            let page = ProcessAddress.key(process, (all[index].address & TraceWord.addressMask) >> 12)
            if page == last {
                repeats &+= 1
                continue
            }
            last = page
            distances?.use(page)
            if !sampled.isEmpty { useSampled(page) }
        }
        distances?.countRepeats(repeats)
    }

    private mutating func useSampled(_ page: UInt64) {
        var isMiss = false
        for place in sampled.indices where sampled[place].use(page) && place == wholePlace { isMiss = true }
        guard isMiss, seen.insert(page).inserted else { return }
        for place in sampled.indices { sampled[place].discount(page) }
    }

    /// The curves, the smallest TLB first.
    var curves: [TraceReport.Curve] {
        var result: [TraceReport.Curve] = []
        let all = Double(max(accesses, 1))
        if let distances {
            let points = Self.sizes.map { size in
                let misses = distances.misses(entries: size)
                return TraceReport.Curve.Point(
                    entries: size, misses: Double(misses), missRatio: Double(misses) / all, standardError: 0)
            }
            result.append(TraceReport.Curve(replacement: .lru, ways: nil, pages: distances.cold, points: points))
        }
        if !sampled.isEmpty {
            let points = sampled.map { tlb in
                let (others, error) = tlb.misses
                let misses = others + Double(seen.count)
                return TraceReport.Curve.Point(
                    entries: tlb.entries, misses: misses, missRatio: misses / all, standardError: error / all)
            }
            result.append(
                TraceReport.Curve(replacement: .plru, ways: SampledPLRU.ways, pages: UInt64(seen.count), points: points)
            )
        }
        return result
    }
}
