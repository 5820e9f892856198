/// Faults on pages of large folios that are in the swap cache.
extension Machine {
    /// The part of `do_swap_page` for a page of such a folio: all of it is mapped where its entries lie side by side and name its slots, else
    /// the one page.
    ///
    /// - Precondition: the caller took a reference, which becomes that of an entry.
    @inline(never)
    func faultCachedLarge(
        _ vma: Handle<VMArea>, _ address: VirtualAddress, _ entry: EntryPointer, _ slot: UInt64, _ folio: Folio,
        _ flags: FaultFlags
    ) -> FaultOutcome {
        let write = flags.contains(.write)
        if write, !folio.head.pointee.has(.lru) { drainBatches() }
        let named = entry.pointee
        let place = Int(slot - cachedSlots(folio).lowerBound)
        let isWhole = isWhole(folio, vma, address, entry, place)
        let (skipped, count) = isWhole ? (place, Int(folio.pageCount)) : (0, 1)
        for index in 0..<count { freeSwapEntry(slot + UInt64(index) - UInt64(skipped)) }
        if wantsNoSlot(folio, vma, write: write) { freeSwapSlot(of: folio.pfn) }
        let isOwn = named & SwapEntry.exclusiveBit != 0 || folio.head.pointee.refcount == 1
        let isMarked = named & SwapEntry.userfaultWPBit != 0
        var bits = pageProtection(vma) | (isMarked ? PTE.userfaultWPBit : 0)
        let mayWrite =
            isOwn && vma.pointee.flags.has(.write) && !(isMarked && vma.pointee.flags.has(.userfaultWP))
        if mayWrite { bits |= write ? PTE.writeBit | PTE.dirtyBit : PTE.writeBit }
        let mm = vma.pointee.mm
        let first = folio.pfn + UInt64(place - skipped)
        for index in 0..<count {
            if isOwn { folio.record(first + UInt64(index)).pointee.set(.anonExclusive) }
            (entry - skipped)[index] = PTE(pfn: first + UInt64(index), protection: bits).rawValue
        }
        folio.get(Int32(count) - 1)
        folio.map(first, count: count, mm: mm.pointee.context)
        mm.pointee.swapEntries &-= Int64(count)
        mm.pointee.anonPages &+= Int64(count)
        emit(.pageMapped, .swapCache, address, folio.pfn + UInt64(place))
        if write, !mayWrite {
            let outcome = faultWriteProtected(vma, address, entry, flags)
            guard case .handled = outcome else { return outcome }
        }
        return .handled(isMajor: false)
    }

    /// Whether the folio lies in the VMA and in one table, where `place` is that of the page at the address, and all entries there name its
    /// slots alike (`swap_pte_batch`).
    private func isWhole(
        _ folio: Folio, _ vma: Handle<VMArea>, _ address: VirtualAddress, _ entry: EntryPointer, _ place: Int
    ) -> Bool {
        let page = address.pageAlignedDown
        let table = page & ~(PageTableLevel.pmdSize - 1)
        let pages = Int(folio.pageCount)
        let behind = UInt64(pages - place) << 12
        guard page &- max(table, vma.pointee.start) >= UInt64(place) << 12,
            behind <= min(table &+ PageTableLevel.pmdSize, vma.pointee.end) &- page
        else { return false }
        let kind = entry.pointee & (SwapEntry.exclusiveBit | SwapEntry.userfaultWPBit)
        let slots = cachedSlots(folio)
        return (0..<pages).allSatisfy {
            (entry - place)[$0] == SwapEntry(type: 0, offset: slots.lowerBound + UInt64($0)).rawValue | kind
        }
    }
}
