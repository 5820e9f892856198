/// Large folios of memory files that go to the swap area whole: one entry of the file's XArray names all their slots (`mm/shmem.c`).
extension Machine {
    /// `shmem_writeout` of a large folio on compressed memory: slots side by side take its place in the file.
    ///
    /// - Returns: false where the area has no room for it as a whole.
    /// - Precondition: nobody maps it; the file and the caller, who took it off its list, hold it.
    func moveLargeToSwap(_ folio: Folio, _ mapping: Handle<FileMapping>, _ target: Int) -> Bool {
        guard let first = allocateSwapSlots(order: UInt8(folio.order)) else { return false }
        let pages = folio.pageCount
        let isZero = folio.frames.allSatisfy { frames.isZeroFilled($0) }
        let shadow = makeShadow(of: folio.head, in: target, pages: pages)
        for frame in folio.frames {
            let slot = first + (frame - folio.pfn)
            duplicateSwapEntry(slot)
            storeContents(frame, slot, isZero: isZero)
            swap.area?.slots[Int(slot)].shadow = shadow
        }
        mapping.pointee.pages.store(folio.head.pointee.index, Self.shmemSwapWord(first), order: folio.order)
        noteLeft(folio, mapping)
        mapping.pointee.swappedCount += pages
        noteSwapped(mapping)
        folio.head.pointee.mapping = 0
        folio.head.pointee.refcount -= Int32(pages)
        if folio.order == 9 { huge.counts.swappedOut += 1 }
        return true
    }

    /// `swap_writeout`: a folio counts as one of zeros only where all of it is.
    func storeContents(_ frame: PFN, _ slot: UInt64, isZero: Bool) {
        let wasZero = storeContents(frame, slot)
        guard wasZero, !isZero else { return }
        swap.counts.zeroOut -= 1
        swap.counts.pagesOut += 1
        swap.area?.slots[Int(slot)].contents = StoredPage(contents0: 0, contents1: 0, block: nil, isZero: false)
    }

    /// `shmem_swapin_folio` of an entry that names several slots: from compressed memory the folio comes back whole, else the entry is
    /// divided.
    ///
    /// - Parameter first: the slot of the entry's first page.
    /// - Returns: the page; nil where a single one must do, whose slot the file names now.
    func swapInLarge(_ mapping: Handle<FileMapping>, _ index: UInt64, _ first: UInt64, _ order: UInt64, _ use: ShmemUse)
        -> PFN?
    {
        let pages: UInt64 = 1 << order
        let start = index & ~(pages - 1)
        guard let area = swap.area, area.isCompressed,
            (0..<pages).allSatisfy({ area.cachedFrame(first + $0) == nil }), let folio = allocateSwappedIn(order)
        else {
            divideSwapped(mapping, index, first)
            return nil
        }
        folio.head.pointee.set(PageFlag.swapBacked.union(.uptodate))
        let shadow = area.slots[Int(first)].shadow
        if shadow != 0 { refault(folio.head, shadow, pages: folio.pageCount) }
        for page in 0..<pages { _ = loadContents(folio.pfn + page, first + page) }
        swap.lastRead = .atOnce
        mapping.pointee.pages.erase(start)
        mapping.pointee.swappedCount -= pages
        addLargeToCache(folio, mapping, start)
        if use == .write { markAccessed(folio.pfn) }
        folio.head.pointee.set(.dirty)
        for page in 0..<pages { freeSwapEntry(first + page) }
        return folio.pfn + (index - start)
    }

    private func allocateSwappedIn(_ order: UInt64) -> Folio? {
        var request = AllocationRequest.hugePage
        request.flags = hugePageFlags(nil)
        request.order = Int(order)
        guard let folio = allocateLarge(request, isZeroed: true), chargeLarge(folio) else { return nil }
        return folio
    }

    /// `shmem_split_swap_entry`: an entry for each slot.
    private func divideSwapped(_ mapping: Handle<FileMapping>, _ index: UInt64, _ first: UInt64) {
        guard let found = mapping.pointee.pages.next(from: index, through: index) else { return }
        mapping.pointee.pages.split(index, to: 0) { Self.shmemSwapWord(first + ($0 - found.index)) }
    }
}
