/// A large folio that goes to compressed memory as a whole (`shrink_folio_list`, `swap_writeout`).
extension Machine {
    /// `try_to_unmap` and `pageout` of a large folio in the swap cache: has its entries name the slots, and writes it. A write to compressed
    /// memory ends at once. Where a part of it is locked, it stays, and what was unmapped before stays so.
    ///
    /// - Parameter first: its first slot.
    /// - Precondition: the caller holds it.
    func swapOutLarge(_ folio: Folio, _ first: UInt64, _ target: Int, _ counts: inout ShrinkCounts) -> PageOutcome {
        let pages = folio.pageCount
        let isZero = folio.frames.allSatisfy { frames.isZeroFilled($0) }
        for (vma, mapped) in mappers(of: folio) {
            if vma.pointee.flags.has(.locked), isKeptByLock(folio, vma, mapped) { break }
            for frame in mapped { nameSlot(folio, frame, first + (frame - folio.pfn), vma) }
        }
        if folio.mapCount > 0 { return .activated }
        // is_page_cache_freeable
        if folio.head.pointee.refcount != Int32(pages) + 1 { return .kept }
        folio.head.pointee.clear(.dirty)
        counts.written += pages
        // swap_writeout: nobody names a slot any more.
        if freeSwapSlots(of: folio) { return .kept }
        let shadow = makeShadow(of: folio.head, in: target, pages: pages)
        for frame in folio.frames {
            let slot = first + (frame - folio.pfn)
            if swap.area?.useCount(slot) != 0 { storeContents(frame, slot, isZero: isZero) }
        }
        if folio.order == 9 { huge.counts.swappedOut += 1 }
        removeLargeFromSwapCache(folio, shadow: shadow)
        putPage(folio.pfn, folio.head)
        return .freed
    }

    /// Whether memory that is locked maps pages of the folio. The lock that was missed is made up for where it is that of the whole folio.
    private func isKeptByLock(_ folio: Folio, _ vma: Handle<VMArea>, _ frames: Range<PFN>) -> Bool {
        let mm = vma.pointee.mm
        let mapped = frames.count {
            let address = vma.pointee.address(ofPage: folio.index(of: $0))
            return EntryState(lastLevel: readPTE(mm, address).rawValue) == .page($0)
        }
        if UInt64(mapped) == folio.pageCount, vma.pointee.flags.locksPages, !folio.head.pointee.has(.mlocked) {
            lockPage(folio.pfn)
        }
        return mapped > 0
    }

    /// `try_to_unmap_one` of one page.
    private func nameSlot(_ folio: Folio, _ frame: PFN, _ slot: UInt64, _ vma: Handle<VMArea>) {
        let mm = vma.pointee.mm
        let address = vma.pointee.address(ofPage: folio.index(of: frame))
        guard EntryState(lastLevel: readPTE(mm, address).rawValue) == .page(frame), let entry = findPTE(mm, address)
        else { return }
        let record = folio.record(frame)
        let exclusive = record.pointee.has(.anonExclusive) ? SwapEntry.exclusiveBit : 0
        let mark = entry.pointee & PTE.userfaultWPBit != 0 ? SwapEntry.userfaultWPBit : 0
        record.pointee.clear(.anonExclusive)
        duplicateSwapEntry(slot)
        mm.pointee.peakRSS = max(mm.pointee.peakRSS, mm.pointee.rssPages)
        entry.pointee = SwapEntry(type: 0, offset: slot).rawValue | exclusive | mark
        mm.pointee.swapEntries &+= 1
        noteSwapUser(mm)
        vma.pointee.evictions &+= 1
        flushTLBPage(mm, address, .unmapFolio, .reclaim)
        removeRmap(frame, vma)
        putPage(folio.pfn, folio.head)
        emit(.pageUnmapped, .swapOut, address, frame)
    }
}
