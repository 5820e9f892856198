/// What becomes of pages that were taken off a list (`shrink_folio_list` of `mm/vmscan.c`).
extension Machine {
    /// What the use of a page says (`enum folio_references`).
    enum UseVerdict {
        case reclaim, keep, activate
    }

    /// `struct reclaim_stat`, as far as it decides something: what became of a batch.
    struct ShrinkCounts {
        var freed: UInt64 = 0
        /// Pages that were written to swap (`nr_pageout`).
        var written: UInt64 = 0
        /// Dirty pages of files that nobody writes yet (`nr_unqueued_dirty`).
        var unqueued: UInt64 = 0
    }

    /// `shrink_folio_list`: frees what can go. Pages that stay are noted in order, still held.
    ///
    /// - Parameter target: the lruvec that asked for memory.
    func shrinkPages(
        _ taken: IsolatedPages, target: Int, ignoresUse: Bool, _ kept: inout IsolatedPages
    ) -> ShrinkCounts {
        var counts = ShrinkCounts()
        for position in 0..<taken.count {
            let pfn = taken[position]
            let record = page(pfn)
            if record.pointee.has(.head) {
                for frame in shrinkLarge(pfn, record, target, ignoresUse, &counts, &kept) {
                    shrink(frame, page(frame), target, ignoresUse, &counts, &kept)
                }
            } else {
                shrink(pfn, record, target, ignoresUse, &counts, &kept)
            }
        }
        return counts
    }

    /// One page, and what becomes of it.
    @inline(__always)
    private func shrink(
        _ pfn: PFN, _ record: UnsafeMutablePointer<PageRecord>, _ target: Int, _ ignoresUse: Bool,
        _ counts: inout ShrinkCounts, _ kept: inout IsolatedPages
    ) {
        switch shrinkPage(pfn, record, target, ignoresUse, &counts) {
        case .freed:
            counts.freed += 1
            return
        case .kept: break
        case .activated:
            if record.pointee.has(.swapCache), swap.isHalfFull || record.pointee.has(.mlocked) {
                freeSwapSlot(of: pfn)
            }
            if !record.pointee.has(.mlocked) {
                record.pointee.set(.active)
                reclaimFigures.activations += 1
            }
        }
        kept.append(pfn)
    }

    private func shrinkPage(
        _ pfn: PFN, _ record: UnsafeMutablePointer<PageRecord>, _ target: Int, _ ignoresUse: Bool,
        _ counts: inout ShrinkCounts
    ) -> PageOutcome {
        if record.pointee.has(.mlocked) { return .activated }
        if pfn == memoryGroup.heldSource { return .kept }
        if let mapping = record.pointee.fileMapping, mapping.pointee.isUnevictable { return .activated }
        if record.pointee.has(.writeback) {
            record.pointee.set(.readahead)
            return .activated
        }
        // folio_check_dirty_writeback: what only an entry says to be dirty does not count.
        let isFile = !record.pointee.has(.swapBacked) && !record.pointee.isAnonymous
        if isFile, record.pointee.has(.dirty) { counts.unqueued += 1 }
        if !ignoresUse {
            switch verdict(pfn, record) {
            case .activate: return .activated
            case .keep: return .kept
            case .reclaim: break
            }
        }
        let isAnonymous = record.pointee.isAnonymous
        let isLazyFree = isAnonymous && !record.pointee.has(.swapBacked)
        if isAnonymous, !isLazyFree {
            if !record.pointee.has(.swapCache), isPinned(pfn, record) { return .kept }
            if !giveSlot(pfn, record) { return .activated }
        }
        if record.pointee.mapcount > 0, !unmapEverywhere(pfn, record) { return .activated }
        if record.pointee.has(.dirty) {
            if !record.pointee.has(.swapBacked) {
                // PG_reclaim: the flusher writes files' pages, not reclaim.
                record.pointee.set(.readahead)
                return .activated
            }
            if let outcome = pageOut(pfn, record, &counts) { return outcome }
        }
        if isLazyFree { return dropLazyFree(pfn, record) }
        if record.pointee.has(.swapCache) { return dropSwapped(pfn, record, target) }
        return dropFilePage(pfn, record, target)
    }

    /// The end of a page that MADV_FREE gave away.
    private func dropLazyFree(_ pfn: PFN, _ record: UnsafeMutablePointer<PageRecord>) -> PageOutcome {
        if record.pointee.refcount != 1 { return .kept }
        putPage(pfn, record)
        return .freed
    }

    /// `filemap_release_folio` and `__remove_mapping`. A block of metadata that is part of a transaction stays.
    private func dropFilePage(
        _ pfn: PFN, _ record: UnsafeMutablePointer<PageRecord>, _ target: Int
    ) -> PageOutcome {
        guard let mapping = record.pointee.fileMapping else {
            if record.pointee.refcount != 1 { return .kept }
            putPage(pfn, record)
            return .freed
        }
        if mapping == disk.mapping, disk.transaction.contains(record.pointee.index) { return .activated }
        releaseBuffer(pfn)
        // The cache's reference and the one of who took the page off the list.
        if record.pointee.refcount != 2 { return .kept }
        // A clean page of a memory file holds nothing.
        let shadow = record.pointee.has(.swapBacked) ? 0 : makeShadow(of: record, in: target)
        removeFromCache(pfn, keepsCharge: true, shadow: shadow)
        putPage(pfn, record)
        return .freed
    }

    // MARK: Use

    /// `folio_check_references`: used pages get another round, those that were used in two rounds or by two processes become active.
    func verdict(_ pfn: PFN, _ record: UnsafeMutablePointer<PageRecord>) -> UseVerdict {
        let use = takeUse(of: pfn, record)
        if use.flags.has(.locked) { return .activate }
        let wasReferenced = record.pointee.has(.referenced)
        record.pointee.clear(.referenced)
        if use.count == 0 { return .reclaim }
        record.pointee.set(.referenced)
        if wasReferenced || use.count > 1 { return .activate }
        return use.flags.has(.exec) && record.pointee.isOnFileLists ? .activate : .keep
    }

    /// `folio_referenced`: takes the accessed bits of all entries that map the page.
    ///
    /// Memory that is read once or at random says nothing of use (`vma_has_recency`).
    ///
    /// - Returns: how many had it, and the flags of their VMAs; of a VMA that locks its pages, that it does.
    func takeUse(of pfn: PFN, _ record: UnsafeMutablePointer<PageRecord>) -> (count: Int, flags: VMFlags) {
        var count = 0
        var flags = VMFlags()
        if record.pointee.has(.head) { return takeUse(of: folio(of: pfn)) }
        if record.pointee.mapcount == 0 { return (0, flags) }
        forEachMapping(of: pfn) { vma, address, entry in
            if flags.has(.locked) { return }
            let own = vma.pointee.flags
            if own.hasAny([.sequentialRead, .randomRead]) || vma.pointee.file?.pointee.isUsedOnce ?? false { return }
            if own.locksPages {
                if !record.pointee.has(.mlocked) { lockPage(pfn) }
                flags.formUnion(.locked)
                return
            }
            let pte = PTE(rawValue: entry.pointee)
            guard pte.isAccessed else { return }
            entry.pointee = pte.clearing(PTE.accessedBit).rawValue
            flushTLBPage(vma.pointee.mm, address, .age, .reclaim)
            count += 1
            flags.formUnion(own.subtracting(.lockedMask))
        }
        return (count, flags)
    }
}
