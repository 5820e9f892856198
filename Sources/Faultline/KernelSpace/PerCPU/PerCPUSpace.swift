/// The chunks of per-CPU memory, and in which order they are looked at: `pcpu_chunk_lists` of `mm/percpu.c`.
struct PerCPUSpace {
    var layout = PerCPULayout.embedded(cpus: 1)
    /// `pcpu_base_addr`: unit 0 of the first chunk; 0 before the first caller.
    var base: VirtualAddress = 0
    /// Whether the first chunk lies in the direct map.
    var isEmbedded = true
    /// By number; those that are gone are nil.
    var chunks: [PerCPUChunk?] = []
    /// `pcpu_chunk_lists`: chunks by their largest free area, then those that gave their frames back, those that are free, those that
    /// shall give frames back.
    var slots: [[Int]] = []
    /// Pages of the first chunk that are the page allocator's: none where a boot set them aside.
    var firstPages = 0
    /// The frame of a page of a unit, by its address: of a first chunk that is mapped page by page, and of all others.
    var frames: [VirtualAddress: PFN] = [:]
    /// `pcpu_nr_populated`: pages of a unit that have frames.
    var populatedPages = 0
    /// The array of pages that is there from the first population on (`pcpu_get_pages`).
    var pageArray: VirtualAddress = 0
    /// `pcpu_atomic_alloc_failed`.
    var hasAtomicFailure = false
    /// `warn_limit`.
    var warningsLeft = 10
    /// `pcpu_stats`.
    var statistics = Statistics()

    /// `struct percpu_stats`.
    struct Statistics {
        var allocations = 0
        var frees = 0
        var current = 0
        var mostCurrent = 0
        var chunks = 0
        var mostChunks = 0
        var smallest = 0
        var largest = 0
    }

    /// PCPU_EMPTY_POP_PAGES_LOW and _HIGH.
    static let fewEmptyPages = 2
    static let manyEmptyPages = 4
    /// PCPU_SLOT_FAIL_THRESHOLD.
    static let failThreshold = 3

    var isUp: Bool { base != 0 }

    // MARK: Slots

    /// `__pcpu_size_to_slot`.
    static func slot(_ bytes: Int) -> Int { max(Int.bitWidth - bytes.leadingZeroBitCount - 5 + 2, 1) }

    var sidelinedSlot: Int { Self.slot(layout.unitBytes) + 1 }
    var freeSlot: Int { sidelinedSlot + 1 }
    var depopulateSlot: Int { freeSlot + 1 }

    /// `pcpu_size_to_slot`.
    func slot(of bytes: Int) -> Int { bytes == layout.unitBytes ? freeSlot : Self.slot(bytes) }

    /// `pcpu_chunk_slot`.
    func slot(of chunk: PerCPUChunk) -> Int {
        if chunk.freeBytes < PerCPUChunk.bitBytes || chunk.whole.contigHint == 0 { return 0 }
        return slot(of: chunk.whole.contigHint * PerCPUChunk.bitBytes)
    }

    /// `pcpu_chunk_relocate`: the chunk's list follows its largest free area. `old` is -1 for a chunk that is new.
    mutating func relocate(_ number: Int, from old: Int) {
        guard let chunk = chunks[number], !chunk.isIsolated else { return }
        let new = slot(of: chunk)
        if new != old { move(number, to: new, isFirst: old < new) }
    }

    /// `__pcpu_chunk_move`.
    mutating func move(_ number: Int, to slot: Int, isFirst: Bool = true) {
        for index in slots.indices { slots[index].removeAll { $0 == number } }
        slots[slot].insert(number, at: isFirst ? 0 : slots[slot].count)
    }

    /// `pcpu_isolate_chunk`.
    mutating func isolate(_ number: Int) {
        chunks[number]?.isIsolated = true
        move(number, to: depopulateSlot)
    }

    /// `pcpu_reintegrate_chunk`.
    mutating func reintegrate(_ number: Int) {
        guard chunks[number]?.isIsolated == true else { return }
        chunks[number]?.isIsolated = false
        relocate(number, from: -1)
    }

    // MARK: Counts

    /// Frames of all units.
    var frameCount: Int { (isEmbedded ? firstPages : 0) + frames.count }

    /// `pcpu_nr_empty_pop_pages`.
    var emptyPages: Int { chunks.reduce(0) { $0 + ($1.map { $0.isIsolated ? 0 : $0.emptyPages } ?? 0) } }

    /// `pcpu_should_reclaim_chunk`.
    func shouldReclaim(_ chunk: PerCPUChunk) -> Bool {
        if chunk.isImmutable { return false }
        return (chunk.isIsolated && chunk.emptyPages > 0)
            || (emptyPages > Self.manyEmptyPages + chunk.emptyPages && chunk.emptyPages >= chunk.pageCount / 4)
    }

    mutating func noteAllocation(_ number: Int, _ bytes: Int) {
        statistics.allocations += 1
        statistics.current += 1
        statistics.mostCurrent = max(statistics.mostCurrent, statistics.current)
        statistics.smallest = statistics.smallest == 0 ? bytes : min(statistics.smallest, bytes)
        statistics.largest = max(statistics.largest, bytes)
        chunks[number]?.areaCount += 1
        let largest = chunks[number]?.largestArea ?? 0
        chunks[number]?.largestArea = max(largest, bytes)
    }

    // MARK: Areas

    /// `pcpu_alloc_noprof`, the search of the normal chunks: the chunk and the offset of a new area.
    mutating func takeArea(_ bytes: Int, align: Int, isAtomic: Bool) -> (chunk: Int, offset: Int)? {
        let (bits, bitAlign) = (bytes / PerCPUChunk.bitBytes, align / PerCPUChunk.bitBytes)
        var slot = slot(of: bytes)
        while slot <= freeSlot {
            for number in slots[slot] {
                guard let start = chunks[number]?.findFit(bits, align: bitAlign, populatedOnly: isAtomic) else {
                    if slot < Self.failThreshold { move(number, to: 0) }
                    continue
                }
                let old = chunks[number].map { self.slot(of: $0) } ?? 0
                guard let offset = chunks[number]?.takeArea(bits, align: bitAlign, from: start) else { continue }
                relocate(number, from: old)
                reintegrate(number)
                noteAllocation(number, bytes)
                return (number, offset)
            }
            slot += 1
        }
        return nil
    }

    /// `pcpu_free_area`.
    mutating func returnArea(_ number: Int, _ offset: Int) {
        guard let before = chunks[number] else { return }
        let old = slot(of: before)
        _ = chunks[number]?.giveBackArea(at: offset)
        statistics.frees += 1
        statistics.current -= 1
        relocate(number, from: old)
    }

    /// The same, and what `free_percpu` decides behind it.
    ///
    /// - Returns: whether chunks have to be balanced.
    mutating func giveBackArea(_ number: Int, _ offset: Int) -> Bool {
        returnArea(number, offset)
        guard let chunk = chunks[number] else { return false }
        if !chunk.isIsolated, chunk.freeBytes == layout.unitBytes { return slots[freeSlot].contains { $0 != number } }
        guard shouldReclaim(chunk) else { return false }
        isolate(number)
        return true
    }
}
