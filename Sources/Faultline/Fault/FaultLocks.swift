/// Which lock a fault holds, for events (`do_user_addr_fault` in `arch/x86/mm/fault.c`).
extension Machine {
    /// `lock_vma_under_rcu` found the VMA of a program's fault. One that is made again after a wait holds mmap_lock still.
    func noteReadLock(_ vma: Handle<VMArea>, _ address: VirtualAddress, tries: Int) {
        if !vmaLocks.isOn { return }
        vmaLocks.held.removeAll(keepingCapacity: true)
        if vmaLocks.wasPassed || tries > 0 {
            vmaLocks.wasPassed = false
        } else {
            emit(.vmaLockedToRead, .none, address, vma.pointee.start)
        }
    }

    /// `lock_vma_under_rcu` found none: the fault looks again under mmap_lock, and may let a stack grow.
    func notePassedLock(_ address: VirtualAddress, staysPassed: Bool) {
        guard isTracing, vmaLocks.isOn else { return }
        vmaLocks.held.removeAll(keepingCapacity: true)
        vmaLocks.wasPassed = staysPassed
        emit(.vmaLockAborted, .lockNoVMA, address)
    }

    /// VM_FAULT_RETRY of a fault that held its VMA's lock: it lets go of it, and is made again under mmap_lock.
    func noteDroppedLock(_ flags: FaultFlags, _ address: VirtualAddress, _ why: Event.Reason) {
        guard isTracing, vmaLocks.isOn, flags.contains(.user) else { return }
        if let task = cpu.task?.takeUnretainedValue(), task.faultTries > 0 { return }
        emit(.vmaLockRetried, why, address)
    }
}
