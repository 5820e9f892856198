extension PhysicalMemory {
    // MARK: Blocks

    /// `__rmqueue_smallest` with `expand`: a block, split from a larger one where need be.
    func takeBlock(_ index: Int, _ order: Int) -> PFN? {
        let zone = node.zone(index)
        for current in order...Zone.maxOrder where zone.pointee.areas[current].first != FrameLink.none {
            let block = PFN(zone.pointee.areas[current].first)
            zone.pointee.areas[current].unlink(block, in: frames)
            return split(index, block, from: current, to: order)
        }
        guard let block = takeUntouched(index) else { return nil }
        return split(index, block, from: Zone.maxOrder, to: order)
    }

    private func split(_ index: Int, _ block: PFN, from large: Int, to order: Int) -> PFN {
        let zone = node.zone(index)
        var current = large
        while current > order {
            current -= 1
            zone.pointee.areas[current].push(block + (1 << UInt64(current)), current, in: frames)
        }
        zone.pointee.free -= 1 << UInt64(order)
        return block
    }

    /// The next block of the largest order that nobody had yet.
    private func takeUntouched(_ index: Int) -> PFN? {
        // A range may have no whole block.
        while zones[index].untouched == zones[index].untouchedEnd { if !openNextRange(index) { return nil } }
        let block = zones[index].untouched
        zones[index].untouched += 1 << UInt64(Zone.maxOrder)
        return block
    }

    /// `__free_one_page`: joins the block with its buddy as long as that is free and whole.
    func freeBlock(_ index: Int, _ pfn: PFN, _ freed: Int) {
        let zone = node.zone(index)
        var block = pfn
        var order = freed
        zone.pointee.free &+= 1 << UInt64(freed)
        page(pfn).pointee.flags = []
        while order < Zone.maxOrder {
            let buddy = block ^ (1 << UInt64(order))
            guard buddy >= zone.pointee.start, buddy < zone.pointee.end else { break }
            let record = page(buddy)
            guard record.pointee.has(.buddy), record.pointee.order == UInt32(truncatingIfNeeded: order) else { break }
            zone.pointee.areas[order].unlink(buddy, in: frames)
            block &= ~(1 << UInt64(order))
            order &+= 1
        }
        zone.pointee.areas[order].push(block, order, in: frames)
    }

    // MARK: Ranges

    /// Puts the next range of RAM at the allocator's disposal: ragged ends as blocks, whole blocks untouched.
    @discardableResult
    func openNextRange(_ index: Int) -> Bool {
        if zones[index].laterRanges.isEmpty { return false }
        let range = zones[index].laterRanges.removeFirst()
        zones[index].openedRanges.append(range)
        let size: UInt64 = 1 << UInt64(Zone.maxOrder)
        let first = min((range.start + size - 1) & ~(size - 1), range.end)
        let last = max(range.end & ~(size - 1), first)
        zones[index].untouched = first
        zones[index].untouchedEnd = last
        pushRange(index, range.start, first)
        pushRange(index, last, range.end)
        return true
    }

    /// Frees a range in the largest aligned blocks that fit; the count of free frames has it already.
    private func pushRange(_ index: Int, _ start: PFN, _ end: PFN) {
        var pfn = start
        while pfn < end {
            var order = 0
            while order < Zone.maxOrder, pfn & ((2 << UInt64(order)) - 1) == 0, pfn + (2 << UInt64(order)) <= end {
                order += 1
            }
            node.zone(index).pointee.areas[order].push(pfn, order, in: frames)
            pfn += 1 << UInt64(order)
        }
    }
}
