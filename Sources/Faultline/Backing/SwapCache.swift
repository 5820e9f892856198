/// Pages that are in memory and have a slot of the swap area: the swap cache (`mm/swap_state.c`), and who holds a slot.
extension Machine {
    /// `swap_cache_add_folio`: the cache takes a reference. Precondition: the slot was taken for the page.
    ///
    /// - Returns: the shadow that an evicted page left there; 0 for none.
    @discardableResult
    func addToSwapCache(_ pfn: PFN, _ slot: UInt64) -> UInt64 {
        let record = page(pfn)
        precondition(!record.pointee.has(.swapCache), "a page has one slot at most")
        record.pointee.set(.swapCache)
        record.pointee.order = UInt32(truncatingIfNeeded: slot)
        record.pointee.refcount += 1
        let shadow = swap.area?.slots[Int(slot)].shadow ?? 0
        swap.area?.slots[Int(slot)].shadow = 0
        swap.area?.slots[Int(slot)].frame = FrameLink.to(pfn)
        swap.area?.slots[Int(slot)].isCached = true
        return shadow
    }

    /// `swap_cache_del_folio`: the slot is free then where no one else names it. The cache's reference may be the last one.
    ///
    /// - Parameter shadow: what reclaim leaves in the page's place; 0 for nothing.
    func removeFromSwapCache(_ pfn: PFN, shadow: UInt64 = 0) {
        let record = page(pfn)
        precondition(record.pointee.has(.swapCache), "the page is not in the swap cache")
        let slot = UInt64(record.pointee.order)
        record.pointee.clear(.swapCache)
        record.pointee.order = 0
        swap.area?.slots[Int(slot)].frame = FrameLink.none
        swap.area?.slots[Int(slot)].isCached = false
        swap.area?.slots[Int(slot)].shadow = shadow
        if swap.area?.useCount(slot) == 0 { releaseSlot(slot) }
        putPage(pfn)
    }

    /// `folio_free_swap`: takes a page out of the swap cache where it alone holds the slot. What it holds is nowhere else then.
    ///
    /// Precondition: someone else holds the page.
    ///
    /// - Returns: whether it is out.
    @discardableResult
    func freeSwapSlot(of pfn: PFN) -> Bool {
        let record = page(pfn)
        if record.pointee.isOfLargeFolio { return freeSwapSlots(of: folio(of: pfn)) }
        guard record.pointee.has(.swapCache), swap.area?.useCount(UInt64(record.pointee.order)) == 0 else {
            return false
        }
        removeFromSwapCache(pfn)
        record.pointee.set(.dirty)
        return true
    }

    /// `free_swap_cache` of a page that an entry let go: a page without entries has no use for its slot.
    @inline(never)
    func dropSwapCache(_ pfn: PFN) {
        if folio(of: pfn).mapCount == 0 { freeSwapSlot(of: pfn) }
    }

    /// When ``reclaimCachedSlot(_:_:)`` takes a page out: flags of `__try_to_reclaim_swap`.
    enum SlotReclaim {
        /// TTRS_ANYWAY.
        case anyway
        /// TTRS_UNMAPPED and TTRS_FULL: nobody maps it, or the area is half full.
        case ifUnneeded
    }

    /// `__try_to_reclaim_swap`: gives a slot back that only the page in memory holds.
    func reclaimCachedSlot(_ slot: UInt64, _ when: SlotReclaim) -> Bool {
        guard let pfn = swap.area?.cachedFrame(slot) else { return false }
        let folio = folio(of: pfn)
        if when == .ifUnneeded, folio.mapCount > 0, !swap.isHalfFull { return false }
        folio.get()
        defer { putPage(folio.pfn, folio.head) }
        return freeSwapSlot(of: pfn)
    }

    // MARK: Entries

    /// `swap_duplicate`: one more names the slot.
    @inline(__always)
    func duplicateSwapEntry(_ slot: UInt64) { swap.area?.slots[Int(slot)].uses += 1 }

    /// `swap_free`: an entry that names the slot is gone.
    func freeSwapEntry(_ slot: UInt64) {
        precondition(
            swap.area?.useCount(slot) ?? 0 > 0, "an entry names a slot of the swap area that nothing was put into")
        swap.area?.slots[Int(slot)].uses -= 1
        if swap.area?.slots[Int(slot)].isFree ?? false { releaseSlot(slot) }
    }

    /// `free_swap_and_cache`: the same, and the page in memory goes where it was kept for this entry alone.
    @inline(never)
    func discardSwapEntry(_ slot: UInt64) {
        freeSwapEntry(slot)
        if swap.area?.slots[Int(slot)].isOnlyCached ?? false { _ = reclaimCachedSlot(slot, .ifUnneeded) }
    }

    func releaseSlot(_ slot: UInt64) {
        dropContents(slot)
        swap.area?.slots[Int(slot)].shadow = 0
        swap.area?.release(slot)
    }
}
