extension Machine {
    /// `do_wp_page`: a write through an entry that is present but read-only.
    @inline(__always)
    func faultWriteProtected(
        _ vma: Handle<VMArea>, _ address: VirtualAddress, _ entry: EntryPointer
    ) -> FaultOutcome {
        if vma.pointee.flags.hasAny([.shared, .mayShare]) { return makeSharedWritable(vma, address, entry) }
        let pte = PTE(rawValue: entry.pointee)
        let pfn = pte.pfn
        if !pte.isSpecial {
            let record = page(pfn)
            if record.pointee.isAnonymous {
                if record.pointee.has(PageFlag.anonExclusive) {
                    reuse(vma, address, entry, pte, .exclusive)
                    return .handled(isMajor: false)
                }
                if mayReuse(pfn) {
                    // folio_move_anon_rmap: from now on the page is found through this VMA alone.
                    if let anonVMA = vma.pointee.anonVMA { record.pointee.mapping = anonVMA.bits | 1 }
                    record.pointee.set(PageFlag.anonExclusive)
                    reuse(vma, address, entry, pte, .soleOwner)
                    return .handled(isMajor: false)
                }
            }
        }
        return copyOnWrite(vma, address, entry, pte)
    }

    /// `wp_can_reuse_anon_folio`: nobody else has a reference, after the LRU batches gave theirs back.
    @inline(__always)
    private func mayReuse(_ pfn: PFN) -> Bool {
        let record = page(pfn)
        if record.pointee.refcount > 3 { return false }
        if !record.pointee.has(PageFlag.lru) { drainBatches() }
        return record.pointee.refcount == 1
    }

    /// `wp_page_reuse`.
    @inline(__always)
    private func reuse(
        _ vma: Handle<VMArea>, _ address: VirtualAddress, _ entry: EntryPointer, _ pte: PTE, _ reason: Event.Reason
    ) {
        var new = pte.setting(PTE.accessedBit | PTE.dirtyBit)
        if vma.pointee.flags.has(.write) { new = new.setting(PTE.writeBit) }
        entry.pointee = new.rawValue
        // More rights need no flush: the fault has dropped what the TLB had.
        emit(.cowReused, reason, address, pte.pfn)
    }

    /// `wp_page_copy`.
    private func copyOnWrite(
        _ vma: Handle<VMArea>, _ address: VirtualAddress, _ entry: EntryPointer, _ pte: PTE
    ) -> FaultOutcome {
        prepareAnonVMA(vma)
        let isZero = pte.isSpecial
        guard let pfn = isZero ? allocateZeroedPage() : allocatePage() else { return .outOfMemory }
        if !isZero { physical.copyFrame(from: pte.pfn, to: pfn) }
        mapNewAnonymousPage(pfn, vma, address, entry, pageProtection(vma))
        flushTLBPage(vma.pointee.mm, address, .copyOnWrite, isZero ? .zeroPageCopy : .sharedFrame)
        if isZero {
            emit(.cowCopied, .zeroPageCopy, address, pfn)
        } else {
            let wasAnonymous = page(pte.pfn).pointee.isAnonymous
            emit(.cowCopied, wasAnonymous ? .sharedFrame : .privateWrite, address, pfn)
            removeRmap(pte.pfn, vma)
            putPage(pte.pfn)
        }
        return .handled(isMajor: false)
    }
}
