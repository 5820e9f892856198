extension Machine {
    /// What a zap does beyond removing pages (`struct zap_details`).
    struct ZapDetails {
        /// Private copies of file pages go too; truncation wants it, hole punching does not.
        var evenCopies = true
        /// Guard markers stay (MADV_DONTNEED); else they go (munmap).
        var keepsMarkers = false
        /// Tables that become empty are freed (`reclaim_pt`).
        var reclaimsTables = false
        /// The mapping's file pages from this one on, for truncation; whole VMA part otherwise.
        var reason: Event.Reason = .unmap
    }

    /// `unmap_page_range`: removes the pages of a part of a VMA and tells the TLB.
    ///
    /// Precondition: the range is page-aligned and inside the VMA.
    func zapRange(
        _ vma: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress, _ details: ZapDetails = ZapDetails()
    ) {
        guard start < end else { return }
        let mm = vma.pointee.mm
        // update_hiwater_rss
        mm.pointee.peakRSS = max(mm.pointee.peakRSS, mm.pointee.rssPages)
        var address = start
        var isChanged = false
        while address < end {
            // Empty upper entries are skipped in one step.
            let pgd = physical.table(mm.pointee.pgd)[PageTableLevel.index(address, PageTableLevel.pgd)]
            guard let puds = subtable(pgd) else {
                address = PageTableLevel.spanEnd(address, end, PageTableLevel.pgd)
                continue
            }
            guard let pmds = subtable(puds[PageTableLevel.index(address, PageTableLevel.pud)]) else {
                address = PageTableLevel.spanEnd(address, end, PageTableLevel.pud)
                continue
            }
            let next = PageTableLevel.spanEnd(address, end, PageTableLevel.pmd)
            let pmd = pmds + PageTableLevel.index(address, PageTableLevel.pmd)
            if let table = subtable(pmd.pointee) {
                if zapTable(vma, table, address, next, details) { isChanged = true }
                if details.reclaimsTables, next &- address == PageTableLevel.pmdSize, isTableEmpty(table) {
                    freeTable(mm, pmd, address, .pteTableFreed)
                    mmu.flushAll(context: mm.pointee.context)
                }
            }
            address = next
        }
        guard isChanged else { return }
        noteChange(mm, start, end, .zap, details.reason)
        flushRange(mm, start, end)
        emit(.tlbFlush, details.reason, start, end &- start)
    }

    /// How many pages before its turn a page's record is fetched: about as long as the host's memory takes.
    private static var recordsAhead: Int { 16 }

    /// `zap_pte_range`: says whether an entry went that the TLB may hold.
    @inline(__always)
    private func zapTable(
        _ vma: Handle<VMArea>, _ table: EntryPointer, _ start: VirtualAddress, _ end: VirtualAddress,
        _ details: ZapDetails
    ) -> Bool {
        var isChanged = false
        var removed = RemovedPages()
        let flags = vma.pointee.flags
        let isLocked = flags.has(.locked) && !flags.hasAny(.special)
        let first = PageTableLevel.index(start, PageTableLevel.pte)
        let limit = first &+ Int(truncatingIfNeeded: (end &- start) >> 12)
        var index = first
        while index < limit {
            let entry = table + index
            index &+= 1
            let pte = PTE(rawValue: entry.pointee)
            if pte.isNone { continue }
            // The marker of a guard region has a bit in the place of the special bit.
            if pte.isSpecial {
                if pte.isMarker, details.keepsMarkers { continue }
                entry.pointee = 0
                if !pte.isMarker { isChanged = true }
                continue
            }
            if index < 512 &- Self.recordsAhead {
                physical.prefetchRecord(PTE(rawValue: entry[Self.recordsAhead]).pfn)
            }
            let pfn = pte.pfn
            let record = page(pfn)
            let isAnonymous = record.pointee.isAnonymous
            if !isAnonymous { noteFileAccess(pte, record, flags) } else if !details.evenCopies { continue }
            entry.pointee = 0
            isChanged = true
            removed.count(record, isAnonymous: isAnonymous)
            if isLocked { unlockPage(pfn) }
            removeMapping(record)
            putPage(pfn, record)
            if isTracing {
                emit(.pageUnmapped, details.reason, start &+ UInt64(index &- 1 &- first) << 12, pfn)
            }
        }
        removed.subtract(from: vma.pointee.mm)
        return isChanged
    }

    /// What the entry of a file page tells the page when it goes (`zap_present_folio_ptes`).
    @inline(__always)
    private func noteFileAccess(_ pte: PTE, _ record: UnsafeMutablePointer<PageRecord>, _ flags: VMFlags) {
        if pte.isDirty, !record.pointee.has(PageFlag.dirty) { markFilePageDirty(pte.pfn) }
        // vma_has_recency.
        if pte.isAccessed, !flags.hasAny([.sequentialRead, .randomRead]) { markAccessed(pte.pfn) }
    }

    /// Whether a last-level table holds nothing, not even a marker.
    func isTableEmpty(_ table: EntryPointer) -> Bool {
        for index in 0..<512 where table[index] != 0 { return false }
        return true
    }
}
