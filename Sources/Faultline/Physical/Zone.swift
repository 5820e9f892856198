/// One zone of physical memory: `struct zone` (`include/linux/mmzone.h`).
struct Zone {
    /// The largest block has 2^10 frames (`MAX_PAGE_ORDER`).
    static var maxOrder: Int { 10 }

    let kind: ZoneKind
    /// The node that it belongs to.
    let node: Int
    /// Ranges that are RAM, ascending.
    let memory: [Range<PFN>]
    /// Frames from the first to behind the last, holes included (`zone_start_pfn`, `spanned_pages`).
    let start: PFN
    let end: PFN
    /// Frames that are RAM, and those that the allocator has (`present_pages`, `managed_pages`).
    let present: UInt64
    let managed: UInt64
    /// Frames of MIGRATE_CMA among them (`cma_pages`).
    let cma: UInt64
    /// Free frames in blocks and in the untouched rest, without the per-CPU lists, and without isolated ones (`NR_FREE_PAGES`).
    var free: UInt64 = 0
    /// Free frames of highatomic blocks, and all frames of such blocks (`nr_free_highatomic`, `nr_reserved_highatomic`).
    var freeHighAtomic: UInt64 = 0
    var reservedHighAtomic: UInt64 = 0
    /// Free frames of CMA blocks (`NR_FREE_CMA_PAGES`).
    var freeCMA: UInt64 = 0
    var watermarks = Watermarks() { didSet { chooseServingMark() } }
    /// `ZONE_BELOW_HIGH`: an allocation found fewer frames than the high watermark.
    var isBelowHigh = false { didSet { chooseServingMark() } }
    /// With more usable frames than these the per-CPU lists serve at once; see ``chooseServingMark()``.
    private(set) var servingMark: UInt64 = 0
    /// `ZONE_BOOSTED_WATERMARK`: kswapd is to be woken.
    var wasBoosted = false
    /// What the firmware and memblock left to the allocator, ascending.
    let ranges: [Range<PFN>]
    /// Whole blocks of the largest order that were never handed out, ascending. Their page records are untouched too, so that a
    /// large machine costs nothing to make. They are the end of the list of movable blocks of that order.
    var untouched: [Range<PFN>] = []
    /// Free blocks by order (`free_area`).
    var areas = InlineArray<11, FreeArea>(repeating: FreeArea())
    /// The lists of the one CPU (`per_cpu_pageset`).
    var perCPU: PerCPUPages
    /// Attempts of compaction that are passed over.
    var deferral = CompactionDeferral()
    /// Allocations that the zone served (`NUMA_HIT`), and frames that were given back to it (`PGFREE`).
    var allocations: UInt64 = 0
    /// Those among them that another node was to serve, and those of this zone that another node served (`numa_miss`, `numa_foreign`).
    var misses: UInt64 = 0
    var foreign: UInt64 = 0
    /// Those among the allocations that a CPU of another node made, and those whose turn it was among nodes (`numa_other`, `numa_interleave`).
    var others: UInt64 = 0
    var interleaved: UInt64 = 0
    var freedPages: UInt64 = 0

    init(_ layout: ZoneLayout) {
        kind = layout.kind
        node = layout.node
        start = layout.span.lowerBound
        end = layout.span.upperBound
        memory = layout.memory
        present = memory.reduce(0) { $0 + UInt64($1.count) }
        ranges = layout.free.filter { !$0.isEmpty }
        managed = ranges.reduce(0) { $0 + UInt64($1.count) }
        cma = layout.cma.reduce(0) { $0 + UInt64($1.count) }
        perCPU = PerCPUPages(managed: managed)
    }

    /// A zone without a frame.
    static var empty: Zone {
        Zone(ZoneLayout(node: 0, kind: .device, span: .max..<(.max), memory: [], free: []))
    }

    /// What `get_page_from_freelist` compares with: the high watermark until an allocation found fewer, the low one from then on. The zone that
    /// serves a request first keeps nothing back from it (`lowmem_reserve` is for those that could use a higher zone).
    private mutating func chooseServingMark() {
        servingMark = (isBelowHigh ? watermarks.low : watermarks.high) + watermarks.boost
        chooseServing()
    }

    @inline(__always)
    mutating func chooseServing() { perCPU.serves = isAboveServingMark }

    /// Blocks of the largest order that nobody had yet.
    var untouchedBlocks: UInt64 { untouched.reduce(0) { $0 + UInt64($1.count) } >> UInt64(Zone.maxOrder) }

    /// The order of the smallest block of a type, from `order` on; nil where there is none.
    @inline(__always)
    func smallestOrder(_ type: MigrateType, from order: Int = 0) -> Int? {
        for order in order...Zone.maxOrder where areas[order].first(type) != FrameLink.none { return order }
        return nil
    }
}

/// What a zone is made of: its place and the frames in it.
struct ZoneLayout {
    var node: Int
    var kind: ZoneKind
    /// From the first frame to behind the last, holes included.
    var span: Range<PFN>
    /// Ranges that are RAM, ascending.
    var memory: [Range<PFN>]
    /// Ranges that the allocator gets, ascending.
    var free: [Range<PFN>]
    /// Those among them that are MIGRATE_CMA: whole page blocks.
    var cma: [Range<PFN>] = []
}
