/// A large folio that goes to compressed memory as a whole (`shrink_folio_list`, `swap_writeout`).
extension Machine {
    /// Gives a folio slots, has its entries name them, and writes it. A write to compressed memory ends at once.
    ///
    /// - Returns: nil where the area has no room for it as a whole; it is split then.
    /// - Precondition: only its entries and the caller hold it.
    func swapOutLarge(_ folio: Folio, _ target: Int, _ counts: inout ShrinkCounts) -> PageOutcome? {
        guard let first = allocateSwapSlots(order: UInt8(folio.order)) else { return nil }
        let pages = folio.pageCount
        let isZero = folio.frames.allSatisfy { frames.isZeroFilled($0) }
        // While its entries go one by one, it is no folio of which a part is unmapped.
        folio.head.pointee.set(.swapCache)
        for (vma, mapped) in mappers(of: folio) {
            for frame in mapped { nameSlot(folio, frame, first + (frame - folio.pfn), vma) }
        }
        folio.head.pointee.clear(.swapCache)
        precondition(folio.mapCount == 0, "a folio goes to the swap area that is still mapped")
        let shadow = makeShadow(of: folio.head, in: target)
        for _ in 1..<pages { ageNonresident(target) }
        for frame in folio.frames {
            let slot = first + (frame - folio.pfn)
            if swap.area?.useCount(slot) == 0 {
                releaseUnnamed(slot)
                continue
            }
            storeContents(frame, slot, isZero: isZero)
            swap.area?.slots[Int(slot)].shadow = shadow
        }
        counts.written += pages
        if folio.order == 9 { huge.counts.swappedOut += 1 }
        putPage(folio.pfn, folio.head)
        return .freed
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
