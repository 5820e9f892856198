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

    /// `shrink_folio_list` for one page that MADV_PAGEOUT picked.
    private func reclaimPage(_ pfn: PFN) {
        let record = page(pfn)
        if record.pointee.has(.swapBacked) {
            if record.pointee.isAnonymous || record.pointee.fileMapping != nil { _ = pageOut(pfn) }
            return
        }
        if record.pointee.isAnonymous { return dropLazyFreePage(pfn) }
        guard record.pointee.fileMapping != nil else { return }
        unmapFilePage(pfn)
        // Dirty pages of files wait for writeback.
        if record.pointee.has(PageFlag.dirty) || record.pointee.has(PageFlag.writeback) {
            moveOnLists(pfn, setting: .active, clearing: [])
            // PG_reclaim.
            record.pointee.set(.readahead)
            return
        }
        releaseBuffer(pfn)
        if record.pointee.refcount == 1 { removeFromCache(pfn, keepsCharge: true) }
    }
}
