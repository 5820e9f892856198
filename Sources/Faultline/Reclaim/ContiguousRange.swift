/// Memory at a given place: everything that lies there moves away (`alloc_contig_range_noprof` in `mm/page_alloc.c`). Device drivers and
/// the pools of 1 GiB pages get their memory so.
extension Machine {
    /// Takes all frames of a range, each with one reference.
    ///
    /// - Throws: EINVAL for a range that is not in one zone; EBUSY where a page lies in it, or in its page blocks, that may not move;
    ///   ENOMEM where there is no place to move one to. All is as it was then, but for pages that have moved.
    func allocateContiguous(_ range: Range<PFN>) throws(Errno) {
        guard
            let index = physical.zones.indices.first(where: { index in
                physical.zones[index].ranges.contains {
                    $0.lowerBound <= range.lowerBound && range.upperBound <= $0.upperBound
                }
            })
        else { throw refuse(.EINVAL, .combination("the range is not in one zone's memory")) }
        drainAllBatches()
        let size = PageBlocks.size
        let blocks = stride(from: range.lowerBound & ~(size - 1), to: range.upperBound, by: Int(size))
        var isolated: [PFN] = []
        defer { for block in isolated { physical.endIsolation(index, block) } }
        // start_isolate_page_range. What waits on the lists of the CPU is free, too.
        physical.drainAll()
        for block in blocks {
            guard physical.isolateBlock(index, block) else {
                throw refuse(.EBUSY, .combination("a page that may not move lies at the range, or in its page blocks"))
            }
            isolated.append(block)
        }
        try moveAway(range)
        takeIsolated(index, range)
    }

    /// `__alloc_contig_migrate_range`. A folio that begins before the range is not found by its tails.
    private func moveAway(_ range: Range<PFN>) throws(Errno) {
        if page(range.lowerBound).pointee.has(.tail) {
            throw refuse(.EBUSY, .combination("a large folio lies across the start of the range"))
        }
        for pfn in range where page(pfn).pointee.refcount > 0 {
            guard canMigrate(pfn) else {
                throw refuse(.EBUSY, .combination("someone holds a page of the range, which may not move then"))
            }
            var lacks = false
            let failed = migrateFolios([pfn]) { _, order in
                let target = allocatePage(Self.migrationRequest(order: order))
                lacks = target == nil
                return target
            }
            if failed == 0 { continue }
            if lacks { throw refuse(.ENOMEM, .noFrame("a page to move to")) }
            throw refuse(.EBUSY, .combination("a page of the range did not move"))
        }
    }

    /// `isolate_freepages_range`: takes the free blocks, and gives back what lies beside the range.
    private func takeIsolated(_ index: Int, _ range: Range<PFN>) {
        var pfn = range.lowerBound
        while pfn < range.upperBound {
            // The block may begin before the range.
            var head = pfn
            var order = 0
            while !(page(head).pointee.has(.buddy) && head + 1 << UInt64(page(head).pointee.order) > pfn) {
                precondition(order < Zone.maxOrder, "a frame of an isolated range is not free")
                order += 1
                head = pfn & ~(1 << UInt64(order) - 1)
            }
            let end = head + 1 << UInt64(page(head).pointee.order)
            for frame in physical.isolateFree(index, head..<end) where !range.contains(frame) {
                physical.giveBackIsolated(index, frame)
            }
            pfn = end
        }
    }
}
