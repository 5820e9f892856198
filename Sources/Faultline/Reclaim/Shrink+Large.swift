/// Large folios of private memory in `shrink_folio_list` (`mm/vmscan.c`).
extension Machine {
    /// Frees a large folio, keeps it, or splits it.
    ///
    /// - Returns: the frames of one that was split, in the order in which reclaim looks at them; each is held.
    func shrinkLarge(
        _ pfn: PFN, _ record: UnsafeMutablePointer<PageRecord>, _ target: Int, _ ignoresUse: Bool,
        _ counts: inout ShrinkCounts, _ kept: inout IsolatedPages
    ) -> [PFN] {
        let folio = folio(of: pfn)
        let pages = folio.pageCount
        switch largeOutcome(folio, target, ignoresUse, &counts) {
        case .split(let parts): return [folio.pfn] + parts.reversed()
        case .freed: counts.freed += pages
        case .kept: kept.append(pfn)
        case .activated:
            if record.pointee.has(.swapCache), swap.isHalfFull || record.pointee.has(.mlocked) {
                freeSwapSlot(of: pfn)
            }
            if !record.pointee.has(.mlocked) {
                record.pointee.set(.active)
                reclaimFigures.activations += folio.pageCount
            }
            kept.append(pfn)
        }
        return []
    }

    private enum LargeOutcome {
        case freed, kept, activated
        /// The parts behind the first one.
        case split([PFN])
    }

    private func largeOutcome(
        _ folio: Folio, _ target: Int, _ ignoresUse: Bool, _ counts: inout ShrinkCounts
    ) -> LargeOutcome {
        let head = folio.head
        if head.pointee.has(.mlocked) { return .activated }
        if let mapping = head.pointee.fileMapping, mapping.pointee.isUnevictable { return .activated }
        if !folio.isAnonymous, head.pointee.has(.writeback) {
            // It goes to the end of its list when the write ends.
            head.pointee.set(.readahead)
            return .activated
        }
        // folio_check_dirty_writeback
        let isFile = !head.pointee.has(.swapBacked) && !folio.isAnonymous
        if isFile, head.pointee.has(.dirty) { counts.unqueued += folio.pageCount }
        if !ignoresUse {
            switch verdict(folio.pfn, head) {
            case .activate: return .activated
            case .keep: return .kept
            case .reclaim: break
            }
        }
        if !folio.isAnonymous { return shrinkLargeFile(folio, target, &counts) }
        if !head.pointee.has(.swapBacked) { return dropLarge(folio) }
        if head.pointee.has(.swapCache) {
            return outcome(of: swapOutLarge(folio, cachedSlots(folio).lowerBound, target, &counts))
        }
        if isPinned(folio.pfn, head) { return .kept }
        // can_split_folio
        guard folio.mapCount == head.pointee.refcount - 1 else { return .activated }
        if !head.pointee.has(.partiallyMapped) {
            // Compressed memory takes it whole, a swap file single pages only.
            if let first = allocateSwapSlots(order: UInt8(folio.order)) {
                addLargeToSwapCache(folio, first)
                head.pointee.clear(.readahead)
                head.pointee.set(.dirty)
                return outcome(of: swapOutLarge(folio, first, target, &counts))
            }
            if hasSwapArea, folio.order == 9 { huge.counts.swapFallbacks += 1 }
        }
        let parts = Array(folio.pfn + 1...folio.pfn + folio.pageCount - 1)
        return splitFolio(folio, isIsolated: true) ? .split(parts) : .activated
    }

    /// A large folio of a memory file: it is unmapped; what nobody wrote to goes, the rest is swapped out (`shmem_writeout`), as single pages
    /// where the area takes no others, or a part lies beyond the end of the file.
    private func shrinkLargeFile(_ folio: Folio, _ target: Int, _ counts: inout ShrinkCounts) -> LargeOutcome {
        let head = folio.head
        guard let mapping = head.pointee.fileMapping else { return .kept }
        if isLockedSomewhere(folio) { return .activated }
        unmapFileFolio(folio, .reclaim)
        if mapping.pointee.kind == .disk { return dropDiskFolio(folio, target, &counts) }
        if folio.mapCount > 0 || isPinned(folio.pfn, head) { return .activated }
        // is_page_cache_freeable
        if head.pointee.refcount != Int32(folio.pageCount) + 1 { return .kept }
        guard head.pointee.has(.dirty) else {
            removeFromCache(folio.pfn, keepsCharge: true)
            putPage(folio.pfn, head)
            return .freed
        }
        if !hasSwapArea { return .activated }
        let (first, end) = (head.pointee.index, max(mapping.pointee.endIndex, mapping.pointee.allocatedEnd))
        if end <= first || end >= first + folio.pageCount, moveLargeToSwap(folio, mapping, target) {
            counts.written += folio.pageCount
            putPage(folio.pfn, head)
            return .freed
        }
        return splitFileFolio(folio, around: nil, isIsolated: true).map { .split($0) } ?? .activated
    }

    /// One of a disk file that nobody maps any more; the flusher writes what is dirty, not reclaim.
    private func dropDiskFolio(_ folio: Folio, _ target: Int, _ counts: inout ShrinkCounts) -> LargeOutcome {
        let head = folio.head
        if folio.mapCount > 0 || isPinned(folio.pfn, head) { return .activated }
        if head.pointee.has(.dirty) {
            head.pointee.set(.readahead)
            return .activated
        }
        releaseBuffer(folio.pfn)
        if head.pointee.refcount != Int32(folio.pageCount) + 1 { return .kept }
        let shadow = makeShadow(of: head, in: target, pages: folio.pageCount)
        removeFromCache(folio.pfn, keepsCharge: true, shadow: shadow)
        putPage(folio.pfn, head)
        return .freed
    }

    private func outcome(of outcome: PageOutcome) -> LargeOutcome {
        switch outcome {
        case .freed: .freed
        case .kept: .kept
        case .activated: .activated
        }
    }

    /// Whether memory that is locked maps a part of it (`try_to_unmap_one`); the lock that was missed is made up for where that is all of it.
    private func isLockedSomewhere(_ folio: Folio) -> Bool {
        var found: (vma: Handle<VMArea>, pages: UInt64)?
        forEachPlace(of: folio) { vma, address in
            guard vma.pointee.flags.has(.locked), found == nil || found?.vma == vma else { return }
            var pages: UInt64 = 1
            if case .huge = lookup(vma.pointee.mm, address) { pages = folio.pageCount }
            found = (vma, pages + (found?.pages ?? 0))
        }
        guard let found else { return false }
        let isWhole = found.pages == folio.pageCount && found.vma.pointee.flags.locksPages
        if isWhole, !folio.head.pointee.has(.mlocked) { lockPage(folio.pfn) }
        return true
    }

    /// One that MADV_FREE gave away: it goes where nobody wrote to it since (`__discard_anon_folio_pmd_locked`, `try_to_unmap_one`).
    private func dropLarge(_ folio: Folio) -> LargeOutcome {
        var isStopped = false
        forEachPlace(of: folio) { vma, address in
            if isStopped { return }
            switch lookup(vma.pointee.mm, address) {
            case .huge(let entry, _):
                if entry.pointee & PTE.dirtyBit != 0 { folio.head.pointee.set(.dirty) }
                guard !mustKeepLarge(folio, vma) else {
                    isStopped = true
                    return
                }
                clearHuge(vma.pointee.mm, entry, PageTableLevel.pmd)
                folio.unmapEntire(mm: vma.pointee.mm.pointee.context)
                noteEntirelyUnmapped(folio)
                countHugePages(vma.pointee.mm, -1)
                flushTLB(vma.pointee.mm, address, address &+ PageSize.large, .unmapFolio, .reclaim)
                putPage(folio.pfn, folio.head)
            case .entry(let entry):
                let pte = PTE(rawValue: entry.pointee)
                if pte.isDirty { folio.head.pointee.set(.dirty) }
                guard !mustKeepLarge(folio, vma) else {
                    isStopped = true
                    return
                }
                entry.pointee = 0
                flushTLBPage(vma.pointee.mm, address, .unmapFolio, .reclaim)
                removeRmap(pte.pfn, vma)
                putPage(folio.pfn, folio.head)
            case .none: break
            }
        }
        guard !isStopped, folio.mapCount == 0 else { return .activated }
        guard folio.head.pointee.refcount == 1 else { return .kept }
        putPage(folio.pfn, folio.head)
        return .freed
    }

    private func mustKeepLarge(_ folio: Folio, _ vma: Handle<VMArea>) -> Bool {
        if vma.pointee.flags.has(.locked) { return true }
        if folio.head.pointee.has(.dirty), !vma.pointee.flags.has(.droppable) {
            folio.head.pointee.set(.swapBacked)
            return true
        }
        return folio.head.pointee.refcount != 1 + folio.mapCount
    }

    /// Calls `body` with each place where an entry maps the folio: once for an entry of a PMD, else once a page.
    func forEachPlace(of folio: Folio, _ body: (Handle<VMArea>, VirtualAddress) -> Void) {
        for (vma, frames) in mappers(of: folio) {
            var frame = frames.lowerBound
            while frame < frames.upperBound {
                let address = vma.pointee.address(ofPage: folio.index(of: frame))
                if case .huge(let entry, _) = lookup(vma.pointee.mm, address) {
                    if hugeFolio(entry)?.pfn == folio.pfn { body(vma, address) }
                    break
                }
                let pte = readPTE(vma.pointee.mm, address)
                if EntryState(lastLevel: pte.rawValue) == .page(frame) { body(vma, address) }
                frame += 1
            }
        }
    }

    /// `folio_referenced` of a large folio: takes the accessed bits of all entries that map it. Each VMA counts once.
    func takeUse(of folio: Folio) -> (count: Int, flags: VMFlags) {
        var count = 0
        var flags = VMFlags()
        if folio.mapCount == 0 { return (0, flags) }
        var seen: Handle<VMArea>?
        var locked: (vma: Handle<VMArea>, pages: UInt64)?
        forEachPlace(of: folio) { vma, address in
            if flags.has(.locked) { return }
            let own = vma.pointee.flags
            if own.hasAny([.sequentialRead, .randomRead]) { return }
            let place = lookup(vma.pointee.mm, address)
            guard let entry = place.place else { return }
            if own.locksPages {
                // A lock that was missed is made up for where it is that of the whole folio.
                let before = locked?.vma == vma ? locked?.pages ?? 0 : 0
                locked = (vma, before + place.pages)
                guard before + place.pages == folio.pageCount else { return }
                if !folio.head.pointee.has(.mlocked) { lockPage(folio.pfn) }
                flags.formUnion(.locked)
                return
            }
            guard entry.pointee & PTE.accessedBit != 0 else { return }
            entry.pointee &= ~PTE.accessedBit
            flushTLBPage(vma.pointee.mm, address, .age, .reclaim)
            if seen != vma { count += 1 }
            seen = vma
            flags.formUnion(own.subtracting(.lockedMask))
        }
        return (count, flags)
    }
}

extension Machine.Lookup {
    /// How many pages the entry maps.
    fileprivate var pages: UInt64 {
        if case .huge(_, let level) = self { return 1 << (level - PageTableLevel.pte) }
        return 1
    }

    /// The entry that was found.
    fileprivate var place: EntryPointer? {
        switch self {
        case .none: nil
        case .entry(let entry): entry
        case .huge(let entry, _): entry
        }
    }
}
