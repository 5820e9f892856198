/// UFFDIO_WRITEPROTECT and UFFDIO_MOVE (`mm/userfaultfd.c`).
extension Machine {
    /// UFFDIO_WRITEPROTECT: with UFFDIO_WRITEPROTECT_MODE_WP (1) writes wait from now on, without it they go on.
    ///
    /// - Throws: EAGAIN while an event is unread, EINVAL, ENOENT for what is not registered so, ENOMEM, ESRCH.
    package func userfaultWriteProtect(
        _ process: Int, _ fd: Int32, _ start: UInt64, _ length: UInt64, mode: UInt64
    ) throws(Errno) {
        let context = try unchanged(try caller(process), fd)
        try checkUserfaultRange(start, length)
        try checkMode(mode, known: 3)
        let (protects, sleepsOn) = (mode & 1 != 0, mode & 2 != 0)
        if protects, sleepsOn {
            throw refuse(.EINVAL, .combination("protecting wakes nobody: MODE_DONTWAKE goes with its end only"))
        }
        let mm = try served(context)
        let end = start + length
        guard var vma = findVMA(mm, start, end) else { throw refuse(.ENOENT, .hole(at: start, in: start, end)) }
        // One VMA a round.
        while true {
            if !vma.pointee.flags.has(.userfaultWP) {
                throw refuse(.ENOENT, .userfaultUnregistered(start, end, "registered with UFFDIO_REGISTER_MODE_WP"))
            }
            if vma.pointee.flags.has(.hugeTLB) { try checkHugeAlignment(vma, start, length) }
            let (from, to) = (max(start, vma.pointee.start), min(end, vma.pointee.end))
            if !protectEntries(vma, from, to, userfault: protects ? .protect : .resolve) {
                throw refuse(.ENOMEM, .noFrame("a page table"))
            }
            guard let next = nextVMA(vma), next.pointee.start < end else { break }
            vma = next
        }
        if !protects, !sleepsOn { wakeUserfault(context, start, length) }
    }

    /// UFFDIO_MOVE: pages of the caller's own memory go to registered memory, with their frames.
    ///
    /// - Returns: the bytes done, with an error where they are not all.
    package func userfaultMove(
        _ process: Int, _ fd: Int32, _ target: UInt64, _ source: UInt64, _ length: UInt64, mode: UInt64
    ) throws(Errno) -> CallAnswer {
        let task = try caller(process)
        let context = try unchanged(task, fd)
        if let mm = context.pointee.mm, mm != task.mm {
            throw refuse(.EINVAL, .combination("UFFDIO_MOVE works in the caller's own address space"))
        }
        try checkUserfaultRange(target, length)
        try checkUserfaultRange(source, length)
        try checkMode(mode, known: 3)
        let mm = try served(context)
        let (allowsHoles, wakes) = (mode & 2 != 0, mode & 1 == 0)
        let (to, from) = try moveAreas(context, mm, target, source, length)
        var done: UInt64 = 0
        var failure: Errno?
        do throws(Errno) {
            while done < length {
                try movePage(mm, from, source + done, to, target + done, allowsHoles: allowsHoles)
                done += PageSize.base
            }
        } catch { failure = error }
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

    /// `move_pages_pte`.
    private func movePage(
        _ mm: Handle<MMStruct>, _ from: Handle<VMArea>, _ source: VirtualAddress, _ to: Handle<VMArea>,
        _ target: VirtualAddress, allowsHoles: Bool
    ) throws(Errno) {
        if !allowsHoles, findPTE(mm, source) == nil {
            throw refuse(.ENOENT, .userfaultMove(source, "nothing is there"))
        }
        guard let new = allocateEntry(mm, target), let old = allocateEntry(mm, source) else {
            throw refuse(.ENOMEM, .noFrame("a page table"))
        }
        if new.pointee != 0 { throw refuse(.EEXIST, .userfaultOccupied(target)) }
        if case .page(let pfn) = EntryState(lastLevel: old.pointee), page(pfn).pointee.isOfLargeFolio,
            !folio(of: pfn).head.pointee.has(.anonExclusive) || !splitHeld(folio(of: pfn))
        {
            throw refuse(.EBUSY, .userfaultMove(source, "the folio is shared, or was"))
        }
        let pte = PTE(rawValue: old.pointee)
        switch EntryState(lastLevel: pte.rawValue) {
        case .none:
            if !allowsHoles { throw refuse(.ENOENT, .userfaultMove(source, "nothing is there")) }
            return
        case .special: new.pointee = PTE(pfn: zeroFrame, protection: pageProtection(to) | PTE.specialBit).rawValue
        case .page(let pfn):
            let record = page(pfn)
            if !record.pointee.has(.anonExclusive) {
                throw refuse(.EBUSY, .userfaultMove(source, "the page is shared, or was"))
            }
            guard let anonVMA = to.pointee.anonVMA else { preconditionFailure("the target has an anon_vma") }
            record.pointee.setAnonVMA(anonVMA, index: to.pointee.pageIndex(target))
            var moved = PTE(pfn: pfn, protection: pageProtection(to) | PTE.writeBit)
            if pte.isDirty { moved = moved.setting(PTE.dirtyBit) }
            new.pointee = moved.rawValue
        case .swap:
            if pte.rawValue & SwapEntry.exclusiveBit == 0 {
                throw refuse(.EBUSY, .userfaultMove(source, "the page is shared, or was"))
            }
            if let slot = swapSlot(pte), let cached = swap.area?.cachedFrame(slot), let anonVMA = to.pointee.anonVMA {
                if page(cached).pointee.isOfLargeFolio {
                    throw refuse(.EBUSY, .userfaultMove(source, "the page belongs to a large folio in the swap cache"))
                }
                page(cached).pointee.setAnonVMA(anonVMA, index: to.pointee.pageIndex(target))
            }
            new.pointee = pte.rawValue
        case .marker: throw refuse(.EFAULT, .userfaultMove(source, "a mark is there, no page"))
        case .migration, .table, .huge: preconditionFailure(EntryState.misplaced)
        }
        old.pointee = 0
        flushTLBPage(mm, source, .move, .userfault)
        emit(.pageMapped, .userfault, target, PTE(rawValue: new.pointee).pfn)
    }

    private func swapSlot(_ pte: PTE) -> UInt64? {
        if case .swap(let swapped) = EntryState(lastLevel: pte.rawValue) { swapped.offset } else { nil }
    }
}
