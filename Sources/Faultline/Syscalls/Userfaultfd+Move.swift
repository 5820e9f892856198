/// UFFDIO_MOVE (`mm/userfaultfd.c`).
extension Machine {
    /// UFFDIO_MOVE: pages of the caller's own memory go to registered memory, with their frames.
    ///
    /// - Returns: the bytes done, with an error where they are not all.
    package func userfaultMove(
        _ process: Int, _ fd: Int32, _ target: UInt64, _ source: UInt64, _ length: UInt64, mode: UInt64
    ) throws(Errno) -> CallAnswer {
        let task = try caller(process)
        let context = try unchanged(task, fd)
        // One that has ended is not the caller's either.
        if context.pointee.mm != task.mm {
            throw refuse(.EINVAL, .combination("UFFDIO_MOVE works in the caller's own address space"))
        }
        try checkUserfaultRange(target, length)
        try checkUserfaultRange(source, length)
        try checkMode(mode, known: 3)
        let mm = try served(context)
        let (allowsHoles, wakes) = (mode & 2 != 0, mode & 1 == 0)
        let (to, from) = try moveAreas(context, mm, target, source, length)
        var move = UserfaultMove(
            mm: mm, from: from, to: to, source: source, target: target, end: source + length, allowsHoles: allowsHoles)
        var failure: Errno?
        do throws(Errno) {
            while move.source < move.end {
                let step = try moveStep(move)
                move.source += step
                move.target += step
            }
        } catch { failure = error }
        let done = move.source - source
        if done == 0, let failure { throw failure }
        if wakes { wakeUserfault(context, target, done) }
        if done == length { return CallAnswer(done) }
        return CallAnswer(done, error: refuse(.EAGAIN, .userfaultPart(done, of: length)))
    }

    /// `uffd_move_lock`, and what `move_pages` and `validate_move_areas` ask of both sides.
    private func moveAreas(
        _ context: Handle<UserfaultContext>, _ mm: Handle<MMStruct>, _ target: VirtualAddress,
        _ source: VirtualAddress, _ length: UInt64
    ) throws(Errno) -> (target: Handle<VMArea>, source: Handle<VMArea>) {
        guard let to = lookupVMA(mm, target) else { throw refuse(.ENOENT, .nothingMapped(at: target)) }
        if !to.pointee.isShared { prepareAnonVMA(to) }
        guard let from = lookupVMA(mm, source) else { throw refuse(.ENOENT, .nothingMapped(at: source)) }
        let (one, other) = (from.pointee, to.pointee)
        func refusal(_ address: VirtualAddress, _ why: String) -> Errno {
            refuse(.EINVAL, .userfaultMove(address, why))
        }
        if one.isShared { throw refusal(source, "the source is shared") }
        if source + length > one.end { throw refusal(source, "the source is more than one VMA") }
        if other.isShared { throw refusal(target, "the target is shared") }
        if target + length > other.end { throw refusal(target, "the target is more than one VMA") }
        if one.flags.intersection(.access) != other.flags.intersection(.access)
            || pageProtection(from) != pageProtection(to)
        {
            throw refusal(source, "the protections differ")
        }
        if one.flags.has(.locked) != other.flags.has(.locked) { throw refusal(source, "one side is locked") }
        if !one.flags.has(.write) { throw refusal(source, "the memory is read-only") }
        let excluded: VMFlags = [.pfnMap, .io, .hugeTLB, .mixedMap]
        if one.flags.hasAny(excluded) || other.flags.hasAny(excluded) {
            throw refusal(source, "one side is of a kind whose pages cannot move")
        }
        if other.userfault != context { throw refusal(target, "the target is not registered with this userfaultfd") }
        if !one.isAnonymous || !other.isAnonymous { throw refusal(source, "one side is not anonymous") }
        return (to, from)
    }

    /// One round of `move_pages`. - Returns: the bytes that are done with it; 0 where something was split that is looked at once more.
    private func moveStep(_ move: UserfaultMove) throws(Errno) -> UInt64 {
        let (mm, source, target) = (move.mm, move.source, move.target)
        // mm_find_pmd
        if !move.allowsHoles, !hasPMDTable(mm, source) { throw holeRefusal(source) }
        guard let old = allocatePMD(mm, source), let new = allocatePMD(mm, target) else { throw noTable() }
        // What maps 2 MiB there stays whole.
        if new.pointee != 0, table(under: new) == nil { throw refuse(.EEXIST, .userfaultOccupied(target)) }
        if old.pointee != 0, table(under: old) == nil { return try moveHuge(move, old, new) }
        if old.pointee == 0, !move.allowsHoles { throw holeRefusal(source) }
        guard let first = allocateEntry(mm, source), let place = allocateEntry(mm, target) else { throw noTable() }
        return try movePages(move, first, place)
    }

    private func noTable() -> Errno { refuse(.ENOMEM, .noFrame("a page table")) }

    private func holeRefusal(_ source: VirtualAddress) -> Errno {
        refuse(.ENOENT, .userfaultMove(source, "nothing is there"))
    }

    private func sharedRefusal(_ source: VirtualAddress) -> Errno {
        refuse(.EBUSY, .userfaultMove(source, "the page is shared, or was"))
    }

    private func pinnedRefusal(_ source: VirtualAddress) -> Errno {
        refuse(.EBUSY, .userfaultMove(source, "the page is pinned"))
    }

    /// A huge entry goes as a whole to where no table is (`move_pages_huge_pmd`); else it is split (`move_splits_huge_pmd`).
    private func moveHuge(_ move: UserfaultMove, _ old: EntryPointer, _ new: EntryPointer) throws(Errno) -> UInt64 {
        let (mm, source, target) = (move.mm, move.source, move.target)
        let folio = hugeFolio(old)
        if let folio, !folio.head.pointee.has(.anonExclusive) { throw sharedRefusal(source) }
        let isWhole = (source | target) & (PageSize.large - 1) == 0 && move.end - source >= PageSize.large
        guard isWhole, new.pointee == 0 else {
            splitHuge(mm, old, PageTableLevel.pmd, source)
            return 0
        }
        if let folio, isPinned(folio.pfn, folio.head) { throw pinnedRefusal(source) }
        var bits = pageProtection(move.to) | (folio == nil ? PTE.specialBit : PTE.dirtyBit)
        if folio != nil { bits |= PTE.writeBit }
        let pfn = PTE.small(old.pointee, PageTableLevel.pmd, source).pfn
        if let folio, let anonVMA = move.to.pointee.anonVMA {
            folio.head.pointee.setAnonVMA(anonVMA, index: move.to.pointee.pageIndex(target))
        }
        moveHuge(old, to: new, PageTableLevel.pmd)
        replaceHuge(new, pfn, bits)
        flushTLB(mm, source, source &+ PageSize.large, .move, .userfault)
        emit(.hugePageMapped, .userfault, target, pfn)
        return PageSize.large
    }

    /// `move_pages_ptes`: the page at the source with those behind it that go the same way, or a hole.
    private func movePages(
        _ move: UserfaultMove, _ old: EntryPointer, _ new: EntryPointer
    ) throws(Errno) -> UInt64 {
        let source = move.source
        if new.pointee != 0 { throw refuse(.EEXIST, .userfaultOccupied(move.target)) }
        let pte = PTE(rawValue: old.pointee)
        switch EntryState(lastLevel: pte.rawValue) {
        case .none:
            if !move.allowsHoles { throw holeRefusal(source) }
        case .special:
            new.pointee = PTE(pfn: zeroFrame, protection: pageProtection(move.to) | PTE.specialBit).rawValue
            old.pointee = 0
            flushTLBPage(move.mm, source, .move, .userfault)
            emit(.pageMapped, .userfault, move.target, zeroFrame)
        case .page(let pfn):
            let folio = folio(of: pfn)
            if !folio.head.pointee.has(.anonExclusive) { throw sharedRefusal(source) }
            if folio.isLarge {
                if !splitHeld(folio) { throw refuse(.EBUSY, .userfaultMove(source, "the folio cannot be split")) }
                return 0
            }
            if isPinned(pfn, folio.head) { throw pinnedRefusal(source) }
            return movePresent(move, old, new)
        case .swap(let swapped):
            try moveSwapped(move, pte, swapped.offset)
            new.pointee = pte.rawValue
            old.pointee = 0
        case .marker: throw refuse(.EFAULT, .userfaultMove(source, "a mark is there, no page"))
        case .migration, .table, .huge: preconditionFailure(EntryState.misplaced)
        }
        return PageSize.base
    }

    /// `move_present_ptes`: pages side by side within a table of either side go together, and are flushed once.
    private func movePresent(_ move: UserfaultMove, _ old: EntryPointer, _ new: EntryPointer) -> UInt64 {
        let mask = PageTableLevel.pmdSize - 1
        func left(_ address: VirtualAddress) -> UInt64 { PageTableLevel.pmdSize - address & mask }
        let limit = min(move.end - move.source, left(move.source), left(move.target))
        var done: UInt64 = 0
        while done < limit {
            let index = Int(done >> 12)
            guard new[index] == 0, case .page(let pfn) = EntryState(lastLevel: old[index]) else { break }
            let record = page(pfn)
            if !record.pointee.has(.anonExclusive) || record.pointee.isOfLargeFolio || isPinned(pfn, record) { break }
            guard let anonVMA = move.to.pointee.anonVMA else { preconditionFailure("the target has an anon_vma") }
            record.pointee.setAnonVMA(anonVMA, index: move.to.pointee.pageIndex(move.target + done))
            let dirty = old[index] & PTE.dirtyBit
            new[index] = PTE(pfn: pfn, protection: pageProtection(move.to) | PTE.writeBit | dirty).rawValue
            old[index] = 0
            emit(.pageMapped, .userfault, move.target + done, pfn)
            done += PageSize.base
        }
        flushTLB(move.mm, move.source, move.source + done, .move, .userfault)
        return done
    }

    /// `move_swap_pte`: a page that is in memory besides is found at its new place.
    private func moveSwapped(_ move: UserfaultMove, _ pte: PTE, _ slot: UInt64) throws(Errno) {
        if pte.rawValue & SwapEntry.exclusiveBit == 0 { throw sharedRefusal(move.source) }
        guard let cached = swap.area?.cachedFrame(slot), let anonVMA = move.to.pointee.anonVMA else { return }
        if page(cached).pointee.isOfLargeFolio {
            throw refuse(.EBUSY, .userfaultMove(move.source, "the folio cannot be split"))
        }
        page(cached).pointee.setAnonVMA(anonVMA, index: move.to.pointee.pageIndex(move.target))
    }
}

/// How far UFFDIO_MOVE has come.
private struct UserfaultMove {
    let mm: Handle<MMStruct>
    let from, to: Handle<VMArea>
    var source, target: VirtualAddress
    /// Where the source ends.
    let end: VirtualAddress
    /// UFFDIO_MOVE_MODE_ALLOW_SRC_HOLES.
    let allowsHoles: Bool
}
