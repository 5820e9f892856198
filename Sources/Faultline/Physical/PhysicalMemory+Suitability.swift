/// What kcompactd was woken for: `kcompactd_max_order` and `kcompactd_highest_zoneidx`.
struct CompactionWish: Equatable {
    var order: Int
    var kind: ZoneKind

    /// HPAGE_FRAG_CHECK_INTERVAL_MSEC: how often kcompactd looks by itself, in microseconds.
    static var interval: UInt64 { 500_000 }
}

/// Whether compaction of a zone can help.
extension PhysicalMemory {
    /// The first check of `compaction_suit_allocation_order`: a block is free above the min watermark.
    func hasBlock(_ index: Int, _ wish: CompactionWish) -> Bool {
        nodes.zone(index).isAbove(zones[index].watermarks.minimum, wish.order, wish.kind, [])
    }

    /// `compaction_suit_allocation_order`: no block is free as yet, enough is to move pages to, and fragmentation is what lacks.
    func isSuitableForCompaction(_ index: Int, _ wish: CompactionWish) -> Bool {
        let zone = nodes.zone(index)
        if hasBlock(index, wish) { return false }
        // compaction_suitable
        let mark = wish.order > 3 ? zone.pointee.watermarks.low : zone.pointee.watermarks.minimum
        let gap: UInt64 = 2 << UInt64(wish.order)
        guard zone.isAbove(mark + gap, 0, wish.kind, .cma) else { return false }
        if wish.order <= 3 { return true }
        let fragmentation = FragmentationIndex(freeBlocks(index), order: wish.order).index
        return fragmentation < 0 || fragmentation > settings.extfragThreshold
    }

    /// `nr_free` of each order.
    func freeBlocks(_ index: Int) -> [UInt64] {
        (0...Zone.maxOrder).map { order in
            zones[index].areas[order].count + (order == Zone.maxOrder ? zones[index].untouchedBlocks : 0)
        }
    }

    /// `wakeup_kcompactd`: an allocation of several frames found no block; the thread looks at it when it runs next.
    mutating func wakeKcompactd(_ order: Int, _ kind: ZoneKind) {
        if order == 0 { return }
        let wish = CompactionWish(
            order: max(order, compactionWish?.order ?? 0), kind: min(kind, compactionWish?.kind ?? .device))
        let isSuitable = zones.indices.contains { zones[$0].kind <= wish.kind && isSuitableForCompaction($0, wish) }
        if isSuitable { compactionWish = wish }
    }

    /// `fragmentation_score_node`: how much of free memory is of no use for a block of 2 MiB, in percent, zones weighted by their size.
    var fragmentationScore: UInt64 {
        let present = zones.reduce(0) { $0 + $1.present }
        return zones.indices.reduce(0) { $0 + zones[$1].present * fragmentationScore($1) / (present + 1) }
    }

    /// `fragmentation_score_zone` (`extfrag_for_order`).
    func fragmentationScore(_ index: Int) -> UInt64 {
        UInt64(FragmentationIndex(freeBlocks(index), order: PageBlocks.order).unusablePercent)
    }

    /// `fragmentation_score_wmark`: proactive compaction begins above the high mark and ends at the low one.
    var fragmentationMarks: (low: UInt64, high: UInt64) {
        let low = max(100 - min(settings.compactionProactiveness, 100), 5)
        return (low, min(low + 10, 100))
    }
}
