extension Machine {
    /// mprotect(2) (`do_mprotect_pkey` in `mm/mprotect.c`).
    ///
    /// - Throws: EINVAL, ENOMEM, EACCES, EPERM; what came before the failing VMA is changed then.
    func mprotect(_ task: Process, _ address: UInt64, _ size: UInt64, prot requested: UInt64) throws(Errno) {
        let growsDown: UInt64 = 0x0100_0000
        let growsUp: UInt64 = 0x0200_0000
        let grows = requested & (growsDown | growsUp)
        let prot = requested & ~(growsDown | growsUp)
        if grows == growsDown | growsUp || !address.isPageAligned { throw .EINVAL }
        if size == 0 { return }
        let length = size.pageAlignedUp
        var start = address
        let end = start &+ length
        if end <= start { throw .ENOMEM }
        if prot & ~0xf != 0 { throw .EINVAL }
        guard var vma = findVMA(task.mm, start) else { throw .ENOMEM }
        if grows & growsDown != 0 {
            if vma.pointee.start >= end { throw .ENOMEM }
            start = vma.pointee.start
            if !vma.pointee.flags.has(.growsDown) { throw .EINVAL }
        } else {
            if vma.pointee.start > start { throw .ENOMEM }
            if grows & growsUp != 0 { throw .EINVAL }
        }
        // One VMA a round, or more where they merged: `start` is behind it then.
        while true {
            // A merge may have taken in what follows and has the right protection already.
            start = try protect(task, vma, start, min(vma.pointee.end, end), prot)
            if start >= end { return }
            guard let next = findVMA(task.mm, start), next.pointee.start == start else { throw .ENOMEM }
            vma = next
        }
    }

    private func protect(
        _ task: Process, _ vma: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress, _ prot: UInt64
    ) throws(Errno) -> VirtualAddress {
        let old = vma.pointee.flags
        let new = VMFlags(protection: prot).union(old.subtracting(.access))
        // The VM_MAY bits stand four above the access bits.
        if new.rawValue & ~(new.rawValue >> 4) & 7 != 0 { throw .EACCES }
        if deniesWriteExecute(task.mm, old: old, new: new) { throw .EACCES }
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
        if old.has(.sealed) { throw .EPERM }
        if requested == old { return end }
        var new = requested
        let pages = (end - start) >> 12
        var charged: UInt64 = 0
        if new.has(.write) {
            if !mayExpand(task, new, pages), mayExpand(task, old, pages) { throw .ENOMEM }
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
