extension Machine {
    /// `copy_page_range`: gives a child the entries of a VMA, private ones write-protected on both sides.
    ///
    /// - Returns: false when no frame was free for a table; what was copied so far stays.
    func copyEntries(from source: Handle<VMArea>, to target: Handle<VMArea>) -> Bool {
        if source.pointee.flags.has(.hugeTLB) { return copyPoolEntries(from: source, to: target) }
        let parent = source.pointee.mm
        let child = target.pointee.mm
        noteChange(parent, source.pointee.start, source.pointee.end, .writeProtect, .fork)
        var cursor = TableCursor(frames, root: parent.pointee.pgd, source.pointee.start, source.pointee.end)
        while let step = cursor.step() {
            switch step {
            case .hole(let level):
                // The kernel makes the child's table of a level before it looks at the parent's entries in it.
                guard allocateTables(child, cursor.address, holding: level) else { return false }
            case .entries(let entries):
                guard let copy = allocateEntry(child, cursor.address) else { return false }
                guard copyTable(source, entries, target, copy, cursor.address, count: cursor.count) else {
                    return false
                }
            case .huge(let entry, let level):
                let folio = hugeFolio(entry)
                if let folio, !folio.isAnonymous {
                    // Faults bring it back.
                    guard allocateTables(child, cursor.address, holding: level) else { return false }
                    continue
                }
                // A pinned one is copied, a page at a time.
                let isPinned = folio.map { parent.pointee.hasPinned && isPinnedForOne($0.pfn, $0.head) } ?? false
                guard level == PageTableLevel.pmd, isHugeZero(entry) || folio != nil, !isPinned else {
                    splitHuge(parent, entry, level, cursor.address)
                    cursor.again()
                    continue
                }
                guard copyHuge(entry, target, cursor.address) else { return false }
            }
        }
        return true
    }

    /// `copy_huge_pmd`: the child's entry maps the same 2 MiB, both write-protected.
    ///
    /// - Returns: false when no frame was free for a table.
    private func copyHuge(_ entry: EntryPointer, _ target: Handle<VMArea>, _ address: VirtualAddress) -> Bool {
        let child = target.pointee.mm
        let raw = entry.pointee & ~PTE.writeBit
        let pfn = (raw & PTE.addressMask & ~PTE.hugePATBit) >> 12
        let isWatched = target.pointee.flags.has(.userfaultWP)
        let dropped = PTE.accessedBit | (isWatched ? 0 : PTE.userfaultWPBit)
        let kept = raw & ~(PTE.addressMask | PTE.pageSizeBit | dropped)
        guard mapHuge(child, address, PageTableLevel.pmd, pfn, kept) else { return false }
        if let folio = hugeFolio(entry) {
            folio.get()
            mapEntire(folio, child)
            folio.head.pointee.clear(.anonExclusive)
            countHugePages(child, 1)
        }
        entry.pointee = raw
        return true
    }

    /// `copy_pte_range`.
    ///
    /// - Returns: false when no frame was free for the copy of a pinned page.
    @inline(__always)
    private func copyTable(
        _ source: Handle<VMArea>, _ entries: EntryPointer, _ target: Handle<VMArea>, _ copies: EntryPointer,
        _ address: VirtualAddress, count: Int
    ) -> Bool {
        let flags = source.pointee.flags
        // is_cow_mapping: private memory that may be written to.
        let isCopyOnWrite = !flags.has(.shared) && flags.has(.mayWrite)
        let dropped = flags.has(.shared) ? PTE.accessedBit | PTE.dirtyBit : PTE.accessedBit
        // What is writable here and must be no longer, on both sides; the child's other bits stay but for what is dropped.
        let protected = isCopyOnWrite ? PTE.writeBit : 0
        let isWatched = target.pointee.flags.has(.userfaultWP)
        let kept = ~(dropped | protected | (isWatched ? 0 : PTE.userfaultWPBit))
        let keptInSwap = ~(SwapEntry.exclusiveBit | (isWatched ? 0 : SwapEntry.userfaultWPBit))
        let child = target.pointee.mm
        let hasPinned = source.pointee.mm.pointee.hasPinned
        var added = PageCounts()
        var entry = entries
        var copy = copies
        let end = entries + count
        while entry != end {
            let raw = entry.pointee
            switch EntryState(lastLevel: raw) {
            case .none: break
            case .swap(let swapped):
                // copy_nonpresent_pte: the page is shared from here on.
                duplicateSwapEntry(swapped.offset)
                entry.pointee = raw & ~SwapEntry.exclusiveBit
                copy.pointee = raw & keptInSwap
                child.pointee.swapEntries &+= 1
                noteSwapUser(child, behind: source.pointee.mm)
            case .marker(let marker):
                // copy_pte_marker
                let inherited = isWatched ? marker : marker.subtracting(.userfaultWP)
                if !inherited.isEmpty { copy.pointee = inherited.entry }
            case .migration: copy.pointee = raw
            case .page(let pfn):
                let record = page(pfn)
                if hasPinned, isPinnedForOne(pfn, record) {
                    // The pin must go on meaning the parent's page: the child gets a copy at once, and nothing is shared.
                    guard copyPinned(pfn, to: target, copy, address &+ UInt64(entry - entries) << 12) else {
                        added.add(to: child)
                        return false
                    }
                    entry += 1
                    copy += 1
                    continue
                }
                if record.pointee.isOfLargeFolio {
                    copyLargePage(pfn, child, &added)
                } else {
                    record.pointee.refcount &+= 1
                    record.pointee.mapcount &+= 1
                    let isAnonymous = record.pointee.isAnonymous
                    if isAnonymous { record.pointee.clear(.anonExclusive) }
                    added.count(record, isAnonymous: isAnonymous)
                }
                if raw & protected != 0 { entry.pointee = raw & ~protected }
                copy.pointee = raw & kept
            case .special:
                if raw & protected != 0 { entry.pointee = raw & ~protected }
                copy.pointee = raw & kept
            case .table, .huge: preconditionFailure(EntryState.misplaced)
            }
            entry += 1
            copy += 1
        }
        added.add(to: child)
        return true
    }

    /// `folio_dup_anon_rmap_pte`, `folio_dup_file_rmap_pte` of a page of a large folio.
    @inline(never)
    private func copyLargePage(_ pfn: PFN, _ child: Handle<MMStruct>, _ added: inout PageCounts) {
        let folio = folio(of: pfn)
        folio.get()
        folio.map(pfn, mm: child.pointee.context)
        if folio.isAnonymous { page(pfn).pointee.clear(.anonExclusive) }
        added.count(folio.head, isAnonymous: folio.isAnonymous)
    }
}
