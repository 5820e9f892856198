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
        func age(_ folio: Folio) {
            let record = folio.head
            record.pointee.clear(PageFlag.referenced)
            if record.pointee.has(.active) { record.pointee.set(.workingset) }
            if !pageOut { return deactivatePage(folio.pfn) }
            isolate(folio.pfn, record)
            if record.pointee.has(.unevictable) {
                putBackByBatch(folio.pfn, record)
            } else {
                isolated.append(folio.pfn)
            }
        }
        forEachAdvised(vma, start, end, skipsFiles: skipsFilePages) { entry, folio in
            if !pageOut { entry.pointee &= ~PTE.accessedBit }
            if folio.head.pointee.has(.lru) { age(folio) }
        } pages: { entries in
            let folio = folio(of: PTE(rawValue: entries[0]).pfn)
            guard folio.head.pointee.has(PageFlag.lru), UInt64(folio.mapCount) == folio.pageCount else { return }
            if skipsFilePages, !folio.isAnonymous { return }
            if !pageOut {
                for place in 0..<Int(folio.pageCount) { entries[place] &= ~PTE.accessedBit }
            }
            age(folio)
        }
        flushTLB(vma.pointee.mm, start, end, .age, .discard)
        reclaimPages(isolated)
    }
}
