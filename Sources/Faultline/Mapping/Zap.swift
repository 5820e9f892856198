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
                    freeTable(mm, pmd, address)
                    mmu.flushAll(context: mm.pointee.context)
                }
            }
            address = next
        }
        guard isChanged else { return }
        noteChange(mm, start, end, .zap, details.reason)
        mmu.flush(context: mm.pointee.context, from: start, to: end)
        emit(.tlbFlush, details.reason, start, end &- start)
    }

    /// How many pages before its turn a page's record is fetched: about as long as the host's memory takes.
    private static var recordsAhead: Int { 8 }

    /// `zap_pte_range`: says whether an entry went that the TLB may hold.
    @inline(__always)
    private func zapTable(
        _ vma: Handle<VMArea>, _ table: EntryPointer, _ start: VirtualAddress, _ end: VirtualAddress,
        _ details: ZapDetails
    ) -> Bool {
        var isChanged = false
        let first = PageTableLevel.index(start, PageTableLevel.pte)
        let count = Int(truncatingIfNeeded: (end &- start) >> 12)
        for index in first..<(first &+ count) where table[index] != 0 {
            let pte = PTE(rawValue: table[index])
            if pte.isMarker {
                if !details.keepsMarkers { table[index] = 0 }
                continue
            }
            let pfn = pte.pfn
            if pte.isSpecial || pfn == zeroFrame {
                table[index] = 0
                isChanged = true
                continue
            }
            if index &+ Self.recordsAhead < 512 {
                physical.prefetchRecord(PTE(rawValue: table[index &+ Self.recordsAhead]).pfn)
            }
            let isAnonymous = page(pfn).pointee.isAnonymous
            if isAnonymous && !details.evenCopies { continue }
            table[index] = 0
            isChanged = true
            zapPage(vma, pfn, pte, isAnonymous: isAnonymous)
            if isTracing {
                emit(.pageUnmapped, details.reason, start &+ UInt64(index &- first) << 12, pfn)
            }
        }
        return isChanged
    }

    /// `zap_present_ptes` for one page.
    @inline(__always)
    private func zapPage(_ vma: Handle<VMArea>, _ pfn: PFN, _ pte: PTE, isAnonymous: Bool) {
        if !isAnonymous {
            if pte.isDirty { markFilePageDirty(pfn) }
            // vma_has_recency.
            if pte.isAccessed, !vma.pointee.flags.hasAny([.sequentialRead, .randomRead]) { markAccessed(pfn) }
        }
        removeRmap(pfn, vma)
        putPage(pfn)
    }

    /// Whether a last-level table holds nothing, not even a marker.
    func isTableEmpty(_ table: EntryPointer) -> Bool {
        for index in 0..<512 where table[index] != 0 { return false }
        return true
    }
}
