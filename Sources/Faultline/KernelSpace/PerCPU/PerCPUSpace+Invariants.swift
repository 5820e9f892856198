extension PerCPUSpace {
    /// Chunks, their maps, their hints, and the lists that they are on agree.
    func checkInvariants() -> String? {
        if !isUp { return nil }
        var populated = layout.staticBytes + layout.reservedBytes + layout.dynamicBytes
        populated >>= 12
        for case let chunk? in chunks {
            if let problem = chunk.checkInvariants() { return "per-CPU chunk \(chunk.number): \(problem)" }
            if !chunk.isImmutable { populated += chunk.populatedCount }
            let lists = slots.indices.filter { slots[$0].contains(chunk.number) }
            guard lists.count == 1, let list = lists.first else {
                return "per-CPU chunk \(chunk.number) is on \(lists.count) lists"
            }
            let isExpected =
                chunk.isIsolated
                ? list == sidelinedSlot || list == depopulateSlot : list == slot(of: chunk) || list == 0
            if !isExpected { return "per-CPU chunk \(chunk.number) is on list \(list)" }
        }
        if populated != populatedPages {
            return "\(populatedPages) per-CPU pages are counted, \(populated) have frames"
        }
        let areas = chunks.reduce(0) { $0 + ($1?.areaCount ?? 0) }
        return areas == statistics.current ? nil : "\(statistics.current) per-CPU areas are counted, there are \(areas)"
    }
}

extension PerCPUChunk {
    /// The bitmaps, and what the blocks know of them: first free bit and left end to the bit, and nothing larger than what is free.
    func checkInvariants() -> String? {
        let used = taken.count(in: 0..<bitCount)
        let hidden = (startOffset + endOffset) / Self.bitBytes
        if freeBytes != (bitCount - used) * Self.bitBytes { return "\(freeBytes) bytes are counted as free" }
        var (areas, pages) = (0, 0)
        for range in taken.ranges(of: true, in: 0..<bitCount) {
            if !bounds[range.lowerBound] { return "an area does not begin at bit \(range.lowerBound)" }
            areas += bounds.count(in: range)
        }
        areas -= (startOffset > 0 ? 1 : 0) + (endOffset > 0 ? 1 : 0)
        if areas != areaCount { return "\(areaCount) areas are counted, there are \(areas)" }
        if used < hidden { return "bytes before the chunk's begin are free" }
        for (index, block) in blocks.enumerated() {
            if let problem = check(block, index) { return "block \(index): \(problem)" }
            if block.contigHint == PerCPUBlock.bits, populated[index] { pages += 1 }
        }
        if pages != emptyPages { return "\(emptyPages) empty pages are counted, there are \(pages)" }
        let first = taken.next(false, from: 0, to: bitCount)
        if whole.firstFree > first { return "the first free bit is \(first), known is \(whole.firstFree)" }
        return nil
    }

    private func check(_ block: PerCPUBlock, _ index: Int) -> String? {
        let (base, size) = (index * PerCPUBlock.bits, PerCPUBlock.bits)
        let first = taken.next(false, from: base, to: base + size) - base
        if block.firstFree > first { return "the first free bit is \(first)" }
        if block.leftFree != taken.next(true, from: base, to: base + size) - base { return "the left end is wrong" }
        let last = taken.last(from: base, to: base + size).map { $0 - base + 1 } ?? 0
        // Short of the truth where an area was set free beside a hole that is not known (pcpu_block_update_hint_free).
        if block.rightFree > size - last {
            return "the right end has \(size - last) free bits, known is \(block.rightFree)"
        }
        let largest = taken.ranges(of: false, in: base..<base + size).reduce(0) { max($0, $1.count) }
        // Holes that alignments left are found by chance only, as in the kernel.
        if block.contigHint > largest {
            return "the largest free area has \(largest) bits, known is \(block.contigHint)"
        }
        for (start, length) in [(block.contigHintStart, block.contigHint), (block.scanHintStart, block.scanHint)]
        where taken.next(true, from: base + start, to: base + start + length) != base + start + length {
            return "a hint names bits that are taken"
        }
        return nil
    }
}
