/// Free frames that compaction moves pages to.
extension PhysicalMemory {
    /// `suitable_migration_target`: page blocks of movable pages, which are not free as a whole.
    func isTarget(_ pfn: PFN) -> Bool {
        let record = page(pfn).pointee
        if record.has(.buddy), record.order >= UInt32(PageBlocks.order) { return false }
        let type = nodes.blocks[pfn]
        return type == .movable || type == .cma
    }

    /// `isolate_freepages_block`: takes every free block of a range, as single frames with a reference each.
    func isolateFree(_ index: Int, _ range: Range<PFN>) -> [PFN] {
        var frames: [PFN] = []
        var pfn = range.lowerBound
        while pfn < range.upperBound {
            let record = page(pfn).pointee
            guard record.has(.buddy) else {
                pfn += 1
                continue
            }
            let order = Int(record.order)
            takeOff(index, pfn, order, nodes.blocks[pfn])
            for frame in pfn..<pfn + 1 << UInt64(order) { frames.append(handOut(frame)) }
            pfn += 1 << UInt64(order)
        }
        return frames
    }

    /// `release_free_list`: a frame that no page came to.
    func giveBackIsolated(_ index: Int, _ pfn: PFN) {
        page(pfn).pointee.refcount = 0
        freeBlock(index, pfn, 0, nodes.blocks[pfn])
    }
}
