extension Machine {
    /// `exc_page_fault` for a program's access: from the address and the error code to a good entry or a signal.
    @inline(__always)
    func pageFault(_ task: Process, _ address: VirtualAddress, errorCode: UInt32) -> FaultOutcome {
        if address >= AddressSpaceLimit.taskSize { return faultOutsideTask(address, errorCode) }
        let found = task.mm.pointee.faultCache
        if let vma = found, vma.pointee.contains(address) {
            return fault(task, vma, address, errorCode)
        }
        guard let vma = vmaForFault(task, address) else {
            notePassedLock(address, staysPassed: false)
            emit(.pageFaultUser, .noMapping, address, UInt64(errorCode))
            noteNoMapping(task, address)
            return .signal(.noMapping)
        }
        task.mm.pointee.faultCache = vma
        return fault(task, vma, address, errorCode)
    }

    /// `lock_mm_and_find_vma`: the VMA at the address, or a stack above that grows down to it.
    private func vmaForFault(_ task: Process, _ address: VirtualAddress) -> Handle<VMArea>? {
        guard let vma = findVMA(task.mm, address) else { return nil }
        if vma.pointee.start <= address { return vma }
        guard vma.pointee.flags.has(.growsDown), growStack(task, vma, address) else { return nil }
        notePassedLock(address, staysPassed: true)
        return vma
    }

    @inline(__always)
    private func fault(
        _ task: Process, _ vma: Handle<VMArea>, _ address: VirtualAddress, _ errorCode: UInt32
    ) -> FaultOutcome {
        let vmaFlags = vma.pointee.flags
        if Self.isAccessError(vmaFlags, errorCode) || task.pkru.denials(vmaFlags.protectionKey) != 0 {
            if let signal = accessError(task, vma, address, errorCode) { return .signal(signal) }
        }
        var flags: FaultFlags = .user
        if errorCode & PageFaultErrorCode.write != 0 { flags.formUnion(.write) }
        if errorCode & PageFaultErrorCode.instruction != 0 { flags.formUnion(.instruction) }
        if isTracing { tell(task, vma, address, errorCode, .none) }
        return handleFault(task, vma, address, flags: flags)
    }

    /// The fault, and which lock it holds.
    @inline(never)
    private func tell(
        _ task: Process, _ vma: Handle<VMArea>, _ address: VirtualAddress, _ errorCode: UInt32, _ reason: Event.Reason
    ) {
        emit(.pageFaultUser, reason, address, UInt64(errorCode))
        noteReadLock(vma, address, tries: task.faultTries)
    }

    /// `bad_area_access_error`: the protection key is looked at first, so that a write to read-only memory whose key is closed
    /// is a fault of the key.
    ///
    /// - Returns: nil where the key forbids something else.
    @inline(never)
    private func accessError(
        _ task: Process, _ vma: Handle<VMArea>, _ address: VirtualAddress, _ errorCode: UInt32
    ) -> FaultSignal? {
        let isFetch = errorCode & PageFaultErrorCode.instruction != 0
        if !isFetch, !keyPermits(task, vma, write: errorCode & PageFaultErrorCode.write != 0) {
            if isTracing { tell(task, vma, address, errorCode, .keyDenied) }
            refuse(
                .signal("SIGSEGV"),
                .keyDenied(
                    vma.pointee.range, key: vma.pointee.flags.protectionKey, PageFaultErrorCode.access(errorCode),
                    pkru: task.pkru.rawValue))
            return .protectionKey(UInt8(vma.pointee.flags.protectionKey))
        }
        precondition(
            errorCode & PageFaultErrorCode.protectionKey == 0, "an entry has another protection key than its VMA")
        guard Self.isAccessError(vma.pointee.flags, errorCode) else { return nil }
        if isTracing { tell(task, vma, address, errorCode, .accessDenied) }
        refuse(
            .signal("SIGSEGV"),
            .accessDenied(vma.pointee.range, vma.pointee.flags.permissions, PageFaultErrorCode.access(errorCode)))
        return .accessDenied
    }

    /// `access_error`: a fetch from a page that is not there is not looked at more closely than a read.
    @inline(__always)
    private static func isAccessError(_ flags: VMFlags, _ errorCode: UInt32) -> Bool {
        if errorCode & PageFaultErrorCode.write != 0 { return !flags.has(.write) }
        if errorCode & PageFaultErrorCode.protection != 0 { return true }
        return !flags.hasAny(.access)
    }

    /// `handle_mm_fault`: makes the entry good and counts the fault for the process.
    @inline(__always)
    @discardableResult
    func handleFault(
        _ task: Process, _ vma: Handle<VMArea>, _ address: VirtualAddress, flags: FaultFlags
    ) -> FaultOutcome {
        if placesByPolicy { placeByPolicy(vma, address) }
        let outcome = handleEntry(vma, address, flags)
        if placesByPolicy { faultPlace = nil }
        switch outcome {
        case .handled(isMajor: false): task.minorFaults &+= 1
        case .handled(isMajor: true):
            // Population starts anew after a wait, and finds the page then; some pages of the swap area need no wait.
            if flags.contains(.population), swap.takeLastRead() != .atOnce {
                task.minorFaults &+= 1
            } else {
                task.majorFaults &+= 1
            }
        case .signal, .outOfMemory: break
        }
        return outcome
    }

    /// `handle_pte_fault`.
    @inline(__always)
    private func handleEntry(
        _ vma: Handle<VMArea>, _ address: VirtualAddress, _ flags: FaultFlags
    ) -> FaultOutcome {
        if vma.pointee.kind == .special { return faultSpecial(vma, address, flags) }
        if !vma.pointee.isAnonymous {
            // Files decide themselves when a table is made.
            let mm = vma.pointee.mm
            var entry = lastTableEntry(mm, address)
            if entry == nil {
                // Memory of huge pages has no table that could have been the last one.
                if vma.pointee.flags.has(.hugeTLB) { return faultPool(vma, address, flags) }
                if huge.isLooked, let outcome = faultHugeFile(vma, address, flags) { return outcome }
                entry = findPTE(mm, address)
            }
            guard let entry, entry.pointee != 0 else { return faultFile(vma, address, flags) }
            return handlePresent(vma, address, entry, flags)
        }
        if huge.isLooked, let outcome = faultHuge(vma, address, flags) { return outcome }
        guard let entry = allocatePTE(vma.pointee.mm, address) else { return .outOfMemory }
        if entry.pointee == 0 { return faultAnonymous(vma, address, entry, flags) }
        return handlePresent(vma, address, entry, flags)
    }

    @inline(__always)
    func handlePresent(
        _ vma: Handle<VMArea>, _ address: VirtualAddress, _ entry: EntryPointer, _ flags: FaultFlags
    ) -> FaultOutcome {
        let pte = PTE(rawValue: entry.pointee)
        if pte.rawValue & PTE.presentBit == 0 { return faultHidden(vma, address, entry, pte, flags) }
        return faultVisible(vma, address, entry, pte, flags)
    }

    /// The end of `handle_pte_fault` for an entry that hardware cannot use.
    @inline(never)
    private func faultHidden(
        _ vma: Handle<VMArea>, _ address: VirtualAddress, _ entry: EntryPointer, _ pte: PTE, _ flags: FaultFlags
    ) -> FaultOutcome {
        if !pte.isPresent { return faultNotPresent(vma, address, entry, pte, flags) }
        if vma.pointee.flags.hasAny(.access) { return faultHinted(vma, address, entry) }
        // Somebody may look at memory without rights (FOLL_FORCE).
        return faultVisible(vma, address, entry, pte, flags)
    }

    /// The same for one that maps a page.
    @inline(__always)
    private func faultVisible(
        _ vma: Handle<VMArea>, _ address: VirtualAddress, _ entry: EntryPointer, _ pte: PTE, _ flags: FaultFlags
    ) -> FaultOutcome {
        let write = flags.contains(.write)
        if write && !pte.isWritable { return faultWriteProtected(vma, address, entry, flags) }
        if flags.contains(.unshare), !pte.isWritable { return faultUnshare(vma, address, entry) }
        return faultSpurious(vma, address, entry, write: write)
    }

    /// The end of `handle_pte_fault` where the entry allows the access.
    @inline(never)
    private func faultSpurious(
        _ vma: Handle<VMArea>, _ address: VirtualAddress, _ entry: EntryPointer, write: Bool
    ) -> FaultOutcome {
        let pte = PTE(rawValue: entry.pointee)
        // Someone else made it good; only the bits that hardware would set are missing.
        emit(.pageMapped, .spurious, address, pte.pfn)
        entry.pointee = pte.setting(write ? PTE.accessedBit | PTE.dirtyBit : PTE.accessedBit).rawValue
        flushTLBPage(vma.pointee.mm, address, .spurious, .spurious)
        return .handled(isMajor: false)
    }

    /// `do_swap_page`: an entry that is neither empty nor present.
    @inline(never)
    private func faultNotPresent(
        _ vma: Handle<VMArea>, _ address: VirtualAddress, _ entry: EntryPointer, _ pte: PTE, _ flags: FaultFlags
    ) -> FaultOutcome {
        switch EntryState(lastLevel: pte.rawValue) {
        case .marker(let marker): return faultMarker(vma, address, entry, marker, flags)
        case .swap(let swapped): return faultSwapped(vma, address, entry, swapped.offset, flags)
        case .migration:
            // migration_entry_wait: the fault sleeps until the page is in its new frame, and the access is made again.
            finishMigration()
            return .handled(isMajor: false)
        case .none, .page, .special, .table, .huge:
            preconditionFailure("a fault on an entry that is not present finds it present or empty")
        }
    }
}
