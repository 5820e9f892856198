/// What a zap does with folios of several pages.
extension Machine {
    /// `zap_present_folio_ptes`: the entries of one folio side by side go together, and the folio hears once what they say.
    ///
    /// - Parameter most: the entries up to the end of the range.
    /// - Returns: how many there are. Private copies of file pages stay where ``ZapDetails/evenCopies`` is false.
    @inline(never)
    func zapLarge(
        _ vma: Handle<VMArea>, _ entries: EntryPointer, _ most: Int, _ address: VirtualAddress, _ details: ZapDetails,
        _ countsUse: Bool, _ removed: inout PageCounts
    ) -> Int {
        let first = PTE(rawValue: entries[0])
        let folio = folio(of: first.pfn)
        let count = folioRun(entries, most, folio)
        let isAnonymous = folio.isAnonymous
        if isAnonymous, !details.evenCopies { return count }
        let isWatched = first.rawValue & PTE.userfaultWPBit != 0 && !isAnonymous
        let leavesMarks = isWatched && details.keepsMarkers && vma.pointee.flags.has(.userfaultWP)
        var bits: UInt64 = 0
        for index in 0..<count {
            bits |= entries[index]
            entries[index] = leavesMarks ? EntryMarker.userfaultWP.entry : 0
            removed.count(folio.head, isAnonymous: isAnonymous)
            if isTracing {
                emit(.pageUnmapped, details.reason, address &+ UInt64(index) << 12, first.pfn + UInt64(index))
            }
        }
        if !isAnonymous { noteAccess(folio, bits, countsUse) }
        folio.unmap(first.pfn, count: count, mm: vma.pointee.mm.pointee.context)
        for frame in first.pfn..<first.pfn + UInt64(count) { noteUnmapped(folio, frame) }
        if vma.pointee.flags.locksPages { unlockPage(folio.pfn) }
        folio.head.pointee.refcount -= Int32(count) - 1
        if folio.head.pointee.has(.swapCache) { dropSwapCache(folio.pfn) }
        putPage(folio.pfn, folio.head)
        return count
    }

    /// `zap_huge_pmd` of a folio of a file.
    func zapHugeFile(
        _ vma: Handle<VMArea>, _ entry: EntryPointer, _ folio: Folio, _ start: VirtualAddress, _ details: ZapDetails
    ) {
        let pte = PTE(rawValue: entry.pointee)
        let flags = vma.pointee.flags
        clearHuge(vma.pointee.mm, entry, PageTableLevel.pmd)
        forgetHuge(vma.pointee.mm, folio)
        if flags.locksPages { unlockPage(folio.pfn) }
        noteAccess(folio, pte.rawValue, countsUse(vma))
        if isTracing { emit(.pageUnmapped, details.reason, start, folio.pfn) }
        putPage(folio.pfn, folio.head)
    }

    /// `vma_has_recency`: whether accesses through a VMA count as a use of the pages.
    @inline(__always)
    func countsUse(_ vma: Handle<VMArea>) -> Bool {
        !vma.pointee.flags.hasAny([.sequentialRead, .randomRead]) && !(vma.pointee.file?.pointee.isUsedOnce ?? false)
    }

    /// What entries of a folio of a file tell it when they go.
    private func noteAccess(_ folio: Folio, _ bits: UInt64, _ countsUse: Bool) {
        if bits & PTE.dirtyBit != 0 { markFilePageDirty(folio.head) }
        if bits & PTE.accessedBit != 0, countsUse { markAccessed(folio.pfn, folio.head) }
    }
}
