/// A zone at one moment: what `/proc/zoneinfo`, `/proc/buddyinfo` and `/proc/pagetypeinfo` say of it. All in frames.
public struct ZoneSnapshot: Sendable, Equatable {
    /// `DMA`, `DMA32`, `Normal` or `Movable`.
    public var name: String
    /// The node that it belongs to.
    public var node: Int
    /// The first frame.
    public var startPFN: PFN
    /// Frames from the first to the last, holes included.
    public var spanned: UInt64
    /// Frames that are RAM.
    public var present: UInt64
    /// Frames that the allocator has.
    public var managed: UInt64
    /// Frames of CMA among them.
    public var cma: UInt64
    /// How many of those are free.
    public var freeCMA: UInt64
    /// Frames that are free in blocks.
    public var free: UInt64
    /// What is added to the watermarks for a while.
    public var boost: UInt64
    /// The min watermark.
    public var minimum: UInt64
    /// The low watermark.
    public var low: UInt64
    /// The high watermark.
    public var high: UInt64
    /// The promo watermark.
    public var promo: UInt64
    /// Frames of page blocks that are kept for allocations that may not wait.
    public var reservedHighAtomic: UInt64
    /// Free blocks by order, 0 to 10.
    public var freeBlocks: [UInt64]
    /// The same for each migrate type: unmovable, movable, reclaimable, highatomic, isolate, CMA.
    public var freeBlocksByType: [[UInt64]]
    /// Page blocks, by type.
    public var pageBlocks: [UInt64]
    /// Frames that requests leave alone which could use a higher zone: one with the zone as its highest, zone by zone
    /// (`lowmem_reserve`).
    public var protection: [UInt64]
    /// The per-CPU lists.
    public var perCPU: PerCPU
    /// `vm stats threshold`.
    public var statThreshold: Int
    /// Allocations that it served since the start.
    public var allocations: UInt64
    /// Those among them that another node was to serve.
    public var misses: UInt64
    /// Allocations that it was to serve, and another node served.
    public var foreign: UInt64
    /// Allocations that a CPU of another node made.
    public var others: UInt64
    /// Allocations whose turn it was among the nodes of a policy that interleaves.
    public var interleaved: UInt64
    /// Frames that were given back to it.
    public var freedPages: UInt64

    /// `struct per_cpu_pages` in figures.
    public struct PerCPU: Sendable, Equatable {
        /// Frames on the lists.
        public var count: Int
        /// How many may be there now.
        public var high: Int
        /// The least that ``high`` becomes.
        public var highMin: Int
        /// The most that ``high`` becomes.
        public var highMax: Int
        /// How many come at once.
        public var batch: Int
    }

    /// Frames on the lists of the CPU.
    public var perCPUCount: Int { perCPU.count }
}

extension PhysicalMemory {
    /// The zones that have memory, low to high.
    func snapshot() -> [ZoneSnapshot] {
        zones.indices.map { index in
            let zone = zones[index]
            var byType = MigrateType.allCases.map { type in
                (0...Zone.maxOrder).map { zone.areas[$0].count(type) }
            }
            byType[Int(MigrateType.movable.rawValue)][Zone.maxOrder] += zone.untouchedBlocks
            let marks = zone.watermarks
            let lists = zone.perCPU
            return ZoneSnapshot(
                name: zone.kind.name, node: zone.node, startPFN: zone.start, spanned: zone.end - zone.start,
                present: zone.present, managed: zone.managed, cma: zone.cma, freeCMA: zone.freeCMA, free: zone.free,
                boost: marks.boost, minimum: marks.minimum + marks.boost, low: marks.low + marks.boost,
                high: marks.high + marks.boost, promo: marks.promo + marks.boost,
                reservedHighAtomic: zone.reservedHighAtomic,
                freeBlocks: (0...Zone.maxOrder).map { order in byType.reduce(0) { $0 + $1[order] } },
                freeBlocksByType: byType, pageBlocks: pageBlocks(zone),
                protection: ZoneKind.allCases.map { marks.reserves[$0.rawValue] },
                perCPU: ZoneSnapshot.PerCPU(
                    count: lists.count, high: lists.high, highMin: lists.highMin, highMax: lists.highMax,
                    batch: lists.batch),
                statThreshold: Self.statThreshold(zone.managed, cpus: settings.cpus), allocations: zone.allocations,
                misses: zone.misses, foreign: zone.foreign, others: zone.others, interleaved: zone.interleaved,
                freedPages: zone.freedPages)
        }
    }

    /// `pagetypeinfo_showblockcount_print`: blocks that have records, which a section of 128 MiB has or has not.
    private func pageBlocks(_ zone: Zone) -> [UInt64] {
        var counts = MigrateType.allCases.map { _ in UInt64(0) }
        var next = zone.start
        for range in zone.memory {
            next = max(next, max(range.lowerBound & ~0x7fff, zone.start))
            let end = min((range.upperBound + 0x7fff) & ~0x7fff, zone.end)
            while next < end {
                counts[Int(nodes.blocks[next].rawValue)] += 1
                next += PageBlocks.size
            }
        }
        return counts
    }

    /// `calculate_normal_threshold`: how far a CPU's counters may be off.
    private static func statThreshold(_ managed: UInt64, cpus: Int) -> Int {
        func fls(_ value: UInt64) -> Int { 64 - value.leadingZeroBitCount }
        return min(2 * fls(UInt64(cpus)) * (1 + fls(managed >> 15)), 125)
    }
}
