/// Splitting a large folio of private memory into pages (`split_huge_page_to_list_to_order` in `mm/huge_memory.c`).
extension Machine {
    /// An entry that mapped a page of the folio, as it was.
    private struct FormerEntry {
        let vma: Handle<VMArea>
        let address: VirtualAddress
        let entry: EntryPointer
        let frame: PFN
        let old: UInt64
        let isExclusive: Bool
    }

    /// `split_folio`, `split_folio_to_list`: makes single pages of it. Those of zeros that nobody locks become the zero page.
    ///
    /// - Parameter isIsolated: the folio is on no LRU list; each page is held once more by the caller then, as the folio is, and on none.
    /// - Parameter held: the page that the caller's reference is on afterwards; the first one if none is named.
    /// - Returns: false where others than its entries and the caller hold it; nothing has changed then.
    /// - Precondition: the folio is large and private, and the caller holds it.
    @discardableResult
    func splitFolio(_ folio: Folio, isIsolated: Bool = false, held: PFN? = nil) -> Bool {
        let isWhole = folio.order == 9
        if folio.head.pointee.has(.swapCache) { meet(.largeSwapCache) }
        guard folio.mapCount == folio.head.pointee.refcount - 1, !folio.head.pointee.has(.swapCache) else {
            if isWhole { huge.counts.failedSplits += 1 }
            return false
        }
        let order = folio.order
        let former = unmapForSplit(folio)
        forgetDeferredSplit(folio)
        let isMlocked = folio.head.pointee.has(.mlocked)
        divide(folio, isIsolated: isIsolated)
        for entry in former { remap(entry, usesZeroPage: !isMlocked) }
        if !cpu.batches.lock.isEmpty { drainLockBatch() }
        if isWhole { huge.counts.splits += 1 }
        emit(.folioSplit, .split, order, folio.pfn)
        // The references that the split gave: the caller keeps one.
        let kept = held ?? folio.pfn
        for frame in folio.pfn..<folio.pfn + 1 << order where frame != kept { putPage(frame) }
        return true
    }

    /// `unmap_folio`: every entry becomes one of migration; here its place and what it said are noted.
    private func unmapForSplit(_ folio: Folio) -> [FormerEntry] {
        var former: [FormerEntry] = []
        former.reserveCapacity(Int(folio.pageCount))
        let first = folio.head.pointee.index
        var vmas: [Handle<VMArea>] = []
        var iterator = folio.head.pointee.anonVMA.pointee.tree.overlapping(first, first &+ folio.pageCount &- 1)
        while let chain = iterator.next() { vmas.append(chain.pointee.vma) }
        for vma in vmas {
            let before = former.count
            for frame in folio.frames {
                let index = folio.index(of: frame)
                guard index >= vma.pointee.pgoff, index &- vma.pointee.pgoff < vma.pointee.pageCount else { continue }
                if let entry = takeEntry(vma, vma.pointee.address(ofPage: index), frame, folio) { former.append(entry) }
            }
            guard former.count > before else { continue }
            flushTLB(
                vma.pointee.mm, former[before].address, former[former.count - 1].address &+ PageSize.base, .migrate,
                .split)
        }
        return former
    }

    /// `try_to_migrate_one` of one page.
    private func takeEntry(
        _ vma: Handle<VMArea>, _ address: VirtualAddress, _ frame: PFN, _ folio: Folio
    ) -> FormerEntry? {
        let mm = vma.pointee.mm
        guard EntryState(lastLevel: readPTE(mm, address).rawValue) == .page(frame), let entry = findPTE(mm, address)
        else { return nil }
        let old = entry.pointee
        if old & PTE.dirtyBit != 0 { folio.head.pointee.set(.dirty) }
        let record = folio.record(frame)
        let isExclusive = record.pointee.has(.anonExclusive)
        record.pointee.clear(.anonExclusive)
        // What stands here until the page is mapped again is seen by nobody.
        entry.pointee = 0
        folio.unmap(frame, mm: mm.pointee.context)
        if vma.pointee.flags.locksPages, folio.head.pointee.has(.mlocked) {
            unlockPage(folio.pfn)
        }
        folio.head.pointee.refcount -= 1
        return FormerEntry(
            vma: vma, address: address, entry: entry, frame: frame, old: old, isExclusive: isExclusive)
    }

    /// `__split_unmapped_folio` and `lru_add_split_folio`: the pages stand before the first one in its LRU list.
    private func divide(_ folio: Folio, isIsolated: Bool) {
        let last = folio.pfn + folio.pageCount - 1
        let count = folio.pageCount
        folio.split(to: 0)
        if isIsolated {
            for frame in folio.pfn + 1...last { page(frame).pointee.refcount += 1 }
            return
        }
        precondition(count > 1, "a single page is not divided")
        list(Array(folio.pfn + 1...last), before: folio.pfn)
    }

    /// `lru_add_split_folio`: the parts of a folio that was split stand before the first one in its LRU list, which counts as many pages
    /// as before.
    func list(_ parts: [PFN], before first: PFN) {
        let head = page(first)
        guard head.pointee.has(.lru), let last = parts.last else { return }
        if head.pointee.has(.unevictable) {
            for frame in parts { page(frame).pointee.lockCount = 0 }
            return
        }
        let position = head.pointee.lruPosition
        let previous = head.pointee.prev
        for (place, frame) in parts.enumerated() {
            let record = page(frame)
            record.pointee.prev = place == 0 ? previous : FrameLink.to(parts[place - 1])
            record.pointee.next = FrameLink.to(frame == last ? first : parts[place + 1])
        }
        if previous == FrameLink.none {
            lruLists[position].first = FrameLink.to(parts[0])
        } else {
            page(PFN(previous)).pointee.next = FrameLink.to(parts[0])
        }
        head.pointee.prev = FrameLink.to(last)
    }

    /// `remove_migration_pte`: the page is mapped again, or the zero page in its place (`try_to_map_unused_to_zeropage`).
    private func remap(_ former: FormerEntry, usesZeroPage: Bool) {
        let vma = former.vma
        let mm = vma.pointee.mm
        let protection = pageProtection(vma)
        if usesZeroPage, !vma.pointee.flags.has(.locked), frames.isZeroFilled(former.frame) {
            former.entry.pointee = PTE(pfn: zeroFrame, protection: protection | PTE.specialBit).rawValue
            mm.pointee.anonPages &-= 1
            return
        }
        let record = page(former.frame)
        record.pointee.refcount += 1
        record.pointee.mapcount += 1
        if former.isExclusive { record.pointee.set(.anonExclusive) }
        var bits = protection
        if former.old & PTE.accessedBit == 0 { bits &= ~PTE.accessedBit }
        if former.old & PTE.dirtyBit != 0, record.pointee.has(.dirty) { bits |= PTE.dirtyBit }
        bits |= former.old & PTE.writeBit
        former.entry.pointee = PTE(pfn: former.frame, protection: bits).rawValue
        if vma.pointee.flags.locksPages { lockPage(former.frame) }
    }
}
