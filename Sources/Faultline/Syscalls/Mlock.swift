extension Machine {
    /// mlock(2). - Throws: EINVAL, ENOMEM, EAGAIN, EPERM.
    func mlock(_ task: Process, _ start: UInt64, _ length: UInt64) throws(Errno) {
        try lock(task, start, length, .locked)
    }

    /// mlock2(2): with MLOCK_ONFAULT, pages are locked as they come. - Throws: as mlock.
    func mlock2(_ task: Process, _ start: UInt64, _ length: UInt64, flags: UInt64) throws(Errno) {
        let flags = Int32(truncatingIfNeeded: flags)  // an int in the kernel: the upper 32 bits are ignored
        if flags & ~1 != 0 { throw refuse(.EINVAL, .unknownBits("flags", UInt64(UInt32(bitPattern: flags)), known: 1)) }
        try lock(task, start, length, flags & 1 != 0 ? [.locked, .lockOnFault] : .locked)
    }

    /// munlock(2). - Throws: EINVAL, ENOMEM.
    func munlock(_ task: Process, _ start: UInt64, _ length: UInt64) throws(Errno) {
        let (first, rounded) = Self.wholePages(start, length)
        try setLock(task, first, rounded, [])
    }

    private static func wholePages(_ start: UInt64, _ length: UInt64) -> (UInt64, UInt64) {
        (start.pageAlignedDown, (length &+ (start & (PageSize.base - 1))).pageAlignedUp)
    }

    /// `do_mlock`.
    private func lock(_ task: Process, _ start: UInt64, _ length: UInt64, _ flags: VMFlags) throws(Errno) {
        if !mayLockAtAll(task) { throw refuse(.EPERM, .mayNotLock) }
        let (first, rounded) = Self.wholePages(start, length)
        if !task.capabilities.canLockMemory {
            let limit = task.limits.lockedMemory >> 12
            var locked = (rounded >> 12) &+ task.mm.pointee.lockedVM
            // What is locked already does not count twice.
            if locked > limit { locked &-= lockedPages(task.mm, first, rounded) }
            if locked > limit {
                let more = locked &- task.mm.pointee.lockedVM
                throw refuse(.ENOMEM, lockRule(task, more))
            }
        }
        try setLock(task, first, rounded, flags)
        do {
            try populateMapped(task, first, first &+ rounded, ignoringErrors: false)
        } catch {
            // POSIX has other names for some.
            throw lockError(error)
        }
    }

    /// `__mlock_posix_error_return`.
    func lockError(_ error: Errno) -> Errno {
        switch error {
        case .EFAULT: renamed(.ENOMEM)
        case .ENOMEM: renamed(.EAGAIN)
        default: error
        }
    }

    /// `count_mm_mlocked_page_nr`: pages of a range that lie in locked VMAs.
    private func lockedPages(_ mm: Handle<MMStruct>, _ start: UInt64, _ length: UInt64) -> UInt64 {
        let (sum, overflow) = start.addingReportingOverflow(length)
        let end = overflow ? .max : sum
        var pages: UInt64 = 0
        var address = start
        while address < end, let vma = findVMA(mm, address, end) {
            if vma.pointee.flags.has(.locked) {
                pages += (min(end, vma.pointee.end) - max(start, vma.pointee.start)) >> 12
            }
            address = vma.pointee.end
        }
        return pages
    }

    /// `apply_vma_lock_flags`.
    private func setLock(_ task: Process, _ start: UInt64, _ length: UInt64, _ flags: VMFlags) throws(Errno) {
        let end = start &+ length
        if end < start { throw refuse(.EINVAL, .rangeWraps(start, length)) }
        if end == start { return }
        guard var vma = lookupVMA(task.mm, start) else { throw refuse(.ENOMEM, .hole(at: start, in: start, end)) }
        var address = start
        // One VMA a round.
        while true {
            let stop = min(vma.pointee.end, end)
            try setLock(vma, address, stop, flags)
            address = stop
            if address >= end { return }
            guard let next = lookupVMA(task.mm, address) else {
                throw refuse(.ENOMEM, .hole(at: address, in: start, end))
            }
            vma = next
        }
    }

    /// `mlock_fixup`.
    private func setLock(
        _ vma: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress, _ lock: VMFlags
    ) throws(Errno) {
        let old = vma.pointee.flags
        let new = old.removing(.lockedMask).adding(lock)
        if new == old || !old.isLockable || vma.pointee.kind == .special { return }
        let target = try modifyVMA(vma, start, end, flags: new)
        countLocked(target.pointee.mm, (end - start) >> 12, isLocking: new.has(.locked), wasLocked: old.has(.locked))
        target.pointee.flags = new.union(target.pointee.flags.intersection(.maybeGuard))
        if new.has(.locked), old.has(.locked) { return }
        lockPages(target, start, end, isLocking: new.has(.locked))
    }

    /// Locked pages that come or go by mlock and munlock. The kernel counts them in an int, so that from 8 TiB on the
    /// figure is not what was locked.
    private func countLocked(_ mm: Handle<MMStruct>, _ pages: UInt64, isLocking: Bool, wasLocked: Bool) {
        if isLocking, wasLocked { return }
        let counted = UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: isLocking ? pages : 0 &- pages)))
        let meant = isLocking ? pages : 0 &- pages
        mm.pointee.lockedVM &+= counted
        mm.pointee.unreturnedLockedVM &+= counted &- meant
    }

    /// `mlock_vma_pages_range`.
    private func lockPages(
        _ vma: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress, isLocking: Bool
    ) {
        drainBatches()
        let mm = vma.pointee.mm
        var cursor = TableCursor(frames, root: mm.pointee.pgd, start, end)
        while let step = cursor.step() {
            switch step {
            case .hole: continue
            case .entries(let entries): lockPages(vma, start, end, entries, cursor.count, isLocking: isLocking)
            case .huge(let entry, let level):
                if isHugeZero(entry) { continue }
                if level == PageTableLevel.pmd, let folio = hugeFolio(entry) {
                    if isLocking { lockPage(folio.pfn) } else { unlockPage(folio.pfn) }
                } else {
                    splitHuge(mm, entry, level, cursor.address)
                    cursor.again()
                }
            }
        }
        drainBatches()
    }

    /// `mlock_pte_range` of one table. A large folio is locked only where all of it lies in the range (`allow_mlock_munlock`).
    private func lockPages(
        _ vma: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress, _ entries: EntryPointer, _ count: Int,
        isLocking: Bool
    ) {
        var index = 0
        while index < count {
            guard case .page(let pfn) = EntryState(lastLevel: entries[index]) else {
                index += 1
                continue
            }
            let folio = folio(of: pfn)
            let run = folio.isLarge ? folioRun(entries + index, count - index, folio) : 1
            index += run
            if !isLocking {
                unlockPage(folio.pfn)
            } else if UInt64(run) == folio.pageCount {
                lockPage(folio.pfn)
            }
        }
    }

    // MARK: Everything

    /// mlockall(2). - Throws: EINVAL, EPERM, ENOMEM.
    func mlockall(_ task: Process, flags: UInt64) throws(Errno) {
        let flags = Int32(truncatingIfNeeded: flags)  // an int, as mlock2's
        let current: Int32 = 1
        let future: Int32 = 2
        let onFault: Int32 = 4
        if flags & ~7 != 0 { throw refuse(.EINVAL, .unknownBits("flags", UInt64(UInt32(bitPattern: flags)), known: 7)) }
        if flags == 0 || flags == onFault {
            throw refuse(.EINVAL, .combination("mlockall needs MCL_CURRENT or MCL_FUTURE"))
        }
        if !mayLockAtAll(task) { throw refuse(.EPERM, .mayNotLock) }
        if flags & current != 0, !task.capabilities.canLockMemory,
            task.mm.pointee.totalVM > task.limits.lockedMemory >> 12
        {
            throw refuse(
                .ENOMEM,
                .lockLimit(locked: 0, more: task.mm.pointee.totalVM, limit: task.limits.lockedMemory))
        }
        let lock: VMFlags = flags & onFault != 0 ? [.locked, .lockOnFault] : .locked
        task.mm.pointee.defaultFlags.subtract(.lockedMask)
        if flags & future != 0 { task.mm.pointee.defaultFlags.formUnion(lock) }
        guard flags & current != 0 else { return }
        setLockEverywhere(task, lock)
        populate(task, 0, AddressSpaceLimit.taskSize)
    }

    /// munlockall(2).
    func munlockall(_ task: Process) {
        task.mm.pointee.defaultFlags.subtract(.lockedMask)
        setLockEverywhere(task, [])
    }

    /// `apply_mlockall_flags`: a VMA that refuses is left as it is.
    private func setLockEverywhere(_ task: Process, _ lock: VMFlags) {
        var address: VirtualAddress = 0
        while let vma = findVMA(task.mm, address) {
            let start = vma.pointee.start
            address = vma.pointee.end
            passingOver { () throws(Errno) in try setLock(vma, start, address, lock) }
        }
    }
}
