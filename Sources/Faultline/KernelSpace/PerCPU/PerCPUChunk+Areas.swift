/// Areas of a chunk: `pcpu_alloc_area` and `pcpu_free_area`.
extension PerCPUChunk {
    /// `pcpu_alloc_area`: takes the first place with room from a bit on.
    ///
    /// - Returns: its offset in bytes from the chunk's base; nil where there is none near.
    mutating func takeArea(_ bits: Int, align: Int, from start: Int) -> Int? {
        let end = min(start + bits + PerCPUBlock.bits, bitCount)
        var skipped = 0..<0
        guard let bit = findZeroArea(end, start, bits, align, &skipped) else { return nil }
        if !skipped.isEmpty { noteSkipped(skipped.lowerBound, skipped.count) }
        let range = bit..<bit + bits
        taken.fill(range, true)
        bounds[bit] = true
        bounds.fill(bit + 1..<bit + bits, false)
        bounds[bit + bits] = true
        freeBytes -= bits * Self.bitBytes
        if bit == whole.firstFree { whole.firstFree = taken.next(false, from: bit + bits, to: bitCount) }
        noteTaken(range)
        return bit * Self.bitBytes
    }

    /// `pcpu_find_zero_area`: the first aligned run of free bits. `skipped` becomes the largest run before it, of equal ones the
    /// best aligned.
    private func findZeroArea(
        _ size: Int, _ from: Int, _ bits: Int, _ align: Int, _ skipped: inout Range<Int>
    ) -> Int? {
        var start = from
        while true {
            let index = PerCPUBlock.up(taken.next(false, from: start, to: size), align)
            let end = index + bits
            if end > size { return nil }
            let used = taken.next(true, from: index, to: end)
            if used >= end { return index }
            let length = used - index
            let isBetterAligned =
                skipped.lowerBound != 0
                && (index == 0 || index.trailingZeroBitCount > skipped.lowerBound.trailingZeroBitCount)
            if length > skipped.count || (length == skipped.count && isBetterAligned) { skipped = index..<used }
            start = used + 1
        }
    }

    /// `pcpu_free_area`: gives the area at an offset back. - Returns: its bytes.
    mutating func giveBackArea(at offset: Int) -> Int {
        areaCount -= 1
        let bit = offset / Self.bitBytes
        let end = bounds.next(true, from: bit + 1, to: bitCount)
        taken.fill(bit..<end, false)
        let freed = (end - bit) * Self.bitBytes
        freeBytes += freed
        whole.firstFree = min(whole.firstFree, bit)
        noteFreed(bit..<end)
        return freed
    }

    /// Whether an area begins at an offset: it does not where that is free, or inside of one.
    func hasArea(at offset: Int) -> Bool {
        guard offset % Self.bitBytes == 0, serves(offset) else { return false }
        let bit = offset / Self.bitBytes
        return taken[bit] && bounds[bit]
    }

    /// `pcpu_chunk_populated`, `pcpu_chunk_depopulated`: pages without areas get frames, or lose them.
    mutating func setPopulated(_ pages: Range<Int>, _ value: Bool) {
        populated.fill(pages, value)
        emptyPages += value ? pages.count : -pages.count
    }
}
