extension PhysicalMemory {
    // MARK: Taking

    /// `__rmqueue_smallest`: a block of a type, split from a larger one where need be.
    mutating func takeSmallest(_ index: Int, _ order: Int, _ type: MigrateType) -> PFN? {
        let zone = nodes.zone(index)
        guard let current = zone.pointee.smallestOrder(type, from: order) else { return nil }
        let block = PFN(zone.pointee.areas[current].first(type))
        takeOff(index, block, current, type)
        return split(index, block, from: current, to: order, type)
    }

    /// Takes a block off its list; its frames are free until ``split(_:_:from:to:_:)``.
    func takeOff(_ index: Int, _ block: PFN, _ order: Int, _ type: MigrateType) {
        let zone = nodes.zone(index)
        zone.pointee.areas[order].unlink(block, type, in: frames)
        zone.pointee.account(-(1 << Int64(order)), type)
        if order == Zone.maxOrder, type == .movable { showUntouched(index) }
    }

    /// `expand`: puts what is not needed of a block back, by halves. Precondition: the block is on no list.
    func split(_ index: Int, _ block: PFN, from large: Int, to order: Int, _ type: MigrateType) -> PFN {
        let zone = nodes.zone(index)
        var current = large
        while current > order {
            current -= 1
            zone.pointee.areas[current].push(block + (1 << UInt64(current)), current, type, in: frames)
        }
        zone.pointee.account(1 << Int64(large) - 1 << Int64(order), type)
        return block
    }

    /// Puts the next block that nobody had yet on the list, where that is empty.
    func showUntouched(_ index: Int) {
        let zone = nodes.zone(index)
        guard zone.pointee.areas[Zone.maxOrder].first(.movable) == FrameLink.none, !zone.pointee.untouched.isEmpty
        else { return }
        let range = zone.pointee.untouched[0]
        let rest = range.lowerBound + 1 << UInt64(Zone.maxOrder)
        if rest == range.upperBound {
            zone.pointee.untouched.removeFirst()
        } else {
            zone.pointee.untouched[0] = rest..<range.upperBound
        }
        zone.pointee.areas[Zone.maxOrder].push(range.lowerBound, Zone.maxOrder, .movable, in: frames)
    }

    /// Puts the block of the largest order that a frame lies in on the list, where nobody had it yet.
    func showUntouched(_ index: Int, at pfn: PFN) {
        let size: UInt64 = 1 << UInt64(Zone.maxOrder)
        let block = pfn & ~(size - 1)
        let zone = nodes.zone(index)
        guard let place = zone.pointee.untouched.firstIndex(where: { $0.contains(block) }) else { return }
        let range = zone.pointee.untouched[place]
        let rests = [range.lowerBound..<block, block + size..<range.upperBound].filter { !$0.isEmpty }
        zone.pointee.untouched.replaceSubrange(place...place, with: rests)
        zone.pointee.areas[Zone.maxOrder].push(block, Zone.maxOrder, .movable, in: frames)
    }

    // MARK: Giving back

    /// `__free_one_page`: joins the block with its buddy as long as that is free and whole, and of a type that joins.
    ///
    /// Precondition: the block lies in one page block, or is whole ones of the type.
    func freeBlock(_ index: Int, _ pfn: PFN, _ freed: Int, _ type: MigrateType) {
        let zone = nodes.zone(index)
        var block = pfn
        var order = freed
        zone.pointee.account(1 << Int64(freed), type)
        page(pfn).pointee.flags = []
        page(pfn).pointee.order = 0
        while order < Zone.maxOrder, let buddy = freeBuddy(zone, block, order) {
            var buddyType = type
            if order >= PageBlocks.order {
                buddyType = nodes.blocks[buddy]
                if buddyType != type, !buddyType.isMergeable || !type.isMergeable { break }
            }
            zone.pointee.areas[order].unlink(buddy, buddyType, in: frames)
            // What is split from the whole later goes to the lists of this type.
            if buddyType != type { nodes.blocks.set(buddy, order: order, type) }
            block &= ~(1 << UInt64(order))
            order &+= 1
        }
        zone.pointee.areas[order].push(block, order, type, toTail: willMerge(zone, block, order), in: frames)
    }

    /// `find_buddy_page_pfn`.
    @inline(__always)
    private func freeBuddy(_ zone: UnsafeMutablePointer<Zone>, _ block: PFN, _ order: Int) -> PFN? {
        let buddy = block ^ (1 << UInt64(order))
        guard buddy >= zone.pointee.start, buddy < zone.pointee.end else { return nil }
        let record = page(buddy)
        guard record.pointee.has(.buddy), record.pointee.order == UInt32(truncatingIfNeeded: order) else { return nil }
        return buddy
    }

    /// `buddy_merge_likely`: the buddy of the next order is free, so that the block is better left alone for a while.
    @inline(__always)
    private func willMerge(_ zone: UnsafeMutablePointer<Zone>, _ block: PFN, _ order: Int) -> Bool {
        if order >= Zone.maxOrder - 1 { return false }
        let higher = block & ~(1 << UInt64(order))
        return freeBuddy(zone, higher, order + 1) != nil
    }

    // MARK: Boot

    /// `memblock_free_all`: hands a zone's ranges to the buddy lists, low to high: ragged ends as blocks, whole blocks untouched.
    func freeAll(_ index: Int, _ layout: ZoneLayout) {
        for range in layout.cma { nodes.blocks.set(range, .cma) }
        let size: UInt64 = 1 << UInt64(Zone.maxOrder)
        for range in zones[index].ranges {
            let first = min((range.lowerBound + size - 1) & ~(size - 1), range.upperBound)
            let last = max(range.upperBound & ~(size - 1), first)
            pushRange(index, range.lowerBound..<first)
            for whole in Self.parts(first..<last, without: layout.cma) {
                nodes.zone(index).pointee.untouched.append(whole)
                nodes.zone(index).pointee.account(Int64(whole.count), .movable)
            }
            for reserved in layout.cma { pushRange(index, reserved.clamped(to: first..<last)) }
            pushRange(index, last..<range.upperBound)
        }
        showUntouched(index)
    }

    /// Whole blocks of the largest order of a range that touch none of the others.
    private static func parts(_ range: Range<PFN>, without others: [Range<PFN>]) -> [Range<PFN>] {
        var parts: [Range<PFN>] = []
        var start = range.lowerBound
        for other in others where other.overlaps(range) {
            if other.lowerBound > start { parts.append(start..<other.lowerBound) }
            start = max(start, other.upperBound)
        }
        if start < range.upperBound { parts.append(start..<range.upperBound) }
        return parts
    }

    /// `__free_pages_memory`: frees a range in the largest aligned blocks that fit, behind those that are free already.
    private func pushRange(_ index: Int, _ range: Range<PFN>) {
        var pfn = range.lowerBound
        while pfn < range.upperBound {
            var order = 0
            while order < Zone.maxOrder, pfn & ((2 << UInt64(order)) - 1) == 0,
                pfn + (2 << UInt64(order)) <= range.upperBound
            { order += 1 }
            let type = nodes.blocks[pfn]
            nodes.zone(index).pointee.areas[order].push(pfn, order, type, toTail: true, in: frames)
            nodes.zone(index).pointee.account(1 << Int64(order), type)
            pfn += 1 << UInt64(order)
        }
    }
}

extension Zone {
    /// `account_freepages`: so many frames more are free, or fewer.
    @inline(__always)
    mutating func account(_ pages: Int64, _ type: MigrateType) {
        if type == .isolate { return }
        free = UInt64(bitPattern: Int64(bitPattern: free) &+ pages)
        defer { chooseServing() }
        if type.isMergeable { return }
        if type == .highAtomic {
            freeHighAtomic = UInt64(bitPattern: Int64(bitPattern: freeHighAtomic) &+ pages)
        } else {
            freeCMA = UInt64(bitPattern: Int64(bitPattern: freeCMA) &+ pages)
        }
    }
}
