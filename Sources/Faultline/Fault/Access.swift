extension Machine {
    /// What a byte access came to.
    enum AccessResult {
        case physical(PhysicalAddress)
        case signal(FaultSignal)
    }

    /// Makes an access as the CPU does: translate, fault, and try again until it succeeds or a signal ends it.
    @inline(__always)
    func access(_ task: Process, _ address: VirtualAddress, _ kind: AccessKind) -> AccessResult {
        let mm = task.mm
        let translation = cpu.mmu.translate(root: mm.pointee.pgd, context: mm.pointee.context, address, kind)
        if case .physical(let physical) = translation { return .physical(physical) }
        return faultingAccess(task, address, kind, translation)
    }

    /// An access that failed. Apart from the way of a hit, which then saves no registers for it; and without a loop, out of
    /// which the compiler would lift what only the rare faults need.
    @inline(never)
    func faultingAccess(
        _ task: Process, _ address: VirtualAddress, _ kind: AccessKind, _ translation: Translation
    ) -> AccessResult {
        guard case .fault(let errorCode) = translation else { return nonCanonicalAccess(address) }
        cpu.mmu.faultAddress = address
        // Before the fault, so that nothing of its work goes.
        if physical.wasLow { runKswapd() }
        switch pageFault(task, address, errorCode: errorCode) {
        case .handled:
            let translation = cpu.mmu.translateAfterFault(address, kind)
            if case .physical(let physical) = translation { return .physical(physical) }
            return faultAgain(task, address, kind, translation)
        case .signal(let signal): return .signal(signal)
        case .outOfMemory:
            guard relieveMemory(task) else { return .signal(.killed) }
            return accessAgain(task, address, kind)
        }
    }

    /// `exc_general_protection` for an address that is not canonical.
    @inline(never)
    private func nonCanonicalAccess(_ address: VirtualAddress) -> AccessResult {
        emit(.signal, .nonCanonical, address)
        refuse(.signal("SIGSEGV"), .notCanonical(address))
        return .signal(.generalProtection)
    }

    /// An access whose fault was handled, and which faults again: a fetch that brought in a page that may not be executed ends
    /// in a signal so.
    @inline(never)
    private func faultAgain(
        _ task: Process, _ address: VirtualAddress, _ kind: AccessKind, _ first: Translation
    ) -> AccessResult {
        var translation = first
        var faults = 1
        while true {
            switch translation {
            case .physical(let physical): return .physical(physical)
            case .notCanonical: return .signal(.generalProtection)
            case .fault(let errorCode):
                precondition(
                    faults < Self.faultLimit, "an access faults again and again, although each fault was handled")
                switch pageFault(task, address, errorCode: errorCode) {
                case .handled:
                    faults += 1
                    translation = cpu.mmu.translateAfterFault(address, kind)
                case .signal(let signal): return .signal(signal)
                case .outOfMemory:
                    guard relieveMemory(task) else { return .signal(.killed) }
                    // Pages were freed, or a process has ended: the count begins again.
                    faults = 0
                    translation = cpu.mmu.translate(
                        root: task.mm.pointee.pgd, context: task.mm.pointee.context, address, kind)
                }
            }
        }
    }

    /// An access for whose fault no frame was free, after another process has ended.
    @inline(never)
    private func accessAgain(_ task: Process, _ address: VirtualAddress, _ kind: AccessKind) -> AccessResult {
        let mm = task.mm
        let translation = cpu.mmu.translate(root: mm.pointee.pgd, context: mm.pointee.context, address, kind)
        return faultAgain(task, address, kind, translation)
    }

    /// How many faults of one access may be handled. A handled fault leaves an entry that is present and allows the access, but
    /// for a fetch where nothing may be executed, whose second fault is a signal. One more is a fault of this machine.
    static var faultLimit: Int { 4 }
}
