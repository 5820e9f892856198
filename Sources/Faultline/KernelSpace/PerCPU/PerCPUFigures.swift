/// What `/sys/kernel/debug/percpu_stats` says of per-CPU memory (`mm/percpu-stats.c`), in bytes unless it says otherwise.
public struct PerCPUFigures: Sendable, Equatable {
    /// Units and parts.
    public var layout: PerCPULayout
    /// Areas that were ever taken and given back, that there are, the most at a time; chunks, the most at a time; the smallest and the
    /// largest area so far.
    public var allocations: [Int]
    /// Pages with frames that have no area.
    public var emptyPages: Int
    /// In the order in which they are looked at.
    public var chunks: [Chunk]

    /// A chunk.
    public struct Chunk: Sendable, Equatable {
        /// What stands behind `Chunk`.
        public var title: String
        /// nr_alloc, max_alloc_size, empty_pop_pages, first_bit, free_bytes, contig_bytes, sum_frag, max_frag, and the smallest, the middle
        /// and the largest area.
        public var figures: [Int]
    }
}

extension Machine {
    /// Figures of per-CPU memory; nil while nobody has asked for any.
    public func perCPUFigures() -> PerCPUFigures? {
        let space = kernel.perCPU
        guard space.isUp else { return nil }
        let counts = space.statistics
        var chunks: [PerCPUFigures.Chunk] = []
        for (slot, numbers) in space.slots.enumerated() {
            for case let chunk? in numbers.map({ space.chunks[$0] }) {
                var title = ":"
                if chunk.number == 0 { title = ": <- First Chunk" }
                if slot == space.depopulateSlot { title = " (to_depopulate)" }
                if slot == space.sidelinedSlot { title = " (sidelined):" }
                chunks.append(PerCPUFigures.Chunk(title: title, figures: chunk.figures))
            }
        }
        return PerCPUFigures(
            layout: space.layout,
            allocations: [
                counts.allocations, counts.frees, counts.current, counts.mostCurrent, counts.chunks, counts.mostChunks,
                counts.smallest, counts.largest,
            ], emptyPages: space.emptyPages, chunks: chunks)
    }
}

extension PerCPUChunk {
    /// `chunk_map_stats`: free pieces count up to the last area.
    fileprivate var figures: [Int] {
        let end = taken.last(from: 0, to: bitCount - endOffset / Self.bitBytes - 1).map { $0 + 1 } ?? 0
        var (areas, pieces): ([Int], [Int]) = ([], [])
        var bit = startOffset / Self.bitBytes
        while bit < end {
            let isArea = taken[bit]
            let next = isArea ? bounds.next(true, from: bit + 1, to: end) : taken.next(true, from: bit + 1, to: end)
            if isArea {
                areas.append((next - bit) * Self.bitBytes)
            } else {
                pieces.append((next - bit) * Self.bitBytes)
            }
            bit = next
        }
        areas.sort()
        // The kernel counts from the first free piece on, and so comes out above the middle of the areas.
        let middle = (pieces.count + areas.count + pieces.count - 1) / 2 - pieces.count
        let (smallest, largest): (Int, Int) = (areas.first ?? 0, areas.last ?? 0)
        let median: Int = areas.indices.contains(middle) ? areas[middle] : smallest
        let (free, most): (Int, Int) = (pieces.reduce(0, +), pieces.max() ?? 0)
        let contiguous: Int = whole.contigHint * Self.bitBytes
        return [
            areaCount, largestArea, emptyPages, whole.firstFree, freeBytes, contiguous, free, most, smallest, median,
            largest,
        ]
    }
}
