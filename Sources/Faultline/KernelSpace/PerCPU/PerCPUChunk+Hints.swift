/// How a chunk's blocks learn what changed.
extension PerCPUChunk {
    // MARK: Taken

    /// `pcpu_block_update_hint_alloc`: a range was taken, which the bitmap says already.
    mutating func noteTaken(_ range: Range<Int>) {
        let size = PerCPUBlock.bits
        let (first, last) = (range.lowerBound / size, (range.upperBound - 1) / size)
        let (start, end) = (range.lowerBound % size, (range.upperBound - 1) % size + 1)
        var broken = blocks[first].contigHint == size ? 1 : 0
        noteTakenAtFirst(first, start, first == last ? end : nil, range.count)
        if first != last {
            if blocks[last].contigHint == size { broken += 1 }
            noteTakenAtLast(last, end)
            broken += last - first - 1
            // A last block that is taken as a whole is like those between.
            for index in first + 1..<(end == size ? last + 1 : last) { blocks[index].setFull() }
        }
        emptyPages -= broken
        if PerCPUBlock.overlap(whole.scanHintStart, whole.scanHint, range) { whole.scanHint = 0 }
        if PerCPUBlock.overlap(whole.contigHintStart, whole.contigHint, range) { refreshWhole(isFull: false) }
    }

    private mutating func noteTakenAtFirst(_ index: Int, _ start: Int, _ end: Int?, _ count: Int) {
        let size = PerCPUBlock.bits
        if start == blocks[index].firstFree {
            blocks[index].firstFree = nextFreeBit(in: index, from: start + count)
        }
        let range = start..<start + count
        if PerCPUBlock.overlap(blocks[index].scanHintStart, blocks[index].scanHint, range) {
            blocks[index].scanHint = 0
        }
        if PerCPUBlock.overlap(blocks[index].contigHintStart, blocks[index].contigHint, range) {
            if start == 0 { blocks[index].leftFree = 0 }
            refreshBlock(index)
        } else {
            blocks[index].leftFree = min(blocks[index].leftFree, start)
            blocks[index].rightFree = end.map { min(blocks[index].rightFree, size - $0) } ?? 0
        }
    }

    private mutating func noteTakenAtLast(_ index: Int, _ end: Int) {
        let size = PerCPUBlock.bits
        blocks[index].firstFree = nextFreeBit(in: index, from: end)
        if end == size { return }
        if end > blocks[index].scanHintStart { blocks[index].scanHint = 0 }
        blocks[index].leftFree = 0
        if end > blocks[index].contigHintStart {
            refreshBlock(index)
        } else {
            blocks[index].rightFree = min(blocks[index].rightFree, size - end)
        }
    }

    /// `find_next_zero_bit` of a block: a bit of the block, its number of bits where none is free.
    private func nextFreeBit(in index: Int, from start: Int) -> Int {
        let (base, size) = (index * PerCPUBlock.bits, PerCPUBlock.bits)
        return start >= size ? size : taken.next(false, from: base + start, to: base + size) - base
    }

    // MARK: Given back

    /// `pcpu_block_update_hint_free`: a range was given back, which the bitmap says already.
    mutating func noteFreed(_ range: Range<Int>) {
        let size = PerCPUBlock.bits
        let (first, last) = (range.lowerBound / size, (range.upperBound - 1) / size)
        let (from, to) = (range.lowerBound % size, (range.upperBound - 1) % size + 1)
        // The whole free area, as far as it lies in the two blocks.
        var start = from
        if from == blocks[first].contigHint + blocks[first].contigHintStart {
            start = blocks[first].contigHintStart
        } else {
            let base = first * size
            start = taken.last(from: base, to: base + from).map { $0 - base + 1 } ?? 0
        }
        var end = to
        if to == blocks[last].contigHintStart {
            end = blocks[last].contigHintStart + blocks[last].contigHint
        } else {
            end = taken.next(true, from: last * size + to, to: (last + 1) * size) - last * size
        }
        let endOfFirst = first == last ? end : size
        var emptied = start == 0 && endOfFirst == size ? 1 : 0
        blocks[first].note(free: start, endOfFirst)
        if first != last {
            if end == size { emptied += 1 }
            blocks[last].note(free: 0, end)
            emptied += last - first - 1
            for index in first + 1..<last { blocks[index].setEmpty() }
        }
        emptyPages += emptied
        if end - start >= size || first != last {
            refreshWhole(isFull: true)
        } else {
            // As the kernel does: the start is counted from the chunk's first bit, the end from the block's. Behind the first block
            // the whole learns of the first free bit alone.
            whole.note(free: first * size + start, end)
        }
    }

    // MARK: Scans

    /// `pcpu_chunk_refresh_hint`: the largest free area of the whole is looked for anew.
    private mutating func refreshWhole(isFull: Bool) {
        var bit: Int
        if !isFull, whole.scanHint != 0 {
            bit = whole.scanHintStart + whole.scanHint
            (whole.contigHintStart, whole.contigHint) = (whole.scanHintStart, whole.scanHint)
            whole.scanHint = 0
        } else {
            bit = whole.firstFree
            whole.contigHint = 0
        }
        var length = 0
        nextFree(&bit, &length)
        while bit < bitCount {
            whole.note(free: bit, bit + length)
            bit += length + 1
            nextFree(&bit, &length)
        }
    }

    /// `pcpu_block_refresh_hint`: a block's largest free area is looked for anew in the bitmap.
    private mutating func refreshBlock(_ index: Int) {
        var start: Int
        if blocks[index].scanHint != 0 {
            start = blocks[index].scanHintStart + blocks[index].scanHint
            (blocks[index].contigHintStart, blocks[index].contigHint) =
                (blocks[index].scanHintStart, blocks[index].scanHint)
            blocks[index].scanHint = 0
        } else {
            start = blocks[index].firstFree
            blocks[index].contigHint = 0
        }
        blocks[index].rightFree = 0
        let (base, size) = (index * PerCPUBlock.bits, PerCPUBlock.bits)
        while start < size {
            let free = taken.next(false, from: base + start, to: base + size) - base
            if free >= size { return }
            start = taken.next(true, from: base + free, to: base + size) - base
            blocks[index].note(free: free, start)
        }
    }

    /// `pcpu_block_update_scan`: a search skipped a free area, which may be a better hint.
    mutating func noteSkipped(_ bit: Int, _ length: Int) {
        let size = PerCPUBlock.bits
        let end = bit % size + length
        if end > size { return }
        let base = bit / size * size
        let start = taken.last(from: base, to: bit).map { $0 - base + 1 } ?? 0
        blocks[bit / size].note(free: start, end)
    }
}
