/// Accesses of the kernel's own: `kload` and `kstore` of the language.
extension Machine {
    /// Reads a byte at a kernel address, through the kernel's tables; nil where the access ended in an oops.
    func kernelLoad(_ address: VirtualAddress) -> UInt8? {
        guard let physical = kernelTranslate(address, .read) else { return nil }
        return physical >> 12 < frames.endFrame ? frames.byte(physical) : .max
    }

    /// Writes a byte at a kernel address; false where the access ended in an oops. A device takes it and says nothing.
    func kernelStore(_ address: VirtualAddress, _ byte: UInt8) -> Bool {
        guard let physical = kernelTranslate(address, .write) else { return false }
        guard physical >> 12 < frames.endFrame else { return true }
        if let slab = slab(of: physical >> 12), !isInLiveObject(slab, address) { kernel.wasMisused = true }
        frames.setByte(physical, byte)
        return true
    }

    /// Whether a byte of a slab belongs to an object that someone has.
    private func isInLiveObject(_ slab: Slab, _ address: VirtualAddress) -> Bool {
        let cache = Handle<SlabCache>(bits: slab.record.pointee.mapping)
        let direct = address &- start(slab)
        let geometry = cache.pointee.geometry
        let index = direct / UInt64(geometry.size)
        let object = start(slab) &+ index * UInt64(geometry.size) &+ UInt64(geometry.leftRedZone)
        guard index < UInt64(slab.objects), address >= object, address - object < UInt64(cache.pointee.objectSize)
        else { return false }
        return !isFree(cache, slab, object)
    }

    /// Whether an object waits to be handed out: of the slab, of the CPU, or in a sheaf.
    func isFree(_ cache: Handle<SlabCache>, _ slab: Slab, _ object: VirtualAddress) -> Bool {
        if isOnFreelist(cache, slab, object) { return true }
        if start(slab) == cache.pointee.slabStart, freeOfCPU(cache, slab).contains(object) { return true }
        let sheaves = kernel.sheaves[cache.pointee.number]
        return sheaves.main.contains(object) || sheaves.spare?.contains(object) == true
            || sheaves.full.contains { $0.contains(object) }
    }

    /// Walks the tables; what the walk refuses goes to the dispatcher of kernel faults.
    private func kernelTranslate(_ address: VirtualAddress, _ kind: AccessKind) -> PhysicalAddress? {
        guard bringUpKernelSpace() else { return nil }
        let root = cpu.task.map { $0._withUnsafeGuaranteedRef { $0.mm.pointee.pgd } } ?? kernel.initMM.pgd
        for _ in 0..<2 {
            switch cpu.mmu.translateForKernel(root: root, address, kind) {
            case .physical(let physical): return physical
            case .notCanonical:
                reportProtectionFault(address: address, during: kind == .read ? "kload" : "kstore")
                return nil
            case .fault(let code):
                if !handleKernelFault(address, code, kind) { return nil }
            }
        }
        return nil
    }
}
