/// Folios of several pages that last-level entries map (mTHP: `alloc_anon_folio` in `mm/memory.c`).
extension Machine {
    /// The write of `do_anonymous_page` where folios larger than a page are enabled: the largest one whose naturally aligned range lies in
    /// the VMA and has no entry yet.
    ///
    /// - Returns: nil where a single page must do. Precondition: the VMA has an anon_vma, and the entry is empty.
    @inline(never)
    func faultLargeFolio(
        _ vma: Handle<VMArea>, _ address: VirtualAddress, _ entry: EntryPointer
    ) -> FaultOutcome? {
        var orders = fittingOrders(vma, address, entry)
        var request = AllocationRequest.hugePage
        request.flags = hugePageFlags(vma)
        while orders != 0 {
            let order = Self.highest(orders)
            request.order = Int(order)
            if let folio = allocateLarge(request, isZeroed: true), chargeLarge(folio) {
                mapNewFolio(folio, vma, address, entry)
                return .handled(isMajor: false)
            }
            orders &= ~(1 << order)
        }
        return nil
    }

    /// `thp_vma_suitable_orders` and `pte_range_none`: the orders from the largest one down that would do.
    private func fittingOrders(_ vma: Handle<VMArea>, _ address: VirtualAddress, _ entry: EntryPointer) -> UInt32 {
        var orders = hugePageOrders(vma, .fault) & (1 << 9 - 1)
        for order in HugePageSettings.orders where orders & 1 << UInt32(order) != 0 {
            let size = PageSize.base << UInt64(order)
            let start = address & ~(size - 1)
            if start < vma.pointee.start || start &+ size > vma.pointee.end { orders &= ~(1 << UInt32(order)) }
        }
        while orders != 0 {
            let order = Self.highest(orders)
            let pages = 1 << Int(order)
            let first = entry - Int(address >> 12) & (pages - 1)
            if (0..<pages).allSatisfy({ first[$0] == 0 }) { break }
            orders &= ~(1 << order)
        }
        return orders
    }

    /// `map_anon_folio_pte_nopf`: the folio's pages are the private pages of their range.
    private func mapNewFolio(
        _ folio: Folio, _ vma: Handle<VMArea>, _ address: VirtualAddress, _ entry: EntryPointer
    ) {
        guard let anonVMA = vma.pointee.anonVMA else { preconditionFailure("an anonymous page needs an anon_vma") }
        let flags = vma.pointee.flags
        let mm = vma.pointee.mm
        let pages = Int(folio.pageCount)
        let first = entry - Int(address >> 12) & (pages - 1)
        let start = address & ~(PageSize.base * UInt64(pages) - 1)
        var bits = pageProtection(vma) | PTE.accessedBit
        if flags.has(.write) { bits |= PTE.writeBit | PTE.dirtyBit }
        folio.head.pointee.set(.uptodate)
        if !flags.has(.droppable) { folio.head.pointee.set(.swapBacked) }
        folio.head.pointee.setAnonVMA(anonVMA, index: vma.pointee.pageIndex(start))
        folio.get(Int32(pages) - 1)
        folio.map(folio.pfn, count: pages, mm: mm.pointee.context)
        for place in 0..<pages {
            let frame = folio.pfn + UInt64(place)
            folio.record(frame).pointee.set(.anonExclusive)
            first[place] = PTE(pfn: frame, protection: bits).rawValue
        }
        var counts = PageCounts()
        counts.countPrivate(pages)
        counts.add(to: mm)
        addLargeToLRU(folio, in: flags)
        emit(.pageMapped, .anonymous, start, folio.pfn)
    }
}
