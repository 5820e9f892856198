extension Machine {
    /// `do_wp_page`: a write through an entry that is present but read-only.
    @inline(__always)
    func faultWriteProtected(
        _ vma: Handle<VMArea>, _ address: VirtualAddress, _ entry: EntryPointer, _ flags: FaultFlags
    ) -> FaultOutcome {
        if entry.pointee & PTE.userfaultWPBit != 0, let outcome = userfaultOfWrite(vma, address, entry, flags) {
            return outcome
        }
        if vma.pointee.flags.hasAny([.shared, .mayShare]) { return makeSharedWritable(vma, address, entry) }
        let pte = PTE(rawValue: entry.pointee)
        let pfn = pte.pfn
        if !pte.isSpecial {
            let record = page(pfn)
            let folio = Folio(of: pfn, record)
            if folio.isAnonymous {
                if record.pointee.has(PageFlag.anonExclusive) {
                    reuse(vma, address, entry, pte, .exclusive)
                    return .handled(isMajor: false)
                }
                if mayReuse(folio) {
                    // folio_move_anon_rmap: from now on the page is found through this VMA alone.
                    if !folio.isLarge, let anonVMA = vma.pointee.anonVMA { record.pointee.mapping = anonVMA.bits | 1 }
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
    func mayReuse(_ folio: Folio) -> Bool {
        let record = folio.head
        // __wp_can_reuse_large_anon_folio: one address space maps it, and nobody else holds it.
        // One of which a single page is left is better let go.
        if folio.isLarge {
            if folio.mapCount <= 1 || folio.isMaybeShared { return false }
            if record.pointee.has(.swapCache) { freeSwapSlot(of: folio.pfn) }
            return folio.mapCount == record.pointee.refcount
        }
        if record.pointee.refcount > 3 || record.pointee.isMerged { return false }
        if !record.pointee.has(PageFlag.lru) { drainBatches() }
        if record.pointee.has(.swapCache), record.pointee.refcount == 2 { freeSwapSlot(of: folio.pfn) }
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
    func copyOnWrite(
        _ vma: Handle<VMArea>, _ address: VirtualAddress, _ entry: EntryPointer, _ pte: PTE
    ) -> FaultOutcome {
        prepareAnonVMA(vma)
        let isZero = pte.isSpecial
        guard let pfn = allocateCopy(of: isZero ? nil : pte.pfn, isZero ? .anonymousZeroed : .anonymous) else {
            return .outOfMemory
        }
        if !isZero { frames.copyFrame(from: pte.pfn, to: pfn) }
        mapNewAnonymousPage(pfn, vma, address, entry, pageProtection(vma))
        flushTLBPage(vma.pointee.mm, address, .copyOnWrite, isZero ? .zeroPageCopy : .sharedFrame)
        if isZero {
            if pte.isDirty { noteZeroUnmapped(vma.pointee.mm, pte) }
            emit(.cowCopied, .zeroPageCopy, address, pfn)
        } else {
            let folio = folio(of: pte.pfn)
            let wasAnonymous = folio.isAnonymous
            if folio.head.pointee.isMerged { ksm.counts.copies += 1 }
            let reason: Event.Reason =
                folio.head.pointee.isMerged ? .mergedPage : wasAnonymous ? .sharedFrame : .privateWrite
            emit(.cowCopied, reason, address, pfn)
            removeRmap(pte.pfn, vma)
            if folio.head.pointee.has(.swapCache) { dropSwapCache(folio.pfn) }
            putPage(folio.pfn, folio.head)
        }
        return .handled(isMajor: false)
    }
}
