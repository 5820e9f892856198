extension Machine {
    /// `expand_downwards`: a stack grows down to the page of the address. The limits are those of the process that asks, also
    /// where the stack is another one's.
    ///
    /// - Returns: false where it may not; the access then finds no mapping.
    func growStack(_ task: Process, _ vma: Handle<VMArea>, _ address: VirtualAddress) -> Bool {
        let start = address.pageAlignedDown
        // The effective minimum (the larger of the sysctl's and the LSM's), which privilege does not lift here.
        if start < settings.mmapMinAddress {
            refuse(.signal("SIGSEGV"), .stackTooLow(start, limit: settings.mmapMinAddress))
            return false
        }
        if let previous = previousVMA(vma), !previous.pointee.flags.has(.growsDown),
            previous.pointee.flags.hasAny(.access), start &- previous.pointee.end < settings.stackGuardGap
        {
            refuse(
                .signal("SIGSEGV"),
                .stackGap(
                    start, previous.pointee.range, distance: start &- previous.pointee.end,
                    gap: settings.stackGuardGap))
            return false
        }
        prepareAnonVMA(vma)
        let size = vma.pointee.end &- start
        let growth = (vma.pointee.start &- start) >> 12
        guard growth <= vma.pointee.pgoff, mayExpand(task, in: vma.pointee.mm, vma.pointee.flags, growth),
            size <= task.limits.stack,
            mayLock(task, in: vma.pointee.mm, vma.pointee.flags, growth),
            (try? chargeMemory(growth, of: vma.pointee.mm)) != nil
        else {
            noteStackRefusal(task, vma, size: size, growth: growth)
            return false
        }
        // The charge comes back with the VMA only if that is accounted as a whole.
        if !vma.pointee.flags.has(.account) { unreturnedPages += Int64(bitPattern: growth) }
        if vma.pointee.flags.has(.locked) { vma.pointee.mm.pointee.lockedVM &+= growth }
        account(vma.pointee.mm, vma.pointee.flags, Int64(growth))
        emit(.stackGrown, .none, start, growth << 12)
        setRange(vma, start, vma.pointee.end, pgoff: vma.pointee.pgoff &- growth)
        return true
    }

    /// Which limit keeps a stack from growing by so many pages.
    @inline(never)
    private func noteStackRefusal(_ task: Process, _ vma: Handle<VMArea>, size: UInt64, growth: UInt64) {
        let answer = Refusal.Answer.signal("SIGSEGV")
        if growth > vma.pointee.pgoff {
            refuse(answer, .stackOffset(growth, pgoff: vma.pointee.pgoff))
        } else if !mayExpand(task, in: vma.pointee.mm, vma.pointee.flags, growth) {
            refuse(answer, expansionRule(task, in: vma.pointee.mm, vma.pointee.flags, growth))
        } else if size > task.limits.stack {
            refuse(answer, .stackLimit(size, limit: task.limits.stack))
        } else if !mayLock(task, in: vma.pointee.mm, vma.pointee.flags, growth) {
            refuse(answer, lockRule(task, in: vma.pointee.mm, growth))
        } else {
            rename(answer)
        }
    }

    /// Nothing is mapped at an address; a stack that refused to grow has said why already.
    @inline(never)
    func noteNoMapping(_ task: Process, _ address: VirtualAddress) {
        guard hearsRefusals else { return }
        let above = findVMA(task.mm, address)
        if let above, above.pointee.flags.has(.growsDown) { return }
        let end = above?.pointee.start ?? AddressSpaceLimit.taskSize
        let below = task.mm.pointee.tree.previous(before: end)?.pointee.end ?? 0
        refuse(.signal("SIGSEGV"), .noMapping(address, between: below, and: end))
    }
}
