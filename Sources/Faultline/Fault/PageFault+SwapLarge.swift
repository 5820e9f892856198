/// Folios of several pages that come back from compressed memory as one (`alloc_swap_folio` in `mm/memory.c`).
extension Machine {
    /// The part of `do_swap_page` that reads past the swap cache: the largest enabled folio whose entries name slots side by side, all of one
    /// kind.
    ///
    /// - Returns: nil where a single page must do.
    @inline(never)
    func faultSwappedLarge(
        _ vma: Handle<VMArea>, _ address: VirtualAddress, _ entry: EntryPointer, _ slot: UInt64, _ flags: FaultFlags
    ) -> FaultOutcome? {
        var orders = hugePageOrders(vma, .fault) & (1 << 9 - 1)
        var request = AllocationRequest.hugePage
        request.flags = hugePageFlags(vma)
        while orders != 0 {
            let order = Self.highest(orders)
            orders &= ~(1 << order)
            guard comeTogether(vma, address, entry, slot, order) else { continue }
            request.order = Int(order)
            guard let folio = allocateLarge(request, isZeroed: true), chargeLarge(folio) else { continue }
            mapSwappedIn(folio, vma, address, entry, slot, write: flags.contains(.write))
            return .handled(isMajor: true)
        }
        return nil
    }

    /// `thp_vma_suitable_orders`, `thp_swap_suitable_orders` and `can_swapin_thp` of one order.
    private func comeTogether(
        _ vma: Handle<VMArea>, _ address: VirtualAddress, _ entry: EntryPointer, _ slot: UInt64, _ order: UInt32
    ) -> Bool {
        let pages: UInt64 = 1 << UInt64(order)
        let size = PageSize.base * pages
        let start = address & ~(size - 1)
        guard start >= vma.pointee.start, start &+ size <= vma.pointee.end,
            (address >> 12) & (pages - 1) == slot & (pages - 1), let area = swap.area
        else { return false }
        let first = entry - Int(address >> 12 & (pages - 1))
        let firstSlot = slot & ~(pages - 1)
        let exclusive = entry.pointee & SwapEntry.exclusiveBit
        let isZero = area.slots[Int(slot)].contents?.isZero
        for place in 0..<Int(pages) {
            let other = firstSlot + UInt64(place)
            guard first[place] == SwapEntry(type: 0, offset: other).rawValue | exclusive,
                area.cachedFrame(other) == nil, area.slots[Int(other)].contents?.isZero == isZero
            else { return false }
        }
        return true
    }

    /// The end of `do_swap_page` for a folio that nobody else can have.
    private func mapSwappedIn(
        _ folio: Folio, _ vma: Handle<VMArea>, _ address: VirtualAddress, _ entry: EntryPointer, _ slot: UInt64,
        write: Bool
    ) {
        guard let anonVMA = vma.pointee.anonVMA else { preconditionFailure("an anonymous page needs an anon_vma") }
        let mm = vma.pointee.mm
        let pages = Int(folio.pageCount)
        let place = Int(address >> 12) & (pages - 1)
        let (first, firstSlot) = (entry - place, slot - UInt64(place))
        folio.head.pointee.set(PageFlag.swapBacked.union(.uptodate))
        let shadow = swap.area?.slots[Int(slot)].shadow ?? 0
        if shadow != 0 { refault(folio.head, shadow, pages: folio.pageCount) }
        addLargeToLRU(folio, in: [])
        for page in 0..<pages { _ = loadContents(folio.pfn + UInt64(page), firstSlot + UInt64(page)) }
        swap.lastRead = .atOnce
        folio.head.pointee.setAnonVMA(anonVMA, index: vma.pointee.pageIndex(address) - UInt64(place))
        folio.get(Int32(pages) - 1)
        folio.map(folio.pfn, count: pages, mm: mm.pointee.context)
        var bits = pageProtection(vma)
        if vma.pointee.flags.has(.write) { bits |= write ? PTE.writeBit | PTE.dirtyBit : PTE.writeBit }
        for page in 0..<pages {
            let frame = folio.pfn + UInt64(page)
            folio.record(frame).pointee.set(.anonExclusive)
            first[page] = PTE(pfn: frame, protection: bits).rawValue
            freeSwapEntry(firstSlot + UInt64(page))
        }
        mm.pointee.swapEntries &-= Int64(pages)
        var counts = PageCounts()
        counts.countPrivate(pages)
        counts.add(to: mm)
        emit(.pageMapped, .swapIn, address, folio.pfn + UInt64(place))
    }
}
