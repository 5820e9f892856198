extension Machine {
    /// What a zap does beyond removing pages (`struct zap_details`).
    struct ZapDetails {
        /// Private copies of file pages go too; truncation wants it, hole punching does not.
        var evenCopies = true
        /// Guard markers stay (MADV_DONTNEED); else they go (munmap).
        var keepsMarkers = false
        /// Tables that become empty are freed (`reclaim_pt`).
        var reclaimsTables = false
        /// The mapping's file pages from this one on, for truncation; whole VMA part otherwise.
        var reason: Event.Reason = .unmap
    }

    /// `unmap_page_range`: removes the pages of a part of a VMA and tells the TLB.
    ///
    /// Precondition: the range is page-aligned and inside the VMA.
    func zapRange(
        _ vma: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress, _ details: ZapDetails = ZapDetails()
    ) {
        guard start < end else { return }
        let mm = vma.pointee.mm
        if vma.pointee.flags.has(.hugeTLB) { return zapPoolEntries(vma, start, end, details) }
        // update_hiwater_rss
        mm.pointee.peakRSS = max(mm.pointee.peakRSS, mm.pointee.rssPages)
        var isChanged = false
        let gathers = beginGather(mm)
        defer { endGather(gathers) }
        var cursor = TableCursor(frames, root: mm.pointee.pgd, start, end)
        while let step = cursor.step() {
            switch step {
            case .hole: continue
            case .entries(let entries):
                if processors.areSeveral {
                    if zapGathered(vma, entries, cursor.address, cursor.count, details) { isChanged = true }
                } else if zapTable(vma, entries, cursor.address, cursor.count, details) {
                    isChanged = true
                }
                if details.reclaimsTables, cursor.isWholeTable, isTableEmpty(entries) {
                    freeTable(mm, cursor.parent, cursor.address, .pteTableFreed)
                    flushTLB(mm, .tablesFreed)
                }
            case .huge(let entry, let level):
                if cursor.next &- cursor.address == 1 << level {
                    zapHuge(vma, entry, level, cursor.address, details)
                    gatherHuge(cursor.address, level)
                    isChanged = true
                } else {
                    splitHuge(mm, entry, level, cursor.address)
                    cursor.again()
                }
            }
        }
        if isChanged { flushTLB(mm, start, end, .zap, details.reason) }
    }

    /// The same of one table where several CPUs wait for one flush; apart, since the copy of the table costs the others its upkeep.
    @inline(never)
    private func zapGathered(
        _ vma: Handle<VMArea>, _ entries: EntryPointer, _ start: VirtualAddress, _ count: Int, _ details: ZapDetails
    ) -> Bool {
        let before = copyEntries(entries, count)
        let forces = hasDirtyFilePage(before)
        let isChanged = zapTable(vma, entries, start, count, details)
        gatherChanges(before, entries, start, forces: forces)
        return isChanged
    }

    /// How many pages before its turn a page's record is fetched: about as long as the host's memory takes.
    private static var recordsAhead: Int { 16 }

    /// `zap_pte_range`: says whether an entry went that the TLB may hold.
    @inline(__always)
    private func zapTable(
        _ vma: Handle<VMArea>, _ entries: EntryPointer, _ start: VirtualAddress, _ count: Int, _ details: ZapDetails
    ) -> Bool {
        var isChanged = false
        var removed = PageCounts()
        let flags = vma.pointee.flags
        let countsUse = countsUse(vma)
        // Locked pages are given back by a batch, and the events of one page follow those of another.
        // pte_install_uffd_wp_if_needed: what a userfaultfd protects of a file leaves a mark behind.
        let leavesMarks = details.keepsMarkers && flags.has(.userfaultWP) && !vma.pointee.isAnonymous
        let takesRuns = details.evenCopies && !flags.locksPages && !isTracing && !leavesMarks
        var index = 0
        while index < count {
            let entry = entries + index
            index &+= 1
            let pte = PTE(rawValue: entry.pointee)
            switch EntryState(lastLevel: pte.rawValue) {
            case .none: continue
            case .page(let pfn):
                // The records of pages to come; beyond the range there is nothing to fetch.
                if index < count &- Self.recordsAhead {
                    frames.prefetchRecord(PTE(rawValue: entry[Self.recordsAhead]).pfn)
                }
                let record = page(pfn)
                if takesRuns, record.pointee.isFreedWithItsEntry {
                    let taken = zapRun(entries, from: index &- 1, to: count)
                    if taken > 0 {
                        removed.countPrivate(taken)
                        isChanged = true
                        index &+= taken &- 1
                        continue
                    }
                }
                let address = start &+ UInt64(index &- 1) << 12
                if record.pointee.isOfLargeFolio {
                    index &+= zapLarge(vma, entry, count &- index &+ 1, address, details, countsUse, &removed) &- 1
                    if entry.pointee != pte.rawValue { isChanged = true }
                    continue
                }
                if zapPage(vma, entry, record, address, details, countsUse, &removed) {
                    isChanged = true
                    if leavesMarks, pte.rawValue & PTE.userfaultWPBit != 0 {
                        entry.pointee = EntryMarker.userfaultWP.entry
                    }
                }
            case .special:
                if pte.isDirty { noteZeroUnmapped(vma.pointee.mm, pte) }
                let leaves = leavesMarks && pte.rawValue & PTE.userfaultWPBit != 0
                entry.pointee = leaves ? EntryMarker.userfaultWP.entry : 0
                isChanged = true
            case .marker(let marker):
                if !goes(marker, vma, details) { continue }
                entry.pointee = 0
            case .swap(let swapped):
                // Private copies, like the pages that they stand for.
                guard details.evenCopies else { continue }
                entry.pointee = 0
                vma.pointee.mm.pointee.swapEntries &-= 1
                discardSwapEntry(swapped.offset)
                if leavesMarks, pte.rawValue & SwapEntry.userfaultWPBit != 0 {
                    entry.pointee = EntryMarker.userfaultWP.entry
                }
            case .migration:
                if details.evenCopies { entry.pointee = 0 }
            case .table, .huge: preconditionFailure(EntryState.misplaced)
            }
        }
        removed.subtract(from: vma.pointee.mm)
        return isChanged
    }

    /// Whether a mark goes with the pages of its range (`zap_nonpresent_ptes`).
    private func goes(_ marker: EntryMarker, _ vma: Handle<VMArea>, _ details: ZapDetails) -> Bool {
        switch marker {
        case .userfaultWP: vma.pointee.isAnonymous || !details.keepsMarkers
        case .guardRegion: !details.keepsMarkers
        default: details.evenCopies
        }
    }

    /// The same for private pages side by side that nothing else has: how many went.
    @inline(never)
    private func zapRun(_ entries: EntryPointer, from start: Int, to end: Int) -> Int {
        var run = FreeRun()
        var index = start
        while index < end, case .page(let pfn) = EntryState(lastLevel: entries[index]) {
            if index < end &- Self.recordsAhead {
                frames.prefetchRecord(PTE(rawValue: entries[index &+ Self.recordsAhead]).pfn)
            }
            let record = page(pfn)
            guard record.pointee.isFreedWithItsEntry, take(pfn, record, &run) else { break }
            entries[index] = 0
            index &+= 1
        }
        finish(&run)
        return index &- start
    }

    /// `zap_present_ptes` of one page: says whether the entry went.
    @inline(__always)
    private func zapPage(
        _ vma: Handle<VMArea>, _ entry: EntryPointer, _ record: UnsafeMutablePointer<PageRecord>,
        _ address: VirtualAddress, _ details: ZapDetails, _ countsUse: Bool, _ removed: inout PageCounts
    ) -> Bool {
        let pte = PTE(rawValue: entry.pointee)
        let pfn = pte.pfn
        let isAnonymous = record.pointee.isAnonymous
        if !isAnonymous {
            noteFileAccess(pte, record, countsUse)
        } else if !details.evenCopies {
            return false
        }
        entry.pointee = 0
        removed.count(record, isAnonymous: isAnonymous)
        if vma.pointee.flags.locksPages { unlockPage(pfn) }
        removeMapping(record)
        if record.pointee.has(.swapCache) { dropSwapCache(pfn) }
        putPage(pfn, record)
        if isTracing { emit(.pageUnmapped, details.reason, address, pfn) }
        return true
    }

    /// `zap_huge_pmd`: takes a whole huge entry away. Pages that are no folio go one by one, as from the table that it stands for.
    ///
    /// Apart, so that its list of entries is not on the stack of every zap.
    @inline(never)
    private func zapHuge(
        _ vma: Handle<VMArea>, _ entry: EntryPointer, _ level: UInt64, _ start: VirtualAddress, _ details: ZapDetails
    ) {
        let huge = entry.pointee
        if isHugeZero(entry) { return clearHuge(vma.pointee.mm, entry, level) }
        if level == PageTableLevel.pmd, let folio = hugeFolio(entry), folio.isAnonymous {
            clearHuge(vma.pointee.mm, entry, level)
            folio.unmapEntire(mm: vma.pointee.mm.pointee.context)
            noteEntirelyUnmapped(folio)
            if vma.pointee.flags.locksPages { unlockPage(folio.pfn) }
            countHugePages(vma.pointee.mm, -1)
            if isTracing { emit(.pageUnmapped, details.reason, start, folio.pfn) }
            return putPage(folio.pfn, folio.head)
        }
        if level == PageTableLevel.pmd, let folio = fileFolio(under: huge) {
            return zapHugeFile(vma, entry, folio, start, details)
        }
        splitMapping(vma.pointee.mm, huge, level)
        clearHuge(vma.pointee.mm, entry, level)
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 512) { parts in
            guard let first = parts.baseAddress else { return }
            for base in stride(from: start, to: start &+ 1 << level, by: Int(PageTableLevel.pmdSize)) {
                for index in 0..<512 { parts[index] = PTE.small(huge, level, base &+ UInt64(index) << 12).rawValue }
                _ = zapTable(vma, first, base, 512, details)
            }
        }
    }

    /// What the entry of a file page tells the page when it goes (`zap_present_folio_ptes`).
    @inline(__always)
    private func noteFileAccess(_ pte: PTE, _ record: UnsafeMutablePointer<PageRecord>, _ countsUse: Bool) {
        if pte.isDirty { markFilePageDirty(record) }
        if pte.isAccessed, countsUse { markAccessed(pte.pfn, record) }
    }

    /// Whether a last-level table holds nothing, not even a marker.
    func isTableEmpty(_ table: EntryPointer) -> Bool {
        for index in 0..<512 where table[index] != 0 { return false }
        return true
    }
}
