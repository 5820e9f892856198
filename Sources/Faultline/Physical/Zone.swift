/// One zone of physical memory: `struct zone` (`include/linux/mmzone.h`).
struct Zone {
    /// The largest block has 2^10 frames (`MAX_PAGE_ORDER`).
    static var maxOrder: Int { 10 }
    /// Where ZONE_DMA and ZONE_DMA32 end.
    static var dmaEnd: PFN { 1 << 12 }
    static var dma32End: PFN { 1 << 20 }

    let name: StaticString
    /// Frames from the first to behind the last, holes included (`zone_start_pfn`, `spanned_pages`).
    let start: PFN
    let end: PFN
    /// Frames that are RAM, and those that the allocator has (`present_pages`, `managed_pages`).
    let present: UInt64
    var managed: UInt64 = 0
    /// Free frames in blocks and in the untouched rest, without the per-CPU list (`NR_FREE_PAGES`).
    var free: UInt64 = 0
    var watermarks = Watermarks()
    /// Whole blocks of the largest order that were never handed out: from here on to `untouchedEnd`, of the range with the
    /// number. Their page records are untouched too, so that a large machine costs nothing to make.
    var untouched: PFN = 0
    var untouchedEnd: PFN = 0
    var laterRanges: [FirmwareMap.Range] = []
    /// The ranges that the allocator has opened, the last of them with the untouched rest.
    var openedRanges: [FirmwareMap.Range] = []
    /// Free blocks by order (`free_area`).
    var areas = InlineArray<11, FreeArea>(repeating: FreeArea())
    /// The list of the one CPU (`per_cpu_pageset`).
    var perCPU = PerCPUPages()

    init(name: StaticString, start: PFN, end: PFN, present: UInt64) {
        self.name = name
        self.start = start
        self.end = end
        self.present = present
    }

    /// Whole blocks that nobody had yet; those of ranges that were not opened are counted roughly, by size.
    var untouchedBlocks: UInt64 {
        let waiting = laterRanges.reduce(0) { $0 + ($1.end - $1.start) }
        return (untouchedEnd - untouched + waiting) >> UInt64(Zone.maxOrder)
    }

    /// The order of the smallest block on the lists; the largest order where they are empty.
    func smallestOrder() -> Int {
        var order = 0
        while order < Zone.maxOrder, areas[order].first == FrameLink.none { order += 1 }
        return order
    }
}
