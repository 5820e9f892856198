/// Faults that userspace serves (`fs/userfaultfd.c`, `mm/memory.c`).
extension Machine {
    /// `handle_userfault`: the process sleeps, and its access with it; the fault is made anew when it wakes.
    ///
    /// - Parameter pageBytes: the size of the page that is missing.
    /// - Returns: the signal that stands for sleep, or SIGBUS where the fault cannot wait.
    @inline(never)
    func handleUserfault(
        _ vma: Handle<VMArea>, _ address: VirtualAddress, _ flags: FaultFlags, _ reason: UserfaultReason,
        pageBytes: UInt64 = PageSize.base
    ) -> FaultOutcome {
        guard let context = vma.pointee.userfault, let task = cpu.task?.takeUnretainedValue() else {
            return withoutUserfault(address, "there is none")
        }
        let features = context.pointee.features
        if features.contains(.sigbus) { return withoutUserfault(address, "UFFD_FEATURE_SIGBUS asks for a signal") }
        if !flags.contains(.user), context.pointee.isUserModeOnly {
            return withoutUserfault(address, "the kernel's own fault, and UFFD_USER_MODE_ONLY serves none")
        }
        if flags.intersection([.withoutRestart, .mayWait]) == .withoutRestart {
            return withoutUserfault(address, "this fault of the kernel cannot wait")
        }
        let message = features.contains(.exactAddress) ? address : address & ~(pageBytes - 1)
        let attempt = FaultAttempt(
            address: address, isWrite: flags.contains(.write), isFetch: flags.contains(.instruction),
            isUser: flags.contains(.user))
        noteDroppedLock(flags, address, .lockUserfault)
        sleep(task, UserfaultWait(context: context, kind: .fault(reason, message: message, attempt)))
        emit(.userfaultWait, reason.event, message)
        return .signal(.waits)
    }

    private func withoutUserfault(_ address: VirtualAddress, _ why: String) -> FaultOutcome {
        emit(.signal, .userfault, address)
        refuse(.signal("SIGBUS"), .userfaultCannotServe(address, why))
        return .signal(.busError)
    }

    /// What a userfaultfd serves of a fault on a page of a memory file (`shmem_get_folio_gfp`); nil where the fault goes on.
    @inline(never)
    func userfaultOfFile(
        _ vma: Handle<VMArea>, _ mapping: Handle<FileMapping>, _ index: UInt64, _ address: VirtualAddress,
        _ flags: FaultFlags
    ) -> FaultOutcome? {
        guard mapping.pointee.kind == .shmem, index < mapping.pointee.endIndex else { return nil }
        let modes = vma.pointee.flags
        let cached = mapping.pointee.pages.load(index)
        let isThere = CacheEntry(rawValue: cached).isPage || Self.shmemSlot(cached, of: mapping) != nil
        if isThere, modes.has(.userfaultMinor) { return handleUserfault(vma, address, flags, .minor) }
        if !isThere, modes.has(.userfaultMissing) { return handleUserfault(vma, address, flags, .missing) }
        return nil
    }

    /// `handle_pte_marker`.
    @inline(never)
    func faultMarker(
        _ vma: Handle<VMArea>, _ address: VirtualAddress, _ entry: EntryPointer, _ marker: EntryMarker,
        _ flags: FaultFlags
    ) -> FaultOutcome {
        if marker.contains(.poisoned) {
            emit(.signal, .poisoned, address)
            refuse(.signal("SIGBUS"), .poisonedPage(address))
            return .signal(.busError)
        }
        if marker.contains(.guardRegion) {
            emit(.signal, .guardRegion, address)
            refuse(.signal("SIGSEGV"), .guardRegion(address, in: vma.pointee.range))
            return .signal(.noMapping)
        }
        guard vma.pointee.flags.has(.userfaultWP) else {
            // pte_marker_clear: left over from an earlier registration; the access is made again.
            entry.pointee = 0
            return .handled(isMajor: false)
        }
        // do_pte_missing: whatever comes is write-protected.
        let outcome =
            vma.pointee.isAnonymous
            ? faultAnonymous(vma, address, entry, flags) : faultFile(vma, address, flags)
        if case .handled = outcome, let made = findPTE(vma.pointee.mm, address) {
            made.pointee = PTE(rawValue: made.pointee).writeProtected.rawValue
        }
        return outcome
    }

    /// Whether a write meets a page that a userfaultfd has protected (`userfaultfd_pte_wp`); nil where it goes on.
    @inline(never)
    func userfaultOfWrite(
        _ vma: Handle<VMArea>, _ address: VirtualAddress, _ entry: EntryPointer, _ flags: FaultFlags
    ) -> FaultOutcome? {
        guard vma.pointee.flags.has(.userfaultWP) else { return nil }
        if !isAsynchronous(vma) { return handleUserfault(vma, address, flags, .writeProtected) }
        entry.pointee &= ~PTE.userfaultWPBit
        return nil
    }

    /// Makes the fault again for which a process slept, and counts it as the kernel does: under the VMA's own lock the first try of a
    /// program's fault leaves no trace, any other one makes it a major fault (`FAULT_FLAG_TRIED`).
    ///
    /// - Parameter tries: how often it waited.
    func repeatFault(_ task: Process, _ attempt: FaultAttempt, tries: Int) -> FaultOutcome {
        let before = task.minorFaults
        let outcome: FaultOutcome
        if attempt.isUser {
            var errorCode = PageFaultErrorCode.user
            if attempt.isWrite { errorCode |= PageFaultErrorCode.write }
            if attempt.isFetch { errorCode |= PageFaultErrorCode.instruction }
            outcome = pageFault(task, attempt.address, errorCode: errorCode)
        } else {
            outcome = kernelFault(task, attempt.address, write: attempt.isWrite)
        }
        if task.minorFaults != before, tries > (attempt.isUser ? 1 : 0) {
            task.minorFaults &-= 1
            task.majorFaults &+= 1
        }
        return outcome
    }

    /// A fault of the kernel on a program's memory, as copy_from_user makes it.
    func kernelFault(_ task: Process, _ address: VirtualAddress, write: Bool) -> FaultOutcome {
        guard address < AddressSpaceLimit.taskSize, let vma = findVMA(task.mm, address),
            vma.pointee.start <= address || (vma.pointee.flags.has(.growsDown) && growStack(task, vma, address))
        else { return .signal(.noMapping) }
        if !vma.pointee.flags.hasAny(write ? .write : .access) { return .signal(.accessDenied) }
        if !keyPermits(task, vma, write: write) { return .signal(.accessDenied) }
        return handleFault(task, vma, address, flags: write ? .write : [])
    }
}

extension PTE {
    /// `pte_mkuffd_wp`.
    var writeProtected: PTE { setting(Self.userfaultWPBit).clearing(Self.writeBit) }
}

extension UserfaultReason {
    fileprivate var event: Event.Reason {
        switch self {
        case .missing: .userfaultMissing
        case .writeProtected: .userfaultWP
        case .minor: .userfaultMinor
        }
    }
}
