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
        var translation = mmu.translate(root: mm.pointee.pgd, context: mm.pointee.context, address, kind)
        while true {
            switch translation {
            case .physical(let physical): return .physical(physical)
            case .notCanonical:
                emit(.signal, .nonCanonical, address)
                return .signal(.generalProtection)
            case .fault(let errorCode):
                switch pageFault(task, address, errorCode: errorCode) {
                case .handled:
                    // A page that was present may be in a TLB still; one that was not cannot be.
                    translation =
                        errorCode & PageFaultErrorCode.protection == 0
                        ? mmu.translateAfterFault(address, kind)
                        : mmu.translate(root: mm.pointee.pgd, context: mm.pointee.context, address, kind)
                case .signal(let signal): return .signal(signal)
                case .outOfMemory:
                    guard killForMemory(task) else { return .signal(.killed) }
                    translation = mmu.translate(root: mm.pointee.pgd, context: mm.pointee.context, address, kind)
                }
            }
        }
    }
}
