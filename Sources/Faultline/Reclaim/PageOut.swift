/// What became of a page that reclaim took up.
enum PageOutcome {
    /// It has left memory; who held it beside gives the frame back.
    case freed
    /// It stays: its contents are on the way to the swap area, or someone else holds it.
    case kept
    /// It stays, and counts as active.
    case activated
}

extension Machine {
    /// The part of `shrink_folio_list` from `folio_alloc_swap` on, of a page that swap is for: anonymous and not given away by MADV_FREE, or
    /// of a memory file. It gets a slot, leaves all address spaces, is written out, and leaves memory where that ended at once.
    ///
    /// - Parameter held: references of the caller's, as one that took the page off its LRU list has.
    func pageOut(_ pfn: PFN, held: Int32 = 0) -> PageOutcome {
        let record = page(pfn)
        if record.pointee.has(.mlocked) { return activate(pfn) }
        if record.pointee.isAnonymous {
            guard giveSlot(pfn), unmapToSwap(pfn) else { return activate(pfn) }
        } else {
            unmapFilePage(pfn)
        }
        // is_page_cache_freeable, __remove_mapping: the cache holds it, and the caller.
        if !record.pointee.has(.dirty) {
            if record.pointee.refcount != 1 + held { return .kept }
            if record.pointee.has(.swapCache) {
                removeFromSwapCache(pfn)
            } else {
                removeFromCache(pfn, keepsCharge: true)
            }
            return .freed
        }
        if record.pointee.refcount != 1 + held { return .kept }
        record.pointee.clear(.dirty)
        if let mapping = record.pointee.fileMapping, !moveToSwap(pfn, mapping) { return activate(pfn) }
        return writeOut(pfn)
    }

    /// `folio_alloc_swap`, unless the page has a slot still.
    private func giveSlot(_ pfn: PFN) -> Bool {
        let record = page(pfn)
        if record.pointee.has(.swapCache) { return true }
        guard let slot = allocateSwapSlot() else { return false }
        addToSwapCache(pfn, slot)
        record.pointee.clear(.readahead)
        record.pointee.set(.dirty)
        return true
    }

    /// `shmem_writeout` before the write: a slot takes the page's place in the file. - Returns: false where none is free.
    private func moveToSwap(_ pfn: PFN, _ mapping: Handle<FileMapping>) -> Bool {
        let record = page(pfn)
        guard let slot = allocateSwapSlot() else {
            record.pointee.clear(.readahead)
            record.pointee.set(.dirty)
            return false
        }
        if !record.pointee.has(.uptodate) {
            frames.zeroFrame(pfn)
            record.pointee.set(.uptodate)
        }
        addToSwapCache(pfn, slot)
        duplicateSwapEntry(slot)
        replaceBySlot(pfn, mapping, slot)
        return true
    }

    /// `swap_writeout`. A write to a disk ends later, and the page stays until it is taken up once more; zeros need no write.
    private func writeOut(_ pfn: PFN) -> PageOutcome {
        if freeSwapSlot(of: pfn) { return .kept }
        let isZero = storeContents(pfn, UInt64(page(pfn).pointee.order))
        guard isZero || swap.area?.isCompressed ?? false else { return .kept }
        removeFromSwapCache(pfn)
        return .freed
    }

    /// `activate_locked`.
    private func activate(_ pfn: PFN) -> PageOutcome {
        let record = page(pfn)
        if record.pointee.has(.swapCache), swap.isHalfFull || record.pointee.has(.mlocked) { freeSwapSlot(of: pfn) }
        if !record.pointee.has(.mlocked) { moveOnLists(pfn, setting: .active, clearing: []) }
        return .activated
    }

    // MARK: Unmapping

    /// `try_to_unmap` of a page in the swap cache: every entry names its slot. - Returns: false where memory that maps it is locked.
    private func unmapToSwap(_ pfn: PFN) -> Bool {
        let record = page(pfn)
        let slot = UInt64(record.pointee.order)
        for (vma, address, entry) in mappings(of: pfn) {
            let flags = vma.pointee.flags
            if flags.has(.locked) {
                if flags.locksPages { lockPage(pfn) }
                return false
            }
            if PTE(rawValue: entry.pointee).isDirty {
                record.pointee.clear(.readahead)
                record.pointee.set(.dirty)
            }
            duplicateSwapEntry(slot)
            let exclusive = record.pointee.has(.anonExclusive) ? SwapEntry.exclusiveBit : 0
            record.pointee.clear(.anonExclusive)
            entry.pointee = SwapEntry(type: 0, offset: slot).rawValue | exclusive
            let mm = vma.pointee.mm
            mm.pointee.peakRSS = max(mm.pointee.peakRSS, mm.pointee.rssPages)
            mm.pointee.swapEntries &+= 1
            leave(pfn, vma, address)
            emit(.pageUnmapped, .swapOut, address, pfn)
        }
        return true
    }

    /// `try_to_unmap` of a file's page.
    func unmapFilePage(_ pfn: PFN) {
        for (vma, address, entry) in mappings(of: pfn) {
            if PTE(rawValue: entry.pointee).isDirty { markFilePageDirty(pfn) }
            entry.pointee = 0
            leave(pfn, vma, address)
        }
    }

    /// `try_to_unmap` of a page that MADV_FREE gave away: gone, unless it was written to since.
    func dropLazyFreePage(_ pfn: PFN) {
        let places = mappings(of: pfn)
        let record = page(pfn)
        let isWritten = places.contains { PTE(rawValue: $0.2.pointee).isDirty && !$0.0.pointee.flags.has(.droppable) }
        if isWritten || record.pointee.has(.dirty) {
            moveOnLists(pfn, setting: [.dirty, .swapBacked], clearing: [])
            return
        }
        guard record.pointee.refcount == Int32(places.count) else { return }
        for (vma, address, entry) in places {
            entry.pointee = 0
            leave(pfn, vma, address)
        }
    }

    private func mappings(of pfn: PFN) -> [(Handle<VMArea>, VirtualAddress, EntryPointer)] {
        var places: [(Handle<VMArea>, VirtualAddress, EntryPointer)] = []
        forEachMapping(of: pfn) { vma, address, entry in places.append((vma, address, entry)) }
        return places
    }

    /// What every entry that is gone leaves behind.
    private func leave(_ pfn: PFN, _ vma: Handle<VMArea>, _ address: VirtualAddress) {
        flushTLBPage(vma.pointee.mm, address, .unmapFolio, .reclaim)
        removeRmap(pfn, vma)
        putPage(pfn)
    }
}
