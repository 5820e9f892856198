/// Allocations that no per-CPU list serves at once.
extension PhysicalMemory {
    @inline(never)
    mutating func allocateSlow(_ request: AllocationRequest) -> PFN? {
        if failures != nil, countAllocation() { return nil }
        guard let pfn = takeFrames(request) else { return nil }
        return handOut(pfn)
    }

    /// `__alloc_pages` and `__alloc_pages_slowpath`: more and more of the reserves is given up. Whether reclaim would find pages, the
    /// machine says elsewhere; there is none here.
    mutating func takeFrames(_ asked: AllocationRequest) -> PFN? {
        var request = asked
        if request.node < 0 { request.node = cpuNode }
        let kind = request.flags.highestZone
        let preferred = nodes.preferred(upTo: kind, on: request.node).map { zones[$0].kind }
        if let pfn = takeFromZones(request, .first(request, preferred: preferred)) { return pfn }
        var rights = AllocationRights.slow(request)
        if rights.contains(.kswapd) { wakeKswapd(request) }
        if let pfn = takeFromZones(request, rights) { return pfn }
        if request.flags.usesReserves {
            rights.formUnion(.noWatermarks)
            if let pfn = takeFromZones(request, rights) {
                tookReserves = true
                return pfn
            }
        }
        if request.flags.contains(.directReclaim) {
            // __alloc_pages_direct_reclaim: frames may wait on lists of the CPU, or in blocks kept for others.
            unreserveHighAtomic(request, isForced: true)
            drainAll()
            if let pfn = takeFromZones(request, rights) { return pfn }
            (isShort, lacked) = (true, request)
        }
        return request.flags.contains(.noFail) ? takeFromZones(request, rights.union(.minReserve)) : nil
    }

    /// `get_page_from_freelist`.
    private mutating func takeFromZones(_ request: AllocationRequest, _ rights: AllocationRights) -> PFN? {
        let kind = request.flags.highestZone
        var preferred: Int?
        for index in nodes.zonelists[request.node] where zones[index].kind <= kind {
            let zone = nodes.zone(index)
            if request.flags.contains(.thisNode), zone.pointee.node != request.node { continue }
            if request.nodes != .max, request.nodes >> UInt64(zone.pointee.node) & 1 == 0 { continue }
            let first = preferred ?? index
            preferred = first
            let isLocal = zone.pointee.node == zones[first].node
            // On another node a mix-up of blocks here is the lesser evil.
            if !isLocal, rights.contains(.noFragment) { break }
            if !isAboveMark(zone, request, rights) { continue }
            if let pfn = take(index, request, rights) {
                // zone_statistics
                zone.pointee.allocations &+= 1
                if zone.pointee.node != cpuNode { zone.pointee.others &+= 1 }
                if !isLocal {
                    zone.pointee.misses &+= 1
                    zones[first].foreign &+= 1
                }
                if rights.contains(.highAtomic) { reserveHighAtomic(index, pfn, request.order) }
                return pfn
            }
        }
        guard rights.contains(.noFragment) else { return nil }
        return takeFromZones(request, rights.subtracting(.noFragment))
    }

    private mutating func isAboveMark(
        _ zone: UnsafeMutablePointer<Zone>, _ request: AllocationRequest, _ rights: AllocationRights
    ) -> Bool {
        if rights.contains(.noWatermarks) { return true }
        let marks = zone.pointee.watermarks
        let kind = request.flags.highestZone
        if !zone.pointee.isBelowHigh {
            if zone.isAbove(marks.high + marks.boost, request.order, kind, rights) { return true }
            zone.pointee.isBelowHigh = true
            zone.pointee.perCPU.lookAtNextFree()
        }
        let mark = rights.contains(.low) ? marks.low : marks.minimum
        if zone.isAbove(mark + marks.boost, request.order, kind, rights) { return true }
        // zone_watermark_fast: who may use reserves does not mind a boost of the min watermark.
        guard request.order == 0, marks.boost > 0, rights.contains(.minReserve), !rights.contains(.low) else {
            return false
        }
        return zone.isAbove(mark, 0, kind, rights)
    }

    /// `rmqueue`: from a per-CPU list where the order has one, or from the blocks.
    private mutating func take(_ index: Int, _ request: AllocationRequest, _ rights: AllocationRights) -> PFN? {
        defer { if rights.contains(.kswapd) { wakeForBoost(index) } }
        if PerCPUPages.allows(order: request.order) {
            if let pfn = takeFromList(index, request, rights) { return pfn }
        }
        let type = request.migrateType
        if rights.contains(.highAtomic), let pfn = takeSmallest(index, request.order, .highAtomic) { return pfn }
        var mode = FallbackMode.own
        if let pfn = takeBlock(index, request.order, type, rights, &mode) { return pfn }
        return rights.contains(.nonBlocking) ? takeSmallest(index, request.order, .highAtomic) : nil
    }

    /// `__rmqueue_pcplist`.
    private mutating func takeFromList(_ index: Int, _ request: AllocationRequest, _ rights: AllocationRights) -> PFN? {
        let zone = nodes.zone(index)
        zone.pointee.perCPU.freeCount >>= 1
        let list = PerCPUPages.list(order: request.order, type: request.migrateType)
        if zone.pointee.perCPU.rings[list].count == 0 {
            refill(index, request.order, request.migrateType, rights)
        }
        guard let pfn = zone.pointee.perCPU.rings[list].pop() else { return nil }
        zone.pointee.perCPU.count -= 1 << request.order
        page(pfn).pointee.flags = []
        page(pfn).pointee.order = 0
        return pfn
    }

    // MARK: kswapd

    /// `wake_all_kswapds`. kswapd has nothing to reclaim here; a boost ends with its run (`balance_pgdat`).
    private mutating func wakeKswapd(_ request: AllocationRequest) {
        wasLow = true
        // kswapd_try_to_sleep, or wakeup_kswapd where nothing is to be reclaimed.
        wakeKcompactd(request.order, request.flags.highestZone)
        for index in zones.indices { zones[index].watermarks.boost = 0 }
    }

    /// The wake-up that a boost asked for, after the allocation.
    private mutating func wakeForBoost(_ index: Int) {
        guard zones[index].wasBoosted else { return }
        zones[index].wasBoosted = false
    }
}
