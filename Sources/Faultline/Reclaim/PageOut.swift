/// What became of a page that reclaim took up.
enum PageOutcome {
    /// It has left memory.
    case freed
    /// It stays: its contents are on the way to the swap area, or someone else holds it.
    case kept
    /// It stays, and counts as active (`activate_locked`).
    case activated
}

/// What `shrink_folio_list` does with a page that swap is for: anonymous and not given away by MADV_FREE, or of a memory file.
extension Machine {
    /// `folio_alloc_swap`, unless the page has a slot still. - Returns: false where no slot is free.
    func giveSlot(_ pfn: PFN, _ record: UnsafeMutablePointer<PageRecord>) -> Bool {
        if record.pointee.has(.swapCache) { return true }
        guard let slot = allocateSwapSlot() else { return false }
        addToSwapCache(pfn, slot)
        record.pointee.clear(.readahead)
        record.pointee.set(.dirty)
        return true
    }

    /// `pageout` of a page that nobody maps: writes it to its slot. A write to a disk ends when the page is back on its list
    /// (``putBack(_:_:)``), and the page goes when it is looked at once more; zeros and compressed memory need no wait.
    ///
    /// - Returns: nil where the page can go now.
    func pageOut(
        _ pfn: PFN, _ record: UnsafeMutablePointer<PageRecord>, _ counts: inout ShrinkCounts
    ) -> PageOutcome? {
        // is_page_cache_freeable: the cache holds it, and who took it off its list.
        if record.pointee.refcount != 2 { return .kept }
        record.pointee.clear(.dirty)
        if let mapping = record.pointee.fileMapping, !moveToSwap(pfn, record, mapping) { return .activated }
        counts.written += 1
        // swap_writeout: nobody names the slot any more.
        if freeSwapSlot(of: pfn) { return .kept }
        if storeContents(pfn, UInt64(record.pointee.order)) || swap.area?.isCompressed ?? false { return nil }
        record.pointee.set(PageFlag.writeback.union(.readahead))
        return .kept
    }

    /// `shmem_writeout` before the write: a slot takes the page's place in the file. - Returns: false where none is free.
    private func moveToSwap(
        _ pfn: PFN, _ record: UnsafeMutablePointer<PageRecord>, _ mapping: Handle<FileMapping>
    ) -> Bool {
        guard let slot = allocateSwapSlot() else {
            record.pointee.clear(.readahead)
            record.pointee.set(.dirty)
            return false
        }
        if !record.pointee.has(.uptodate) {
            frames.zeroFrame(pfn)
            record.pointee.set(.uptodate)
        }
        addToSwapCache(pfn, slot)
        duplicateSwapEntry(slot)
        replaceBySlot(pfn, mapping, slot)
        return true
    }

    /// `__remove_mapping` of a page that is in the swap area as it is in memory.
    func dropSwapped(_ pfn: PFN, _ record: UnsafeMutablePointer<PageRecord>, _ target: Int) -> PageOutcome {
        if record.pointee.refcount != 2 { return .kept }
        removeFromSwapCache(pfn, shadow: makeShadow(of: record, in: target))
        putPage(pfn, record)
        return .freed
    }

    /// `folio_end_writeback` of a page that was written to the swap area. - Precondition: the page is isolated.
    @inline(never)
    func finishSwapWrite(_ record: UnsafeMutablePointer<PageRecord>) {
        record.pointee.clear(PageFlag.writeback.union(.readahead))
    }

    /// `reclaim_pages`: frees what can go of pages that were taken off their lists.
    func reclaimPages(_ pages: [PFN]) {
        var stayed: [PFN] = []
        var position = 0
        while position < pages.count {
            var taken = IsolatedPages()
            while taken.count < ScanControl.batch, position < pages.count {
                page(pages[position]).pointee.clear(.active)
                taken.append(pages[position])
                position += 1
            }
            var kept = IsolatedPages()
            _ = shrinkPages(taken, target: 0, ignoresUse: true, &kept)
            for place in 0..<kept.count { stayed.append(kept[place]) }
        }
        for pfn in stayed {
            let record = page(pfn)
            if record.pointee.has(.swapCache), record.pointee.has(.writeback) { finishSwapWrite(record) }
            putBackByBatch(pfn, record)
        }
    }
}
