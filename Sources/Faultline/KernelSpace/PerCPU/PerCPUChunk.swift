/// A chunk of per-CPU memory: the same stretch of each CPU's unit. `struct pcpu_chunk` of `mm/percpu-internal.h`.
///
/// What is free stands in a bitmap of 4 bytes a bit, and where areas begin in another one. Blocks of a page each, and one block for the
/// whole, say where a search need not look: they are hints, and the places that areas get follow from them.
struct PerCPUChunk {
    /// PCPU_MIN_ALLOC_SIZE: the bytes of a bit.
    static let bitBytes = 4

    /// Its place among all that were ever made.
    let number: Int
    /// Where the stretch of unit 0 begins: a page.
    let base: VirtualAddress
    let pageCount: Int
    /// Bytes at either end that are not the chunk's.
    var startOffset = 0
    var endOffset = 0
    var freeBytes: Int
    /// `chunk_md`.
    var whole: PerCPUBlock
    /// `md_blocks`.
    var blocks: [PerCPUBlock]
    /// `alloc_map` and `bound_map`.
    var taken: PerCPUBitmap
    var bounds: PerCPUBitmap
    /// Pages that have frames.
    var populated: PerCPUBitmap
    /// `nr_empty_pop_pages`: pages that have frames and no area.
    var emptyPages = 0
    /// The first chunk, and the reserved one: their frames stay.
    var isImmutable = false
    /// Not to be found by allocations: it gives its frames back, or has done so.
    var isIsolated = false
    /// CONFIG_PERCPU_STATS: areas, and the largest that there ever was, in bytes.
    var areaCount = 0
    var largestArea = 0
    /// What the kernel has for it: `struct pcpu_chunk`, the bitmaps, the blocks, the owners' groups, its `vm_struct`.
    var records: [VirtualAddress] = []

    /// `pcpu_alloc_chunk`: all is free, and nothing has frames.
    init(number: Int, base: VirtualAddress, pages: Int) {
        (self.number, self.base, pageCount) = (number, base, pages)
        freeBytes = pages << 12
        let bits = pages * PerCPUBlock.bits
        whole = PerCPUBlock(bits: bits)
        blocks = Array(repeating: PerCPUBlock(bits: PerCPUBlock.bits), count: pages)
        taken = PerCPUBitmap(count: bits)
        bounds = PerCPUBitmap(count: bits + 1)
        populated = PerCPUBitmap(count: pages)
    }

    /// `pcpu_alloc_first_chunk`: a stretch of the first units, which need not begin or end at a page.
    init(number: Int, from start: VirtualAddress, bytes: Int) {
        let base = start & ~4095
        let offset = Int(start - base)
        let region = PerCPUBlock.up(offset + bytes, 4096)
        self.init(number: number, base: base, pages: region >> 12)
        (startOffset, endOffset) = (offset, region - offset - bytes)
        isImmutable = true
        populated.fill(0..<pageCount, true)
        emptyPages = pageCount
        freeBytes = bytes
        hide(0..<startOffset / Self.bitBytes)
        hide(bitCount - endOffset / Self.bitBytes..<bitCount)
    }

    private mutating func hide(_ range: Range<Int>) {
        if range.isEmpty { return }
        taken.fill(range, true)
        (bounds[range.lowerBound], bounds[range.upperBound]) = (true, true)
        if range.lowerBound == 0 { whole.firstFree = range.upperBound }
        noteTaken(range)
    }

    /// `pcpu_chunk_map_bits`.
    var bitCount: Int { pageCount * PerCPUBlock.bits }
    /// `nr_populated`.
    var populatedCount: Int { populated.count(in: 0..<pageCount) }

    /// `pcpu_addr_in_chunk`, of an offset from its base.
    func serves(_ offset: Int) -> Bool { offset >= startOffset && offset < pageCount << 12 - endOffset }

    // MARK: Search

    /// `pcpu_find_block_fit`: the bit at which to begin the search for an area; nil where none fits.
    ///
    /// - Parameter populatedOnly: for callers that cannot wait for frames.
    func findFit(_ bits: Int, align: Int, populatedOnly: Bool) -> Int? {
        guard whole.fits(bits, align: align) else { return nil }
        var (bit, length) = (whole.searchStart(bits), 0)
        nextFit(bits, align, &bit, &length)
        while bit < bitCount {
            guard populatedOnly, let next = unpopulatedEnd(bit, length) else { break }
            (bit, length) = (next, 0)
            nextFit(bits, align, &bit, &length)
        }
        return bit >= bitCount ? nil : bit
    }

    /// `pcpu_is_populated`: nil where all pages of a range have frames; else the bit behind those that have none.
    private func unpopulatedEnd(_ bit: Int, _ length: Int) -> Int? {
        let end = (bit + length + PerCPUBlock.bits - 1) / PerCPUBlock.bits
        let first = populated.next(false, from: bit / PerCPUBlock.bits, to: end)
        if first >= end { return nil }
        return populated.next(true, from: first + 1, to: end) * PerCPUBlock.bits
    }

    /// `pcpu_next_fit_region`: the next place by the blocks' hints that has room. Behind the last bit where there is none.
    private func nextFit(_ bits: Int, _ align: Int, _ bit: inout Int, _ length: inout Int) {
        let size = PerCPUBlock.bits
        var offset = bit % size
        length = 0
        for index in bit / size..<max(blocks.count, bit / size) {
            let block = blocks[index]
            if length > 0 {
                // Free bits that go on from the block before.
                length += block.leftFree
                if length >= bits { return }
                if block.leftFree == size { continue }
            }
            length = PerCPUBlock.up(block.contigHintStart, align) - block.contigHintStart
            if block.contigHint > 0, block.contigHintStart >= offset, block.contigHint >= length + bits {
                let start = block.searchStart(bits)
                length += bits + block.contigHintStart - start
                bit = index * size + start
                return
            }
            offset = 0
            let start = PerCPUBlock.up(size - block.rightFree, align)
            length = size - start
            bit = index * size + start
            if length >= bits { return }
        }
        bit = bitCount
    }

    /// `pcpu_next_md_free_region`: the next largest free area of a block, or of blocks that go on in each other.
    func nextFree(_ bit: inout Int, _ length: inout Int) {
        let size = PerCPUBlock.bits
        var offset = bit % size
        length = 0
        for index in bit / size..<max(blocks.count, bit / size) {
            let block = blocks[index]
            if length > 0 {
                length += block.leftFree
                if block.leftFree == size { continue }
                return
            }
            length = block.contigHint
            if length > 0, block.contigHintStart >= offset, length + block.contigHintStart < size {
                bit = index * size + block.contigHintStart
                return
            }
            offset = 0
            length = block.rightFree
            bit = (index + 1) * size - block.rightFree
        }
    }
}
