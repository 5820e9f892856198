/// Huge pages of the machine: settings, the page of zeros, those that wait to be split, and whom khugepaged scans.
struct HugePages {
    var settings = HugePageSettings()
    /// Whether anyone may have got, or may get, a huge page: faults look for them only then.
    var isLooked = false
    /// `huge_zero_folio`: its first frame; 0 while there is none.
    var zeroFrame: PFN = 0
    /// `deferred_split_queue`, of the machine and of the program's group: large folios of which a part is unmapped, or which may hold
    /// nothing but zeros. Linked through the records of their third frames.
    var deferred = InlineArray<2, DeferredList>(repeating: DeferredList())
    /// `khugepaged_scan.mm_head`: address spaces by their serial numbers, in the order in which they came.
    var scanned: [UInt32] = []
    /// Where khugepaged goes on: the place in the list, and the address.
    var scanPlace = 0
    var scanAddress: VirtualAddress = 0
    /// When it wakes next, in microseconds of the clock.
    var nextScan: UInt64 = 0
    /// What reclaim was to look at of the lists of splits and has not (`nr_deferred` of their shrinker).
    var unscanned = InlineArray<2, UInt64>(repeating: 0)
    var counts = HugePageCounts()

    /// `scan_sleep_millisecs`, in microseconds.
    static var scanInterval: UInt64 { 10_000_000 }

    /// A list of folios, by their first frames.
    struct DeferredList {
        var first = FrameLink.none
        var last = FrameLink.none
        var count = 0
    }
}

extension Folio {
    /// The record whose links the list of deferred splits uses (`_deferred_list`). Precondition: the order is 2 or more.
    fileprivate var queueRecord: UnsafeMutablePointer<PageRecord> { head + 2 }
}

extension Machine {
    /// `deferred_split_folio`: the folio is to be split when memory is short.
    ///
    /// - Parameter isPartly: a part of it is unmapped; else it may be worth less than its memory.
    func deferSplit(_ folio: Folio, isPartly: Bool) {
        if folio.order <= 1 { return }
        if !isPartly, !huge.settings.shrinksUnderused { return }
        if folio.head.pointee.has(.swapCache) { return }
        if isPartly, !folio.head.pointee.has(.partiallyMapped) {
            folio.head.pointee.set(.partiallyMapped)
            if folio.order == 9 { huge.counts.deferredSplits += 1 }
        }
        if folio.head.pointee.has(.deferred) { return }
        folio.head.pointee.set(.deferred)
        let vector = folio.head.pointee.vector
        let record = folio.queueRecord
        record.pointee.next = FrameLink.none
        record.pointee.prev = huge.deferred[vector].last
        if huge.deferred[vector].last == FrameLink.none {
            huge.deferred[vector].first = FrameLink.to(folio.pfn)
        } else {
            page(PFN(huge.deferred[vector].last))[2].next = FrameLink.to(folio.pfn)
        }
        huge.deferred[vector].last = FrameLink.to(folio.pfn)
        huge.deferred[vector].count += 1
    }

    /// `folio_unqueue_deferred_split`. Precondition: the folio is large.
    func forgetDeferredSplit(_ folio: Folio) {
        folio.head.pointee.clear(.partiallyMapped)
        guard folio.head.pointee.has(.deferred) else { return }
        folio.head.pointee.clear(.deferred)
        let vector = folio.head.pointee.vector
        let record = folio.queueRecord
        let (next, previous) = (record.pointee.next, record.pointee.prev)
        if previous == FrameLink.none {
            huge.deferred[vector].first = next
        } else {
            page(PFN(previous))[2].next = next
        }
        if next == FrameLink.none {
            huge.deferred[vector].last = previous
        } else {
            page(PFN(next))[2].prev = previous
        }
        record.pointee.next = 0
        record.pointee.prev = 0
        huge.deferred[vector].count -= 1
    }

    /// The folios that wait to be split, in the order in which they came, so many at most.
    func deferredSplits(_ vector: Int, most: Int) -> [Folio] {
        var result: [Folio] = []
        var link = huge.deferred[vector].first
        while link != FrameLink.none, result.count < most {
            let pfn = PFN(link)
            result.append(folio(of: pfn))
            link = page(pfn)[2].next
        }
        return result
    }

    // MARK: On the LRU lists

    /// `folio_add_lru_vma` of a large folio: batches do not keep it waiting.
    func addLargeToLRU(_ folio: Folio, in flags: VMFlags) {
        addToLRU(folio.pfn, folio.head, in: flags)
        if flags.locksPages { drainLockBatch() } else { drainAddBatch() }
    }
}
