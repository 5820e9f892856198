extension Machine {
    /// `do_swap_page`: an access to a page that is in the swap area.
    @inline(never)
    func faultSwapped(
        _ vma: Handle<VMArea>, _ address: VirtualAddress, _ entry: EntryPointer, _ slot: UInt64, _ flags: FaultFlags
    ) -> FaultOutcome {
        let write = flags.contains(.write)
        var isMajor = false
        // Read past the swap cache: nobody else can have it.
        var isFresh = false
        let pfn: PFN
        if let cached = swap.area?.cachedFrame(slot) {
            noteSwapHit(cached, vma, address)
            // The fault waits for it and starts again, which some callers count as a major one (FAULT_FLAG_TRIED).
            if swap.waits(for: cached) {
                noteDroppedLock(flags, address, .lockDisk)
                isMajor = flags.isDisjoint(with: [.user, .withoutRestart])
            }
            let folio = folio(of: cached)
            folio.get()
            if folio.isLarge { return faultCachedLarge(vma, address, entry, slot, folio, flags) }
            pfn = cached
        } else {
            isFresh = swap.area?.skipsCache(slot) ?? false
            if isFresh, huge.isLooked, vma.pointee.userfault == nil,
                let outcome = faultSwappedLarge(vma, address, entry, slot, flags)
            {
                return outcome
            }
            guard let read = isFresh ? readPastCache(slot, .anonymous) : readSwapAhead(slot, vma, address) else {
                return .outOfMemory
            }
            pfn = read
            isMajor = true
            // folio_lock_or_retry
            if swap.takesTime { noteDroppedLock(flags, address, .lockDisk) }
        }
        if mustCopySwapped(pfn, vma, address) {
            return faultSwappedCopy(vma, address, entry, slot, pfn, isMajor: isMajor, flags)
        }
        let record = page(pfn)
        // A batch's reference must not look like another user's.
        if write, !isFresh, !record.pointee.has(.lru) { drainBatches() }
        let isExclusive = isFresh || entry.pointee & SwapEntry.exclusiveBit != 0
        freeSwapEntry(slot)
        if !isFresh, wantsNoSlot(folio(of: pfn), vma, write: write) { freeSwapSlot(of: pfn) }
        let isWritten = mapSwappedIn(pfn, record, vma, address, entry, isExclusive: isExclusive, write: write)
        emit(.pageMapped, isMajor ? .swapIn : .swapCache, address, pfn)
        if write, !isWritten {
            let outcome = faultWriteProtected(vma, address, entry, flags)
            guard case .handled = outcome else { return outcome }
        }
        return .handled(isMajor: isMajor)
    }

    /// `should_try_to_free_swap`: the area is half full, the memory is locked, or the page is to be written and most likely nobody else
    /// has it.
    func wantsNoSlot(_ folio: Folio, _ vma: Handle<VMArea>, write: Bool) -> Bool {
        let head = folio.head.pointee
        if !head.has(.swapCache) { return false }
        if swap.isHalfFull || vma.pointee.flags.has(.locked) || head.has(.mlocked) { return true }
        return write && !head.isMerged && head.refcount == 1 + Int32(folio.pageCount)
    }

    /// The end of `do_swap_page`: the entry, the counters, the reverse map. The caller's reference becomes the entry's.
    ///
    /// - Returns: whether the entry allows the write.
    private func mapSwappedIn(
        _ pfn: PFN, _ record: UnsafeMutablePointer<PageRecord>, _ vma: Handle<VMArea>, _ address: VirtualAddress,
        _ entry: EntryPointer, isExclusive: Bool, write: Bool
    ) -> Bool {
        let flags = vma.pointee.flags
        let isOwn = !record.pointee.isMerged && (isExclusive || record.pointee.refcount == 1)
        var bits = pageProtection(vma)
        let isMarked = entry.pointee & SwapEntry.userfaultWPBit != 0
        if isMarked { bits |= PTE.userfaultWPBit }
        let isProtected = isMarked && flags.has(.userfaultWP)
        if isOwn, flags.has(.write), !isProtected {
            bits |= PTE.writeBit
            if write { bits |= PTE.dirtyBit }
        }
        vma.pointee.mm.pointee.swapEntries &-= 1
        addSwappedInRmap(pfn, record, vma, address, isExclusive: isOwn)
        entry.pointee = PTE(pfn: pfn, protection: bits).rawValue
        return isOwn && flags.has(.write) && !isProtected
    }
}

extension SwapArea {
    /// Whether a fault reads the slot without the swap cache.
    func skipsCache(_ slot: UInt64) -> Bool { isCompressed && useCount(slot) == 1 }
}
