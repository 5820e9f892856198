/// Mapping and unmapping large folios (`mm/rmap.c`).
extension Machine {
    /// The end of `__folio_remove_rmap` of a last-level entry: where a page of a private folio is mapped by nobody any more and others still
    /// are, the folio is to be split. Precondition: the folio is large.
    func noteUnmapped(_ folio: Folio, _ frame: PFN) {
        guard folio.isAnonymous, folio.record(frame).pointee.mapcount == 0, folio.entireMapCount == 0,
            folio.mappedPages > 0
        else { return }
        if !folio.head.pointee.has(.partiallyMapped) { deferSplit(folio, isPartly: true) }
    }

    /// The same of an entry that mapped all of it.
    func noteEntirelyUnmapped(_ folio: Folio) {
        guard folio.entireMapCount == 0 else { return }
        if folio.isAnonymous { huge.counts.mapped -= 1 } else { huge.counts.sharedMapped -= 1 }
        let mapped = folio.mappedPages
        if folio.isAnonymous, mapped > 0, UInt64(mapped) < folio.pageCount, !folio.head.pointee.has(.partiallyMapped) {
            deferSplit(folio, isPartly: true)
        }
    }

    /// `map_anon_folio_pmd_nopf`: makes a fresh folio of 2 MiB the memory of a range. The caller counts its event.
    ///
    /// - Returns: false where no frame was free for the table of its split; the folio is gone then.
    func mapNewHugePage(_ folio: Folio, _ vma: Handle<VMArea>, _ address: VirtualAddress) -> Bool {
        let mm = vma.pointee.mm
        let flags = vma.pointee.flags
        var bits = pageProtection(vma) | PTE.accessedBit | PTE.dirtyBit
        if flags.has(.write) { bits |= PTE.writeBit }
        guard mapHuge(mm, address, PageTableLevel.pmd, folio.pfn, bits) else {
            putPage(folio.pfn, folio.head)
            return false
        }
        adoptHugePage(folio, vma, address)
        return true
    }

    /// What a folio that an entry of a PMD maps is to its VMA: `folio_add_new_anon_rmap`, `folio_add_lru_vma`, the counter.
    func adoptHugePage(_ folio: Folio, _ vma: Handle<VMArea>, _ address: VirtualAddress) {
        guard let anonVMA = vma.pointee.anonVMA else { preconditionFailure("an anonymous page needs an anon_vma") }
        let flags = vma.pointee.flags
        folio.head.pointee.set([.uptodate, .anonExclusive])
        if !flags.has(.droppable) { folio.head.pointee.set(.swapBacked) }
        folio.head.pointee.setAnonVMA(anonVMA, index: vma.pointee.pageIndex(address))
        mapEntire(folio, vma.pointee.mm)
        countHugePages(vma.pointee.mm, 1)
        addLargeToLRU(folio, in: flags)
        deferSplit(folio, isPartly: false)
    }

    /// `folio_add_anon_rmap_pmd`, `folio_try_dup_anon_rmap_pmd`: one entry of a PMD more.
    func mapEntire(_ folio: Folio, _ mm: Handle<MMStruct>) {
        folio.mapEntire(mm: mm.pointee.context)
        if folio.entireMapCount > 1 { return }
        if folio.isAnonymous { huge.counts.mapped += 1 } else { huge.counts.sharedMapped += 1 }
    }

    /// `add_mm_counter` of private huge pages that come, or go.
    func countHugePages(_ mm: Handle<MMStruct>, _ number: Int) {
        var counts = PageCounts()
        counts.countPrivate(512)
        if number > 0 { counts.add(to: mm) } else { counts.subtract(from: mm) }
    }

    /// `do_set_pmd`: one entry of a PMD maps all of a folio of a file, without a table for its split.
    ///
    /// - Returns: false where it does not fit, or no frame was free for a table.
    func mapHugeFile(_ folio: Folio, _ vma: Handle<VMArea>, _ address: VirtualAddress, write: Bool) -> Bool {
        let mm = vma.pointee.mm
        guard folio.order == 9, !isHugePageDisabled(vma, .collapse), holdsFileFolio(vma, address, 9),
            let entry = allocatePMD(mm, address), entry.pointee == 0
        else { return false }
        var bits = pageProtection(vma)
        if write { bits |= vma.pointee.flags.has(.write) ? PTE.dirtyBit | PTE.writeBit : PTE.dirtyBit }
        setHuge(entry, folio, bits)
        folio.get()
        mapEntire(folio, mm)
        MMStruct.add(512, to: &mm.pointee.shmemPages, &mm.pointee.foldedShmem)
        huge.counts.fileMapped += 1
        if vma.pointee.flags.locksPages { lockPage(folio.pfn) }
        emit(.hugePageMapped, write ? .sharedWrite : .fileRead, address & ~(PageSize.large - 1), folio.pfn)
        return true
    }

    /// `folio_pte_batch`: how many entries from one on map pages of its folio side by side, with the same rights.
    func folioRun(_ entries: EntryPointer, _ most: Int, _ folio: Folio) -> Int {
        let ignored = PTE.accessedBit | PTE.dirtyBit | PTE.writeBit
        let first = entries[0] & ~ignored
        let pfn = PTE(rawValue: entries[0]).pfn
        let limit = min(most, Int(folio.pfn + folio.pageCount - pfn))
        var count = 1
        while count < limit, entries[count] & ~ignored == first &+ UInt64(count) << 12 { count += 1 }
        return count
    }

    /// The VMAs that the folio's owner names for it, and which of its frames each may map.
    func mappers(of folio: Folio) -> [(Handle<VMArea>, Range<PFN>)] {
        let first = folio.head.pointee.index
        let last = first &+ folio.pageCount &- 1
        var result: [(Handle<VMArea>, Range<PFN>)] = []
        func note(_ vma: Handle<VMArea>) {
            let start = max(first, vma.pointee.pgoff)
            let end = min(last, vma.pointee.pgoff &+ vma.pointee.pageCount &- 1)
            if start <= end { result.append((vma, folio.pfn + (start - first)..<folio.pfn + (end - first) + 1)) }
        }
        if folio.isAnonymous {
            var iterator = folio.head.pointee.anonVMA.pointee.tree.overlapping(first, last)
            while let chain = iterator.next() { note(chain.pointee.vma) }
        } else if let mapping = folio.head.pointee.fileMapping {
            var iterator = mapping.pointee.mappers.overlapping(first, last)
            while let vma = iterator.next() { note(vma) }
        }
        return result
    }

    /// The folio that a huge entry maps whole; nil where it maps something else.
    @inline(__always)
    func hugeFolio(_ entry: EntryPointer) -> Folio? {
        guard case .huge(let pfn) = EntryState(upperLevel: entry.pointee), page(pfn).pointee.has(.head) else {
            return nil
        }
        return folio(of: pfn)
    }

    /// `is_huge_zero_pmd`.
    func isHugeZero(_ entry: EntryPointer) -> Bool {
        guard case .special(let pfn) = EntryState(upperLevel: entry.pointee) else { return false }
        return huge.zeroFrame != 0 && pfn == huge.zeroFrame
    }

    /// `split_huge_pmd_if_needed` of `vma_adjust_trans_huge`: no huge entry lies across a border of a VMA.
    func splitHugeAcross(_ mm: Handle<MMStruct>, _ address: VirtualAddress) {
        if address & (PageSize.large - 1) == 0 { return }
        guard case .huge(let entry, let level) = lookup(mm, address) else { return }
        splitHuge(mm, entry, level, address)
    }
}
