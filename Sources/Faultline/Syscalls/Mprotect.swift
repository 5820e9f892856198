extension Machine {
    /// mprotect(2) and pkey_mprotect(2) (`do_mprotect_pkey` in `mm/mprotect.c`); key -1 is none.
    ///
    /// - Throws: EINVAL, ENOMEM, EACCES, EPERM; what came before the failing VMA is changed then.
    func mprotect(
        _ task: Process, _ address: UInt64, _ size: UInt64, prot requested: UInt64, key: Int32 = -1
    ) throws(Errno) {
        let growsDown: UInt64 = 0x0100_0000
        let growsUp: UInt64 = 0x0200_0000
        let grows = requested & (growsDown | growsUp)
        let prot = requested & ~(growsDown | growsUp)
        if grows == growsDown | growsUp {
            throw refuse(.EINVAL, .combination("PROT_GROWSDOWN and PROT_GROWSUP exclude each other"))
        }
        if !address.isPageAligned { throw refuse(.EINVAL, .unaligned("addr", address)) }
        if size == 0 { return }
        let length = size.pageAlignedUp
        var start = address
        let end = start &+ length
        if end <= start { throw refuse(.ENOMEM, .rangeWraps(start, size)) }
        if prot & ~0xf != 0 { throw refuse(.EINVAL, .unknownBits("prot", prot, known: 0xf)) }
        if key != -1, !task.mm.pointee.keys.isAllocated(key) { throw refuse(.EINVAL, .noKey(key)) }
        guard var vma = findVMA(task.mm, start) else { throw refuse(.ENOMEM, .hole(at: start, in: start, end)) }
        if grows & growsDown != 0 {
            if vma.pointee.start >= end { throw refuse(.ENOMEM, .hole(at: start, in: start, end)) }
            start = vma.pointee.start
            if !vma.pointee.flags.has(.growsDown) {
                throw refuse(.EINVAL, .wrongKind(vma.pointee.range, "no stack (gd is missing)", "PROT_GROWSDOWN"))
            }
        } else {
            if vma.pointee.start > start { throw refuse(.ENOMEM, .hole(at: start, in: start, end)) }
            if grows & growsUp != 0 {
                throw refuse(.EINVAL, .wrongKind(vma.pointee.range, "nothing that grows up", "PROT_GROWSUP"))
            }
        }
        let gathers = beginGather(task.mm)
        defer { endGather(gathers) }
        // One VMA a round, or more where they merged: `start` is behind it then.
        while true {
            // A merge may have taken in what follows and has the right protection already.
            start = try protect(task, vma, start, min(vma.pointee.end, end), prot, key)
            if start >= end { return }
            guard let next = findVMA(task.mm, start), next.pointee.start == start else {
                throw refuse(.ENOMEM, .hole(at: start, in: address, end))
            }
            vma = next
        }
    }

    private func protect(
        _ task: Process, _ vma: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress, _ prot: UInt64,
        _ key: Int32
    ) throws(Errno) -> VirtualAddress {
        let old = vma.pointee.flags
        let newKey = keyAfterProtect(task, vma, prot, requested: key)
        // VM_FLAGS_CLEAR
        let kept = old.subtracting(.access.union(.protectionKeyMask))
        let new = VMFlags(protection: prot, key: newKey).union(kept)
        // The VM_MAY bits stand four above the access bits.
        let missing = new.rawValue & ~(new.rawValue >> 4) & 7
        if missing != 0 { throw refuse(.EACCES, .mayNot(vma.pointee.range, missing: VMFlags(rawValue: missing << 4))) }
        if deniesWriteExecute(task.mm, old: old, new: new) { throw refuse(.EACCES, .denyWriteExecute(new.permissions)) }
        return try changeProtection(task, vma, start, end, new)
    }

    /// `mprotect_fixup`.
    ///
    /// - Returns: where the VMA that holds the range ends.
    private func changeProtection(
        _ task: Process, _ vma: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress,
        _ requested: VMFlags
    ) throws(Errno) -> VirtualAddress {
        let old = vma.pointee.flags
        if old.has(.sealed) { throw refuse(.EPERM, .sealed(vma.pointee.range)) }
        if requested == old { return end }
        var new = requested
        let pages = (end - start) >> 12
        var charged: UInt64 = 0
        if new.has(.write) {
            if !mayExpand(task, new, pages), mayExpand(task, old, pages) {
                throw refuse(.ENOMEM, expansionRule(task, new, pages))
            }
            if !old.hasAny([.account, .write, .hugeTLB, .shared, .noReserve]) {
                try chargeMemory(pages, of: task.mm)
                charged = pages
                new.formUnion(.account)
            }
        } else if old.has(.account), vma.pointee.isAnonymous, vma.pointee.anonVMA == nil {
            // Never written to: the charge goes back, and the neighbours that never had one fit again.
            new.subtract(.account)
        }
        let target: Handle<VMArea>
        do {
            target = try modifyVMA(vma, start, end, flags: new)
        } catch {
            unchargeMemory(charged)
            throw error
        }
        target.pointee.flags = new.union(target.pointee.flags.intersection(.maybeGuard))
        protectEntries(target, start, end)
        if old.has(.account), !new.has(.account) { unchargeMemory(pages) }
        if old.intersection([.write, .shared, .locked]) == .locked, new.has(.write) {
            // Locked private memory that becomes writable is copied now rather than at a later fault.
            populateRange(task, target, start, end)
        }
        account(task.mm, old, -Int64(pages))
        account(task.mm, new, Int64(pages))
        return target.pointee.end
    }
}
