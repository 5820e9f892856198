/// One batch of a list (`shrink_inactive_list`, `shrink_active_list` of `mm/vmscan.c`).
extension Machine {
    /// `isolate_lru_folios`: the last pages of a list. Each is held meanwhile.
    private func isolate(_ vector: Int, _ kind: Int, _ count: Int) -> IsolatedPages {
        var taken = IsolatedPages()
        let position = vector * LRUKind.count + kind
        while taken.pages < count, lruLists[position].last != FrameLink.none {
            let pfn = PFN(lruLists[position].last)
            isolate(pfn, page(pfn))
            taken.append(pfn)
            taken.pages &+= PageRecord.folioPages(page(pfn))
        }
        return taken
    }

    /// `folio_isolate_lru`: takes a page off its list and holds it. Precondition: it is on one.
    @inline(__always)
    func isolate(_ pfn: PFN, _ record: UnsafeMutablePointer<PageRecord>) {
        removeFromList(record)
        record.pointee.clear(.lru)
        record.pointee.refcount &+= 1
    }

    /// `folio_putback_lru`: by way of the batch.
    func putBackByBatch(_ pfn: PFN, _ record: UnsafeMutablePointer<PageRecord>) {
        addToLRU(pfn, record)
        if record.pointee.has(.head) { drainAddBatch() }
        putPage(pfn, record)
    }

    /// `move_folios_to_lru` of one page: in front of the list that its flags name, or free, where nobody else holds it any more.
    @inline(__always)
    func putBack(_ pfn: PFN, _ record: UnsafeMutablePointer<PageRecord>) {
        if record.pointee.hasAny(Self.specialOnLists), putBackSpecially(pfn, record) { return }
        if record.pointee.refcount == 1 { return putPage(pfn, record) }
        record.pointee.refcount &-= 1
        record.pointee.set(.lru)
        addToList(pfn, record)
        if record.pointee.has(.active) {
            let pages = record.pointee.has(.head) ? folio(of: pfn).pageCount : 1
            ageNonresident(record.pointee.vector, by: pages)
        }
    }

    private static var specialOnLists: PageFlag { PageFlag.mlocked.union(.unevictable).union(.writeback) }

    /// A locked page, or one whose write to the swap area ends now: reclaim looks at it next (`folio_rotate_reclaimable`).
    ///
    /// - Returns: false for other pages.
    @inline(never)
    private func putBackSpecially(_ pfn: PFN, _ record: UnsafeMutablePointer<PageRecord>) -> Bool {
        if record.pointee.hasAny(PageFlag.mlocked.union(.unevictable)) {
            putBackByBatch(pfn, record)
            return true
        }
        guard record.pointee.has(.swapCache) else { return false }
        finishSwapWrite(record)
        if record.pointee.hasAny(PageFlag.dirty.union(.active)) { return false }
        record.pointee.refcount &-= 1
        record.pointee.set(.lru)
        addToListEnd(pfn, record)
        return true
    }

    /// `shrink_inactive_list`. - Returns: pages freed.
    func shrinkInactive(_ vector: Int, isFile: Bool, _ count: Int, _ control: inout ScanControl) -> UInt64 {
        drainBatches()
        let taken = isolate(vector, isFile ? LRUKind.inactiveFile : LRUKind.inactiveAnon, count)
        if taken.count == 0 { return 0 }
        var kept = IsolatedPages()
        let counts = shrinkPages(taken, target: control.target, ignoresUse: false, &kept)
        for position in 0..<kept.count { putBack(kept[position], page(kept[position])) }
        // Nothing but dirty pages: the flusher has not come to them.
        if counts.unqueued == taken.pages { wakeFlusherForReclaim() }
        let scanned = taken.pages
        noteCost(vector, isFile: isFile, writes: counts.written, kept: scanned - counts.freed)
        control.counts.add(scanned: scanned, reclaimed: counts.freed, isFile: isFile)
        reclaimFigures.noteScan(
            scanned: scanned, freed: counts.freed, isFile: isFile, isOfGroup: control.isOfGroup,
            isKswapd: control.isKswapd)
        return counts.freed
    }

    /// `shrink_active_list`: the last active pages become inactive, but for code that was used.
    func shrinkActive(_ vector: Int, isFile: Bool, _ count: Int, _ control: ScanControl) {
        drainBatches()
        let taken = isolate(vector, isFile ? LRUKind.activeFile : LRUKind.activeAnon, count)
        var inactive = IsolatedPages()
        var rotated: UInt64 = 0
        for position in 0..<taken.count {
            let pfn = taken[position]
            let record = page(pfn)
            if record.pointee.has(.mlocked) {
                putBack(pfn, record)
                continue
            }
            let use = takeUse(of: pfn, record)
            if use.count > 0, use.flags.has(.exec), record.pointee.isOnFileLists {
                rotated += PageRecord.folioPages(record)
                putBack(pfn, record)
                continue
            }
            record.pointee.clear(.active)
            record.pointee.set(.workingset)
            inactive.append(pfn)
        }
        for position in 0..<inactive.count { putBack(inactive[position], page(inactive[position])) }
        noteCost(vector, isFile: isFile, writes: 0, kept: rotated)
    }
}
