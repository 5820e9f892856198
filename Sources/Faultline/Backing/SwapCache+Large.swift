/// Large folios in the swap cache. They go to compressed memory whole and at once, so that one is found there only where reclaim could not
/// unmap all of it: a part is locked.
extension Machine {
    /// `swap_cache_add_folio` of a large folio: a slot for each of its frames.
    ///
    /// - Precondition: the slots lie side by side, and were taken for it.
    func addLargeToSwapCache(_ folio: Folio, _ first: UInt64) {
        precondition(!folio.head.pointee.has(.swapCache), "a folio has its slots once at most")
        folio.head.pointee.set(.swapCache)
        folio.head.pointee.order = UInt32(truncatingIfNeeded: first)
        folio.get(Int32(folio.pageCount))
        for frame in folio.frames {
            let slot = Int(first + (frame - folio.pfn))
            swap.area?.slots[slot].shadow = 0
            swap.area?.slots[slot].frame = FrameLink.to(frame)
            swap.area?.slots[slot].isCached = true
        }
    }

    /// `swap_cache_del_folio` of a large folio: slots that no one else names are free then.
    ///
    /// - Parameter shadow: what reclaim leaves in the place of its pages; 0 for nothing.
    /// - Precondition: someone else holds the folio.
    func removeLargeFromSwapCache(_ folio: Folio, shadow: UInt64 = 0) {
        precondition(folio.head.pointee.has(.swapCache), "the folio is not in the swap cache")
        let slots = cachedSlots(folio)
        folio.head.pointee.clear(.swapCache)
        folio.head.pointee.order = 0
        for slot in slots {
            swap.area?.slots[Int(slot)].frame = FrameLink.none
            swap.area?.slots[Int(slot)].isCached = false
            swap.area?.slots[Int(slot)].shadow = shadow
            if swap.area?.useCount(slot) == 0 { releaseSlot(slot) }
        }
        folio.get(-Int32(folio.pageCount))
    }

    /// `folio_free_swap` of a large folio: takes it out of the swap cache where it alone holds all of its slots.
    @inline(never)
    func freeSwapSlots(of folio: Folio) -> Bool {
        guard folio.head.pointee.has(.swapCache), cachedSlots(folio).allSatisfy({ swap.area?.useCount($0) == 0 }) else {
            return false
        }
        removeLargeFromSwapCache(folio)
        folio.head.pointee.set(.dirty)
        return true
    }

    /// `folio->swap`, and those behind it.
    func cachedSlots(_ folio: Folio) -> Range<UInt64> {
        let first = UInt64(folio.head.pointee.order)
        return first..<first + folio.pageCount
    }
}
