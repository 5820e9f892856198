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
        let translation = mmu.translate(root: mm.pointee.pgd, context: mm.pointee.context, address, kind)
        if case .physical(let physical) = translation { return .physical(physical) }
        return faultingAccess(task, address, kind, translation)
    }

    /// An access that failed. Apart from the way of a hit, which then saves no registers for it; and without a loop, out of
    /// which the compiler would lift what only the rare faults need.
    @inline(never)
    private func faultingAccess(
        _ task: Process, _ address: VirtualAddress, _ kind: AccessKind, _ translation: Translation
    ) -> AccessResult {
        guard case .fault(let errorCode) = translation else {
            emit(.signal, .nonCanonical, address)
            return .signal(.generalProtection)
        }
        switch pageFault(task, address, errorCode: errorCode) {
        case .handled:
            let translation = mmu.translateAfterFault(address, kind)
            if case .physical(let physical) = translation { return .physical(physical) }
            return faultAgain(task, address, kind, translation)
        case .signal(let signal): return .signal(signal)
        case .outOfMemory:
            guard killForMemory(task) else { return .signal(.killed) }
            return accessAgain(task, address, kind)
        }
    }

    @inline(never)
    private func faultAgain(
        _ task: Process, _ address: VirtualAddress, _ kind: AccessKind, _ translation: Translation
    ) -> AccessResult {
        faultingAccess(task, address, kind, translation)
    }

    @inline(never)
    private func accessAgain(_ task: Process, _ address: VirtualAddress, _ kind: AccessKind) -> AccessResult {
        access(task, address, kind)
    }
}
