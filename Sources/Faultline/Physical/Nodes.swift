/// The nodes of the machine with their zones: what `pg_data_t` has. Zones of all nodes stand in one table by address, and each node has
/// the order in which they serve it. The types of page blocks, and the counters, are those of all nodes together.
///
/// Plain data behind pointers; the owner calls ``destroy()``.
struct Nodes {
    /// Low to high.
    let zones: UnsafeMutableBufferPointer<Zone>
    let blocks: PageBlocks
    /// Frames that the allocator has (`totalram_pages`).
    let totalPages: UInt64
    /// The order of zones for each node (`node_zonelists`): indices into `zones`.
    let zonelists: [[Int]]
    var statistics = NodeStatistics()

    /// - Throws: ``MachineError/host``.
    init(zones layouts: [ZoneLayout], zonelists: [[Int]], endFrame: PFN) throws(MachineError) {
        blocks = try PageBlocks(endFrame: endFrame)
        zones = .allocate(capacity: layouts.count)
        _ = zones.initialize(from: layouts.map(Zone.init))
        self.zonelists = zonelists
        totalPages = zones.reduce(0) { $0 + $1.managed }
    }

    func destroy() {
        for zone in zones { zone.perCPU.destroy() }
        zones.deinitialize()
        zones.deallocate()
        blocks.destroy()
    }

    /// The index of the zone that a frame lies in (`page_zonenum`). Precondition: it lies in one.
    @inline(__always)
    func zoneIndex(_ pfn: PFN) -> Int {
        var index = zones.count &- 1
        while index > 0, pfn < zones[index].start { index &-= 1 }
        return index
    }

    /// The zone with an index.
    @inline(__always)
    func zone(_ index: Int) -> UnsafeMutablePointer<Zone> {
        // SAFETY: every layout has a zone, and an index is that of one.
        zones.baseAddress.unsafelyUnwrapped + index
    }

    /// The zone that serves requests of a node first which may use zones up to a kind.
    func preferred(upTo kind: ZoneKind, on node: Int) -> Int? {
        zonelists[node].first { zones[$0].kind <= kind }
    }

    /// `page_to_nid`. Precondition: the frame lies in a zone.
    func node(of pfn: PFN) -> Int { zones[zoneIndex(pfn)].node }

    /// `node_state(node, N_MEMORY)`.
    func hasMemory(_ node: Int64) -> Bool {
        zonelists.indices.contains(Int(clamping: node)) && zones.contains { $0.node == node && $0.managed > 0 }
    }

    // MARK: Watermarks

    /// `min_free_kbytes` in frames.
    func minimumFree(_ settings: AllocatorSettings) -> UInt64 { minimumFreeKiB(settings) / 4 }

    /// `min_free_kbytes`: what was set, or what the size of memory asks for, and no less than khugepaged wants.
    func minimumFreeKiB(_ settings: AllocatorSettings) -> UInt64 {
        if let set = settings.minFreeKiB { return set }
        // init_per_zone_wmark_min: before the first watermarks are set all frames count.
        let usable = zones.filter { $0.kind <= .normal }
        let low = usable.reduce(0) { $0 + $1.managed }
        let computed = min(max((low * 4 * 16).squareRootDown, 128), 262_144)
        if !settings.hasHugePages { return computed }
        // set_recommended_min_free_kbytes: two page blocks a zone, and as many more as types may fall back to others.
        let count = UInt64(usable.count { $0.present > 0 })
        let types = UInt64(MigrateType.listedCount)
        let wanted = PageBlocks.size * count * (2 + types * types)
        // nr_free_buffer_pages: what the watermarks before leave.
        let free = usable.reduce(0 as UInt64) { sum, zone in
            var marks = Watermarks()
            marks.set(
                zone.kind, managed: zone.managed, minimum: computed / 4, lowMemory: low,
                scale: settings.watermarkScaleFactor)
            return sum + (zone.managed > marks.high ? zone.managed - marks.high : 0)
        }
        return max(computed, min(wanted, free / 20) * 4)
    }

    /// `setup_per_zone_wmarks`, `setup_per_zone_lowmem_reserve` and `zone_set_pageset_high_and_batch`.
    func setUp(_ settings: AllocatorSettings) {
        let minimum = minimumFree(settings)
        let low = zones.reduce(0) { $0 + ($1.kind == .movable ? 0 : $1.managed) }
        for index in zones.indices {
            zones[index].watermarks.set(
                zones[index].kind, managed: zones[index].managed, minimum: minimum, lowMemory: low,
                scale: settings.watermarkScaleFactor)
            setReserves(index, settings)
            setPageset(index, settings)
        }
    }

    /// `totalreserve_pages`: what zones keep for others, and below their high watermarks.
    var totalReserve: UInt64 {
        zones.reduce(0) { sum, zone in
            let kept = ZoneKind.allCases.reduce(0) { max($0, zone.watermarks.reserves[$1.rawValue]) }
            return sum + min(kept + zone.watermarks.high + zone.watermarks.boost, zone.managed)
        }
    }

    private func setReserves(_ index: Int, _ settings: AllocatorSettings) {
        let zone = zones[index]
        let ratio = settings.lowmemReserveRatio[zone.kind.rawValue]
        var above: UInt64 = 0
        for kind in ZoneKind.allCases where kind > zone.kind {
            for upper in zones where upper.node == zone.node && upper.kind == kind { above += upper.managed }
            zones[index].watermarks.reserves[kind.rawValue] = ratio == 0 || zone.managed == 0 ? 0 : above / ratio
        }
    }

    /// `zone_batchsize` and `zone_highsize`.
    private func setPageset(_ index: Int, _ settings: AllocatorSettings) {
        let managed = zones[index].managed
        let most = max(min(managed >> 10, 256) / 4, 1)
        let scaled = most + most / 2
        let batch = max(Int(1 << UInt64(63 - scaled.leadingZeroBitCount)) - 1, 1)
        func high(_ fraction: UInt64) -> Int {
            let pages = fraction == 0 ? zones[index].watermarks.low : managed / fraction
            return max(Int(pages) / settings.cpus, batch << 2)
        }
        let fraction = settings.perCPUHighFraction
        zones[index].perCPU.set(batch: batch, highMin: high(fraction), highMax: high(fraction == 0 ? 8 : fraction))
    }
}
