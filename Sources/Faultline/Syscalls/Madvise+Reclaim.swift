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
        var isolated: [PFN] = []
        forEachPresentEntry(vma, start, end) { _, entry in
            let pte = PTE(rawValue: entry.pointee)
            let record = page(pte.pfn)
            guard record.pointee.has(PageFlag.lru), record.pointee.mapcount == 1 else { return }
            if skipsFilePages, !record.pointee.isAnonymous { return }
            if !pageOut, pte.isAccessed { entry.pointee = pte.clearing(PTE.accessedBit).rawValue }
            record.pointee.clear(PageFlag.referenced)
            if pageOut {
                isolate(pte.pfn, record)
                if record.pointee.has(.unevictable) {
                    putBackByBatch(pte.pfn, record)
                } else {
                    isolated.append(pte.pfn)
                }
            } else {
                deactivatePage(pte.pfn)
            }
        }
        flushTLB(vma.pointee.mm, start, end, .age, .discard)
        reclaimPages(isolated)
    }
}
