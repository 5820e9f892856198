/// Taking a page out of all address spaces (`try_to_unmap_one` of `mm/rmap.c`).
extension Machine {
    /// `try_to_unmap`. Entries of a page that has a slot name the slot then. A page that MADV_FREE gave away and somebody wrote to since is
    /// an ordinary one again.
    ///
    /// - Returns: false where an entry stays.
    func unmapEverywhere(_ pfn: PFN, _ record: UnsafeMutablePointer<PageRecord>) -> Bool {
        var isStopped = false
        forEachMapping(of: pfn) { vma, address, entry in
            if isStopped { return }
            if vma.pointee.flags.has(.locked) {
                if vma.pointee.flags.locksPages, !record.pointee.has(.mlocked) { lockPage(pfn) }
                isStopped = true
                return
            }
            let pte = PTE(rawValue: entry.pointee)
            if !record.pointee.isAnonymous {
                if pte.isDirty { markFilePageDirty(pfn) }
                // pte_install_uffd_wp_if_needed
                let leaves = pte.rawValue & PTE.userfaultWPBit != 0 && vma.pointee.flags.has(.userfaultWP)
                entry.pointee = leaves ? EntryMarker.userfaultWP.entry : 0
            } else if record.pointee.has(.swapBacked) {
                nameSlot(record, vma, pte, entry)
            } else {
                if mustKeep(record, vma, pte) {
                    isStopped = true
                    return
                }
                entry.pointee = 0
            }
            vma.pointee.evictions &+= 1
            flushTLBPage(vma.pointee.mm, address, .unmapFolio, .reclaim)
            removeRmap(pfn, vma)
            putPage(pfn, record)
            if record.pointee.has(.swapCache) { emit(.pageUnmapped, .swapOut, address, pfn) }
        }
        return !isStopped && record.pointee.mapcount == 0
    }

    /// Whether a page that MADV_FREE gave away stays: it was written to, or someone else holds it, besides its entries and who took it off
    /// its list.
    private func mustKeep(_ record: UnsafeMutablePointer<PageRecord>, _ vma: Handle<VMArea>, _ pte: PTE) -> Bool {
        if pte.isDirty { record.pointee.set(.dirty) }
        if record.pointee.has(.dirty), !vma.pointee.flags.has(.droppable) {
            record.pointee.set(.swapBacked)
            return true
        }
        return record.pointee.refcount != 1 + record.pointee.mapcount
    }

    /// The entry of a page in the swap cache names its slot from now on.
    private func nameSlot(
        _ record: UnsafeMutablePointer<PageRecord>, _ vma: Handle<VMArea>, _ pte: PTE, _ entry: EntryPointer
    ) {
        let slot = UInt64(record.pointee.order)
        if pte.isDirty {
            record.pointee.clear(.readahead)
            record.pointee.set(.dirty)
        }
        duplicateSwapEntry(slot)
        let exclusive = record.pointee.has(.anonExclusive) ? SwapEntry.exclusiveBit : 0
        record.pointee.clear(.anonExclusive)
        let isMarked = pte.rawValue & PTE.userfaultWPBit != 0
        entry.pointee =
            SwapEntry(type: 0, offset: slot).rawValue | exclusive | (isMarked ? SwapEntry.userfaultWPBit : 0)
        let mm = vma.pointee.mm
        mm.pointee.peakRSS = max(mm.pointee.peakRSS, mm.pointee.rssPages)
        mm.pointee.swapEntries &+= 1
        noteSwapUser(mm)
    }
}
