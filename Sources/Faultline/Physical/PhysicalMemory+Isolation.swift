/// Free frames that compaction moves pages to, and page blocks that nothing is allocated from.
extension PhysicalMemory {
    /// `suitable_migration_target`: page blocks of movable pages, which are not free as a whole.
    func isTarget(_ pfn: PFN) -> Bool {
        let record = page(pfn).pointee
        if record.has(.buddy), record.order >= UInt32(PageBlocks.order) { return false }
        let type = nodes.blocks[pfn]
        return type == .movable || type == .cma
    }

    /// `isolate_freepages_block`: takes every free block of a range.
    func isolateBlocks(_ index: Int, _ range: Range<PFN>) -> [(pfn: PFN, order: Int)] {
        var blocks: [(pfn: PFN, order: Int)] = []
        var pfn = range.lowerBound
        while pfn < range.upperBound {
            let record = page(pfn).pointee
            guard record.has(.buddy) else {
                pfn += 1
                continue
            }
            let order = Int(record.order)
            takeOff(index, pfn, order, nodes.blocks[pfn])
            blocks.append((pfn, order))
            pfn += 1 << UInt64(order)
        }
        return blocks
    }

    /// The same, as single frames with a reference each.
    func isolateFree(_ index: Int, _ range: Range<PFN>) -> [PFN] {
        isolateBlocks(index, range).flatMap { block in
            (block.pfn..<block.pfn + 1 << UInt64(block.order)).map { handOut($0) }
        }
    }

    /// `post_alloc_hook` of an isolated block: its frames are clean, and the first one has a reference.
    func handOut(_ pfn: PFN, order: Int) -> PFN {
        for frame in pfn..<pfn + 1 << UInt64(order) { page(handOut(frame)).pointee.refcount = frame == pfn ? 1 : 0 }
        return pfn
    }

    // MARK: Page blocks

    /// `set_migratetype_isolate`: from now on nothing is allocated from a page block, and its free frames are not counted.
    ///
    /// - Returns: false where a page lies in it that may not move (`has_unmovable_pages`), or the zone does not have all of it.
    func isolateBlock(_ index: Int, _ pfn: PFN) -> Bool {
        let start = pfn & ~(PageBlocks.size - 1)
        let type = nodes.blocks[start]
        guard type != .isolate,
            zones[index].ranges.contains(where: { $0.contains(start) && $0.upperBound >= start + PageBlocks.size })
        else { return false }
        showUntouched(index, at: start)
        if hasUnmovable(start) { return false }
        splitAroundBlock(index, start)
        moveFreeBlocks(index, start, from: type, to: .isolate)
        return true
    }

    /// `unset_migratetype_isolate`: the page block has its type again, and joins with its free buddy.
    func endIsolation(_ index: Int, _ pfn: PFN) {
        let start = pfn & ~(PageBlocks.size - 1)
        let type = nodes.blocks.typeBehindIsolation(start)
        moveFreeBlocks(index, start, from: .isolate, to: type)
        let record = page(start).pointee
        guard record.has(.buddy), record.order == UInt32(PageBlocks.order) else { return }
        takeOff(index, start, PageBlocks.order, type)
        freeBlock(index, start, PageBlocks.order, type)
    }

    /// `has_unmovable_pages`: someone has a page there that is not on the lists of pages that move.
    private func hasUnmovable(_ start: PFN) -> Bool {
        var pfn = start
        while pfn < start + PageBlocks.size {
            let record = page(pfn).pointee
            if record.has(.buddy) {
                pfn += 1 << UInt64(record.order)
                continue
            }
            if record.has(.head), record.hasAny(PageFlag.lru.union(.unevictable)) {
                pfn += Folio(of: pfn, page(pfn)).pageCount
                continue
            }
            let isFree = record.refcount == 0 && !record.isOfLargeFolio
            if !isFree, !record.hasAny(PageFlag.lru.union(.unevictable)) { return true }
            pfn += 1
        }
        return false
    }

    /// A free block of two page blocks becomes two (`__move_freepages_block_isolate`).
    private func splitAroundBlock(_ index: Int, _ start: PFN) {
        let head = start & ~(1 << UInt64(Zone.maxOrder) - 1)
        let record = page(head).pointee
        guard record.has(.buddy), record.order == UInt32(Zone.maxOrder) else { return }
        let type = nodes.blocks[head]
        takeOff(index, head, Zone.maxOrder, type)
        let half: UInt64 = PageBlocks.size
        for part in [head, head + half] {
            nodes.zone(index).pointee.areas[PageBlocks.order].push(part, PageBlocks.order, type, in: frames)
            nodes.zone(index).pointee.account(Int64(half), type)
        }
    }

    /// `release_free_list`: frames that no page came to.
    func giveBackIsolated(_ index: Int, _ pfn: PFN, order: Int = 0) {
        page(pfn).pointee.refcount = 0
        freeBlock(index, pfn, order, nodes.blocks[pfn])
    }
}
