/// Page blocks kept for allocations of several frames that may not wait: MIGRATE_HIGHATOMIC.
extension PhysicalMemory {
    /// `reserve_highatomic_pageblock`: keeps the page block of such an allocation for others, up to 1 % of the zone.
    func reserveHighAtomic(_ index: Int, _ pfn: PFN, _ order: Int) {
        let zone = nodes.zone(index)
        let share = zone.pointee.managed / 100
        if share < PageBlocks.size { return }
        let most = (share + PageBlocks.size - 1) & ~(PageBlocks.size - 1)
        let type = nodes.blocks[pfn]
        guard zone.pointee.reservedHighAtomic < most, type.isMergeable else { return }
        if order < PageBlocks.order {
            let start = pfn & ~(PageBlocks.size - 1)
            guard start >= zone.pointee.start, start + PageBlocks.size <= zone.pointee.end else { return }
            moveFreeBlocks(index, pfn, from: type, to: .highAtomic)
            zone.pointee.reservedHighAtomic += PageBlocks.size
        } else {
            nodes.blocks.set(pfn, order: order, .highAtomic)
            zone.pointee.reservedHighAtomic += 1 << UInt64(order)
        }
    }

    /// `unreserve_highatomic_pageblock`: an allocation is about to fail; one such page block becomes one of its type.
    ///
    /// - Parameter isForced: also the last one.
    /// - Returns: whether there was one.
    @discardableResult
    mutating func unreserveHighAtomic(_ request: AllocationRequest, isForced: Bool) -> Bool {
        let kind = request.flags.highestZone
        for index in nodes.zonelists[request.node < 0 ? cpuNode : request.node] where zones[index].kind <= kind {
            let zone = nodes.zone(index)
            if !isForced, zone.pointee.reservedHighAtomic <= PageBlocks.size { continue }
            for order in 0...Zone.maxOrder where zone.pointee.areas[order].first(.highAtomic) != FrameLink.none {
                let block = PFN(zone.pointee.areas[order].first(.highAtomic))
                let size = max(PageBlocks.size, 1 << UInt64(order))
                zone.pointee.reservedHighAtomic -= min(size, zone.pointee.reservedHighAtomic)
                let type = request.migrateType
                if order < PageBlocks.order {
                    moveFreeBlocks(index, block, from: .highAtomic, to: type)
                } else {
                    takeOff(index, block, order, .highAtomic)
                    nodes.blocks.set(block, order: order, type)
                    zone.pointee.areas[order].push(block, order, type, in: frames)
                    zone.pointee.account(1 << Int64(order), type)
                }
                return true
            }
        }
        return false
    }
}
