extension Machine {
    /// MADV_COLD and MADV_PAGEOUT (`madvise_cold_or_pageout_pte_range`): pages that only this mapping has become
    /// candidates for reclaim, or are reclaimed now.
    func adviseReclaim(
        _ task: Process, _ vma: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress, pageOut: Bool
    ) throws(Errno) {
        let forbidden = vma.pointee.flags.intersection([.locked, .pfnMap, .hugeTLB])
        if !forbidden.isEmpty {
            throw refuse(
                .EINVAL, .flagsForbid(vma.pointee.range, forbidden, pageOut ? "MADV_PAGEOUT" : "MADV_COLD"))
        }
        // can_do_file_pageout: pages of a file go only for who may write to it; private copies go for everyone.
        let skipsFilePages = pageOut && vma.pointee.file.map { !mayManage(task, $0.pointee.mapping) } ?? false
        if skipsFilePages, vma.pointee.flags.has(.mayShare) { return }
        drainBatches()
        if pageOut { finishEarlierWrites() }
        var reclaimed: [PFN] = []
        forEachPresentEntry(vma, start, end) { _, entry in
            let pte = PTE(rawValue: entry.pointee)
            let record = page(pte.pfn)
            guard record.pointee.has(PageFlag.lru), record.pointee.mapcount == 1 else { return }
            if skipsFilePages, !record.pointee.isAnonymous { return }
            if !pageOut, pte.isAccessed { entry.pointee = pte.clearing(PTE.accessedBit).rawValue }
            record.pointee.clear(PageFlag.referenced)
            if pageOut {
                if !record.pointee.has(PageFlag.unevictable) { reclaimed.append(pte.pfn) }
            } else {
                deactivatePage(pte.pfn)
            }
        }
        flushTLB(vma.pointee.mm, start, end, .age, .discard)
        for pfn in reclaimed { reclaimPage(pfn) }
    }

    /// `shrink_folio_list` for one page that MADV_PAGEOUT picked. There is no swap.
    private func reclaimPage(_ pfn: PFN) {
        let record = page(pfn)
        if record.pointee.isAnonymous {
            // Without swap, only what MADV_FREE gave away can go.
            if record.pointee.has(PageFlag.swapBacked) { meet(.swap) } else { dropLazyFreePage(pfn) }
            return
        }
        guard record.pointee.fileMapping != nil else { return }
        unmapEverywhere(pfn)
        // Dirty pages of files wait for writeback; those of shmem have no swap to go to.
        if record.pointee.has(PageFlag.dirty) || record.pointee.has(PageFlag.writeback) {
            moveOnLists(pfn, setting: .active, clearing: [])
            // PG_reclaim.
            if record.pointee.has(PageFlag.swapBacked) {
                record.pointee.clear(PageFlag.readahead)
            } else {
                record.pointee.set(PageFlag.readahead)
            }
            return
        }
        releaseBuffer(pfn)
        if record.pointee.refcount == 1 { removeFromCache(pfn, keepsCharge: true) }
    }

    /// `try_to_unmap` of a page that MADV_FREE gave away: gone, unless it was written to since.
    private func dropLazyFreePage(_ pfn: PFN) {
        var isDirty = page(pfn).pointee.has(PageFlag.dirty)
        var places: [(Handle<VMArea>, VirtualAddress, EntryPointer)] = []
        forEachMapping(of: pfn) { vma, address, entry in
            if PTE(rawValue: entry.pointee).isDirty, !vma.pointee.flags.has(.droppable) { isDirty = true }
            places.append((vma, address, entry))
        }
        if isDirty {
            moveOnLists(pfn, setting: [.dirty, .swapBacked], clearing: [])
            return
        }
        guard page(pfn).pointee.refcount == Int32(places.count) else { return }
        for (vma, address, entry) in places {
            entry.pointee = 0
            flushTLBPage(vma.pointee.mm, address, .unmapFolio, .reclaim)
            removeRmap(pfn, vma)
            putPage(pfn)
        }
    }

    /// `try_to_unmap` of a file's page.
    private func unmapEverywhere(_ pfn: PFN) {
        var places: [(Handle<VMArea>, VirtualAddress, EntryPointer)] = []
        forEachMapping(of: pfn) { vma, address, entry in places.append((vma, address, entry)) }
        for (vma, address, entry) in places {
            if PTE(rawValue: entry.pointee).isDirty { markFilePageDirty(pfn) }
            entry.pointee = 0
            flushTLBPage(vma.pointee.mm, address, .unmapFolio, .reclaim)
            removeRmap(pfn, vma)
            putPage(pfn)
        }
    }
}
