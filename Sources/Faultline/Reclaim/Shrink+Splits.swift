/// The shrinker of large folios that are worth less than their memory (`deferred_split_scan` in `mm/huge_memory.c`).
extension Machine {
    /// `do_shrink_slab` of it: each priority adds to a sum, which the next ones inherit, and folios are looked at once the sum reaches
    /// their number.
    func shrinkDeferredSplits(_ vector: Int, _ priority: Int) {
        let freeable = UInt64(huge.deferred[vector].count)
        let delta = freeable >> UInt64(priority) * 2
        let before = huge.unscanned[vector]
        var rest = min(before >> UInt64(priority) + delta, 2 * freeable)
        var done: UInt64 = 0
        while rest >= Self.splitBatch || rest >= freeable {
            let part = min(rest, Self.splitBatch)
            if !splitDeferred(vector, Int(part)) { break }
            rest -= part
            done += part
        }
        huge.unscanned[vector] = min(before + delta - min(done, before + delta), 2 * freeable)
    }

    /// SHRINK_BATCH.
    private static var splitBatch: UInt64 { 128 }

    /// `deferred_split_scan`. - Returns: false where it makes no sense to go on (SHRINK_STOP).
    private func splitDeferred(_ vector: Int, _ count: Int) -> Bool {
        var splits = 0
        for folio in deferredSplits(vector, most: count) {
            let isPartly = folio.head.pointee.has(.partiallyMapped)
            let isUnderused = !isPartly && !folio.head.pointee.has(.mlocked) && isUnderused(folio)
            folio.get()
            if isPartly || isUnderused, splitFolio(folio) {
                splits += 1
                if isUnderused { huge.counts.underusedSplits += 1 }
            } else {
                let wasPartly = folio.head.pointee.has(.partiallyMapped)
                forgetDeferredSplit(folio)
                if wasPartly { requeueSplit(folio) }
            }
            putPage(folio.pfn, folio.head)
        }
        return splits > 0 || huge.deferred[vector].count > 0
    }

    /// One that could not be split goes to the end of the list.
    private func requeueSplit(_ folio: Folio) {
        folio.head.pointee.set(.partiallyMapped)
        deferSplit(folio, isPartly: true)
    }

    /// `thp_underused`: more of its pages are zero than khugepaged would take empty ones into it.
    private func isUnderused(_ folio: Folio) -> Bool {
        let most = huge.settings.mostEmpty
        if most == 511 { return false }
        var zeros = 0
        var filled = 0
        for frame in folio.frames {
            if frames.isZeroFilled(frame) {
                zeros += 1
                if zeros > most { return true }
            } else {
                filled += 1
                if filled >= 512 - most { return false }
            }
        }
        return false
    }
}
