/// A zone at one moment: what `/proc/zoneinfo`, `/proc/buddyinfo` and `/proc/pagetypeinfo` say of it. All in frames.
public struct ZoneSnapshot: Sendable, Equatable {
    /// `DMA`, `DMA32` or `Normal`.
    public var name: String
    /// The first frame.
    public var startPFN: PFN
    /// Frames from the first to the last, holes included.
    public var spanned: UInt64
    /// Frames that are RAM.
    public var present: UInt64
    /// Frames that the allocator has.
    public var managed: UInt64
    /// Frames that are free.
    public var free: UInt64
    /// The min watermark.
    public var minimum: UInt64
    /// The low watermark.
    public var low: UInt64
    /// The high watermark.
    public var high: UInt64
    /// Free blocks by order, 0 to 10.
    public var freeBlocks: [UInt64]
    /// Those among them whose page block is unmovable: it was set aside for page tables.
    public var unmovableBlocks: [UInt64]
    /// The same of reclaimable blocks; all others are movable.
    public var reclaimableBlocks: [UInt64]
    /// Page blocks, by type: unmovable, movable, reclaimable.
    public var pageBlocks: [UInt64]
    /// Frames that requests leave alone which could use a higher zone: one with the zone as its highest, zone by zone
    /// (`lowmem_reserve`).
    public var protection: [UInt64]
    /// Frames on the per-CPU list.
    public var perCPUCount: Int
}

extension PhysicalMemory {
    /// The zones, low to high.
    func snapshot() -> [ZoneSnapshot] {
        zones.enumerated().map { index, zone in
            let waiting = zone.perCPU.count + (index == zones.count - 1 ? tableFrameCount : 0)
            var blocks = (0...Zone.maxOrder).map { zone.areas[$0].count }
            blocks[Zone.maxOrder] += zone.untouchedBlocks
            let free = freeBlocksByType(index)
            return ZoneSnapshot(
                name: "\(zone.name)", startPFN: zone.start, spanned: zone.end - zone.start, present: zone.present,
                managed: zone.managed, free: zone.free + UInt64(waiting), minimum: zone.watermarks.minimum,
                low: zone.watermarks.low, high: zone.watermarks.high, freeBlocks: blocks,
                unmovableBlocks: free[Int(MigrateType.unmovable.rawValue)],
                reclaimableBlocks: free[Int(MigrateType.reclaimable.rawValue)],
                pageBlocks: pageBlocks(index), protection: protection(index), perCPUCount: waiting)
        }
    }

    /// Free blocks of a zone by order, for each migrate type; those that nobody had yet are not among them.
    private func freeBlocksByType(_ index: Int) -> [[UInt64]] {
        var counts = MigrateType.allCases.map { _ in [UInt64](repeating: 0, count: Zone.maxOrder + 1) }
        for order in 0...Zone.maxOrder {
            zones[index].areas[order].forEach(in: frames) { counts[Int(node.blocks[$0].rawValue)][order] += 1 }
        }
        return counts
    }

    /// `pagetypeinfo_showblockcount_print`.
    private func pageBlocks(_ index: Int) -> [UInt64] {
        var counts = MigrateType.allCases.map { _ in UInt64(0) }
        let size: UInt64 = 1 << PageBlocks.order
        for pfn in stride(from: zones[index].start, to: zones[index].end, by: Int(size)) {
            counts[Int(node.blocks[pfn].rawValue)] += 1
        }
        return counts
    }

    /// `setup_per_zone_lowmem_reserve`: 0 for the zone itself and those below it.
    private func protection(_ index: Int) -> [UInt64] {
        var above: UInt64 = 0
        return zones.indices.map { other in
            if other <= index { return 0 }
            above += zones[other].managed
            return above / Watermarks.reserveRatio
        }
    }
}
