/// Between the per-CPU lists and the buddy blocks.
extension PhysicalMemory {
    // MARK: Filling

    /// `rmqueue_bulk`: blocks for a list that is empty.
    mutating func refill(_ index: Int, _ order: Int, _ type: MigrateType, _ rights: AllocationRights) {
        // The records that are touched now are a page of the host's.
        frames.noteRealFrame()
        if settleHost() { return }
        let zone = nodes.zone(index)
        let list = PerCPUPages.list(order: order, type: type)
        var rest = zone.pointee.perCPU.batchToTake(order, isBelowHigh: zone.pointee.isBelowHigh)
        var mode = FallbackMode.own
        while rest > 0 {
            // Of a block of the type's own all frames are taken one after the other: it need not be split for that.
            var found = order
            if mode == .own, let own = zone.pointee.smallestOrder(type, from: order) {
                found = min(own, order + (Int.bitWidth - 1 - rest.leadingZeroBitCount))
            }
            guard let block = takeBlock(index, found, type, rights, &mode) else { break }
            let size: UInt64 = 1 << UInt64(order)
            for pfn in stride(from: block, to: block + 1 << UInt64(found), by: Int(size)) {
                zone.pointee.perCPU.rings[list].pushLast(pfn)
                page(pfn).pointee.flags = .perCPU
                page(pfn).pointee.order = UInt32(truncatingIfNeeded: order)
            }
            rest -= 1 << (found - order)
            zone.pointee.perCPU.count += 1 << found
        }
    }

    // MARK: Giving back

    /// `free_unref_page`: a block that no list of the preferred zone takes at once. Precondition: it is allocated, and no one uses it.
    @inline(never)
    mutating func freeElsewhere(_ pfn: PFN, _ order: Int) {
        let index = nodes.zoneIndex(pfn)
        let zone = nodes.zone(index)
        page(pfn).pointee.refcount = 0
        var type = nodes.blocks[pfn]
        guard PerCPUPages.allows(order: order), type != .isolate else {
            zone.pointee.freedPages += 1 << UInt64(order)
            return freeByPageBlocks(index, pfn, order)
        }
        if !type.isMergeable { type = .movable }
        page(pfn).pointee.flags = .perCPU
        page(pfn).pointee.order = UInt32(truncatingIfNeeded: order)
        let list = PerCPUPages.list(order: order, type: type)
        zone.pointee.perCPU.rings[list].push(pfn)
        if order == 0 {
            if zone.pointee.noteFree() { giveBackToZone(zone, list) }
        } else {
            noteLargeFree(zone, order, list)
        }
    }

    /// `free_unref_page_commit` of a block of several frames: single frames shall not be kept apart by many of them.
    private mutating func noteLargeFree(_ zone: UnsafeMutablePointer<Zone>, _ order: Int, _ list: Int) {
        let wasHighOrder = zone.pointee.perCPU.wasHighOrder
        let batch = zone.pointee.perCPU.batch
        let freed = zone.pointee.perCPU.freeCount
        zone.pointee.perCPU.count += 1 << order
        zone.pointee.perCPU.allocFactor >>= 1
        zone.pointee.freedPages += 1 << UInt64(order)
        let freesHigh =
            order <= 3 && wasHighOrder && freed >= batch + zone.pointee.perCPU.highMin / 2
            && zone.pointee.perCPU.count >= batch
        zone.pointee.perCPU.wasHighOrder = order <= 3
        if freed < batch << PerCPUPages.scale { zone.pointee.perCPU.freeCount += 1 << order }
        if freesHigh || zone.pointee.perCPU.count >= zone.pointee.perCPU.limit {
            giveBackToZone(zone, list, freesHigh: freesHigh)
        }
    }

    /// `nr_pcp_high`, `nr_pcp_free` and `free_pcppages_bulk`: how much may stay on the lists, and what goes back.
    @inline(never)
    mutating func giveBackToZone(_ zone: UnsafeMutablePointer<Zone>, _ list: Int, freesHigh: Bool = false) {
        let high = zone.pointee.perCPU.adjustHigh(isBelowHigh: zone.pointee.isBelowHigh, freesHigh: freesHigh)
        let isFull = zone.pointee.perCPU.count >= high
        if isFull { drain(zone, zone.pointee.perCPU.numberToFree(high, freesHigh: freesHigh), from: list) }
        guard zone.pointee.isBelowHigh else { return }
        let marks = zone.pointee.watermarks
        if isFull, zone.isAbove(marks.high + marks.boost, 0, .movable, []) {
            zone.pointee.isBelowHigh = false
        } else {
            zone.pointee.perCPU.lookAtNextFree()
        }
    }

    /// `free_pcppages_bulk`: the blocks that were given back first go to the buddy lists, list by list from `list` on.
    ///
    /// A mapping that was filled from one block leaves its frames side by side: they go back as the blocks they make.
    mutating func drain(_ zone: UnsafeMutablePointer<Zone>, _ number: Int, from list: Int) {
        var rest = min(number, zone.pointee.perCPU.count)
        var current = list
        while rest > 0 {
            while zone.pointee.perCPU.rings[current].count == 0 { current = (current + 1) % PerCPUPages.listCount }
            let order = PerCPUPages.order(ofList: current)
            let most = min((rest + (1 << order) - 1) >> order, zone.pointee.perCPU.rings[current].count)
            giveBack(zone, current, order, most)
            rest -= most << order
            current = (current + 1) % PerCPUPages.listCount
        }
    }

    private mutating func giveBack(_ zone: UnsafeMutablePointer<Zone>, _ list: Int, _ order: Int, _ number: Int) {
        let index = nodes.zoneIndex(zone.pointee.start)
        let ring = zone.pointee.perCPU.rings[list]
        var position = 0
        while position < number {
            let run =
                order == 0 ? Self.run(ring, position, number) : (pfn: ring.fromEnd(position), order: order, count: 1)
            for pfn in run.pfn..<run.pfn + UInt64(run.count) { page(pfn).pointee.flags = [] }
            freeBlock(index, run.pfn, run.order, nodes.blocks[run.pfn])
            position += run.count
        }
        zone.pointee.perCPU.rings[list].dropLast(number)
        zone.pointee.perCPU.count -= number << order
    }

    /// The largest block that frames of a ring from a place on make, rising or falling, within a page block.
    private static func run(_ ring: PageRing, _ position: Int, _ number: Int) -> (pfn: PFN, order: Int, count: Int) {
        let first = ring.fromEnd(position)
        if position + 1 < number, ring.fromEnd(position + 1) &+ 1 == first {
            // Falling: the block ends with the first one.
            let most = min((first + 1).trailingZeroBitCount, PageBlocks.order)
            let order = length(ring, position, number, most, step: .max)
            return (first + 1 - 1 << UInt64(order), order, 1 << order)
        }
        let most = min(first.trailingZeroBitCount, PageBlocks.order)
        let order = length(ring, position, number, most, step: 1)
        return (first, order, 1 << order)
    }

    private static func length(_ ring: PageRing, _ position: Int, _ number: Int, _ most: Int, step: UInt64) -> Int {
        let first = ring.fromEnd(position)
        var order = 0
        var length = 1
        while order < most, position + length << 1 <= number {
            while length < 2 << order, ring.fromEnd(position + length) == first &+ step &* UInt64(length) {
                length += 1
            }
            guard length == 2 << order else { break }
            order += 1
        }
        return order
    }

    /// `drain_all_pages`.
    mutating func drainAll() {
        for index in zones.indices { drain(nodes.zone(index), zones[index].perCPU.count, from: 0) }
    }
}

extension PerCPUPages {
    /// `nr_pcp_alloc`: how many blocks come at once. It doubles as long as single frames are taken and none given back.
    fileprivate mutating func batchToTake(_ order: Int, isBelowHigh: Bool) -> Int {
        setHigh(high)
        if isBelowHigh { lookAtNextFree() }
        if high < batch { return 1 }
        var take = order == 0 ? batch << allocFactor : batch
        if highMin != highMax, !isBelowHigh { setHigh(min(high + take, highMax)) }
        if order == 0 {
            let most = max(high - count - batch, batch)
            if take <= most, allocFactor < Self.scale { allocFactor += 1 }
            take = min(take, most)
        }
        return take > 1 ? max(take >> order, 2) : take
    }

    /// `nr_pcp_high`: how many frames may stay, now that some were given back.
    fileprivate mutating func adjustHigh(isBelowHigh: Bool, freesHigh: Bool) -> Int {
        setHigh(high)
        let before = high
        if before == 0 { return 0 }
        if freesHigh {
            setHigh(max(before - batch << Self.scale, highMin))
            return 0
        }
        if highMin == highMax { return before }
        if isBelowHigh {
            setHigh(max(before - max(freeCount, batch), highMin))
            return max(count, highMin)
        }
        if count >= before, high < freeCount + batch { setHigh(freeCount + batch) }
        return before
    }

    /// `nr_pcp_free`.
    fileprivate func numberToFree(_ high: Int, freesHigh: Bool) -> Int {
        if freesHigh { return min(count, batch << Self.scale) }
        if high < batch { return 1 }
        return max(min(freeCount, high - batch), batch)
    }
}
