extension Machine {
    /// `mm_populate`: faults in what is mapped of a range; what cannot be is left.
    func populate(_ task: Process, _ start: VirtualAddress, _ length: UInt64) {
        // Readers hear first that the old mappings went.
        if !userfaults.steps.isEmpty {
            return userfaults.steps.append(.populate(start, start &+ length, forLock: false))
        }
        _ = passingOver { () throws(Errno) in try populateMapped(task, start, start &+ length, ignoringErrors: true) }
    }

    /// `__mm_populate`.
    ///
    /// - Throws: EFAULT or ENOMEM at the first page that cannot be had, unless errors are ignored; ERESTARTNOINTR where one is
    ///   userspace's to serve.
    func populateMapped(
        _ task: Process, _ first: VirtualAddress, _ end: VirtualAddress, ignoringErrors: Bool
    ) throws(Errno) {
        var start = first
        while start < end, let vma = findVMA(task.mm, start, end) {
            let stop = min(end, vma.pointee.end)
            if !vma.pointee.flags.hasAny([.io, .pfnMap]) {
                do {
                    try populateVMA(task, vma, max(start, vma.pointee.start), stop)
                } catch {
                    if error == .ERESTARTNOINTR {
                        userfaults.steps.append(.populate(task.waitPage, end, forLock: !ignoringErrors))
                    } else if ignoringErrors {
                        start = stop
                        continue
                    }
                    throw error
                }
            }
            start = stop
        }
    }

    /// `populate_vma_page_range` of a caller that keeps its lock, where errors do not matter: a fault waits for the disk
    /// and is a major one.
    func populateRange(_ task: Process, _ vma: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress) {
        _ = passingOver { () throws(Errno) in try populateVMA(task, vma, start, end, .withoutRestart) }
    }

    /// `populate_vma_page_range`: private writable memory is written to, so that it is the process's own afterwards.
    private func populateVMA(
        _ task: Process, _ vma: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress,
        _ caller: FaultFlags = .population
    ) throws(Errno) {
        let flags = vma.pointee.flags
        if flags.has(.lockOnFault) { return }
        let write = flags.intersection([.write, .shared]) == .write
        let how = write ? caller.union(.write) : caller
        if !flags.hasAny(.access) {
            throw refuse(.EFAULT, .cannotPopulate(start, "its VMA allows no access (PROT_NONE)"))
        }
        // What __get_user_pages refuses drains the batches too; the two refusals above come before it.
        defer { drainBatches() }
        // check_vma_flags: whether the pages are there already does not matter.
        if !keyPermits(task, vma, write: write) { throw refuse(.EFAULT, keyRule(task, vma, write: write)) }
        var address = start
        while address < end {
            try faultIn(task, vma, address, how)
            address &+= PageSize.base
        }
    }

    /// What `keyPermits` said no for.
    private func keyRule(_ task: Process, _ vma: Handle<VMArea>, write: Bool) -> Refusal.Rule {
        .keyDenied(
            vma.pointee.range, key: vma.pointee.flags.protectionKey, write ? "write" : "read", pkru: task.pkru.rawValue)
    }

    /// MADV_POPULATE_READ and MADV_POPULATE_WRITE (`madvise_populate`), from an address of the range on.
    ///
    /// - Parameter isTried: the first page has been waited for, so that a further fault there is a major one (`FOLL_TRIED`).
    func populateForAdvice(
        _ task: Process, _ start: VirtualAddress, _ end: VirtualAddress, at first: VirtualAddress, write: Bool,
        isTried: Bool = false
    ) throws(Errno) {
        defer { drainBatches() }
        swap.inFlight.removeAll()
        var address = first
        while address < end {
            guard let vma = lookupVMA(task.mm, address) else {
                throw refuse(.ENOMEM, .hole(at: address, in: start, end))
            }
            let flags = vma.pointee.flags
            if flags.hasAny([.io, .pfnMap]) {
                throw refuse(
                    .EINVAL, .flagsForbid(vma.pointee.range, flags.intersection([.io, .pfnMap]), "population"))
            }
            if !flags.has(write ? .write : .read) {
                throw refuse(
                    .EINVAL, .wrongKind(vma.pointee.range, write ? "not writable" : "not readable", "population"))
            }
            if !keyPermits(task, vma, write: write) { throw refuse(.EINVAL, keyRule(task, vma, write: write)) }
            let stop = min(end, vma.pointee.end)
            while address < stop {
                do {
                    try faultIn(task, vma, address, write ? .write : [], isTried: isTried && address == first)
                } catch {
                    if error == .ERESTARTNOINTR {
                        userfaults.steps.append(.populateForAdvice(start, end, at: address, write: write))
                    }
                    if case .marker(let marker) = EntryState(lastLevel: readPTE(task.mm, address).rawValue),
                        marker.contains(.poisoned)
                    {
                        throw renamed(.EHWPOISON)
                    }
                    throw error
                }
                address &+= PageSize.base
            }
        }
    }

    /// One page of `__get_user_pages`: follow the entry, or fault until it can be followed.
    ///
    /// - Throws: EFAULT where the fault would be a signal, ENOMEM where no frame is free.
    private func faultIn(
        _ task: Process, _ vma: Handle<VMArea>, _ address: VirtualAddress, _ flags: FaultFlags, isTried: Bool = false
    ) throws(Errno) {
        let write = flags.contains(.write)
        for _ in 0...Self.faultLimit {
            let pte = readPTE(task.mm, address)
            if pte.isPresent, !write || pte.isWritable {
                followTouching(task.mm, address, pte, write: write)
                return
            }
            switch handleFault(task, vma, address, flags: flags) {
            case .handled(isMajor: false) where isTried:
                task.minorFaults &-= 1
                task.majorFaults &+= 1
            case .handled: continue
            case .signal(.waits): throw .waiting
            case .signal(let signal): throw refuse(.EFAULT, .cannotPopulate(address, signal.meaning))
            case .outOfMemory where memoryGroup.dying < 0 && reclaimForAllocation(): continue
            case .outOfMemory: throw refuse(.ENOMEM, .cannotPopulate(address, "no frame of RAM is free"))
            }
        }
        preconditionFailure("a page is faulted in again and again, although each fault was handled")
    }

    /// What FOLL_TOUCH does to a page that is there, or to the entry of a PMD that maps it (`touch_pmd`): x86 writes that only for a write
    /// (`pmdp_set_access_flags`).
    func followTouching(_ mm: Handle<MMStruct>, _ address: VirtualAddress, _ pte: PTE, write: Bool) {
        if huge.isLooked, case .huge(let entry, _) = lookup(mm, address) {
            if write { entry.pointee |= PTE.accessedBit | PTE.dirtyBit }
            return
        }
        if !pte.isSpecial { touchFollowed(pte, write: write) }
    }

    /// What FOLL_TOUCH does to a page.
    private func touchFollowed(_ pte: PTE, write: Bool) {
        let folio = folio(of: pte.pfn)
        // Of a page of the pool nobody asks whether it was used.
        if folio.head.pointee.has(.hugeTLB) { return }
        if write, !pte.isDirty, !folio.head.pointee.has(PageFlag.dirty) { markFilePageDirty(folio.pfn) }
        markAccessed(folio.pfn)
    }
}
