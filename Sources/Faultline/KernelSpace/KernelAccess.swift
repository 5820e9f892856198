/// Accesses of the kernel's own: `kload` and `kstore` of the language.
extension Machine {
    /// Reads a byte at a kernel address, through the TLB and the kernel's tables; nil where the access ended in an oops, or in the
    /// exception table.
    func kernelLoad(_ address: VirtualAddress, isFixedUp: Bool = false) -> UInt8? {
        let access = KernelAccess(address: address, kind: .read, isFixedUp: isFixedUp)
        guard let physical = kernelTranslate(access) else { return nil }
        let isMemory = isMemory(physical)
        if !isMemory, isRecord(physical) { meet(.recordBytes) }
        let byte = isMemory ? frames.byte(physical) : .max
        if kernel.watched.stepped != nil { endStep(access, byte) }
        return byte
    }

    /// Writes a byte at a kernel address; false where the access ended in an oops. A device takes it and says nothing.
    func kernelStore(_ address: VirtualAddress, _ byte: UInt8) -> Bool {
        let access = KernelAccess(address: address, kind: .write, value: byte)
        guard let physical = kernelTranslate(access) else { return false }
        if isMemory(physical) {
            if let slab = slab(of: physical >> 12), !isInLiveObject(slab, address) { kernel.wasMisused = true }
            frames.setByte(physical, byte)
        } else if isRecord(physical) {
            meet(.recordBytes)
        }
        if kernel.watched.stepped != nil { endStep(access, byte) }
        return true
    }

    /// Whether RAM answers at a physical address: the bus has devices in the holes between parts of it.
    private func isMemory(_ physical: PhysicalAddress) -> Bool {
        physical >> 12 < frames.endFrame && self.physical.isMemory(physical >> 12)
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

    /// The top-level table that the CPU has: the current process's, `swapper_pg_dir` where none runs.
    var kernelRoot: PFN { cpu.task.map { $0._withUnsafeGuaranteedRef { $0.mm.pointee.pgd } } ?? kernel.initMM.pgd }

    /// The TLB context of that table's address space.
    var kernelContext: UInt32 { cpu.task.map { $0._withUnsafeGuaranteedRef { $0.mm.pointee.context } } ?? 0 }

    /// Asks the TLB, and walks the tables; what the walk refuses goes to the dispatcher of kernel faults.
    private func kernelTranslate(_ access: KernelAccess) -> PhysicalAddress? {
        guard bringUpKernelSpace() else { return nil }
        let context = kernelContext
        // A watch, a stale right and a probe may each have it made once more.
        for _ in 0..<4 {
            switch cpu.mmu.translateForKernel(root: kernelRoot, context: context, access.address, access.kind) {
            case .physical(let physical):
                // SMAP: the kernel's own instructions reach memory of programs between `stac` and `clac` only, as `get_user` does.
                if access.address >= KernelLayout.upperHalf || access.isFixedUp { return physical }
                cpu.mmu.faultAddress = access.address
                if !handleKernelFault(access, access.kind == .read ? 1 : 3) { return nil }
            case .notCanonical:
                if !access.isFixedUp {
                    reportProtectionFault(address: access.address, during: access.routine.name, access)
                }
                return nil
            case .fault(let code):
                cpu.mmu.faultAddress = access.address
                if !handleKernelFault(access, code) { return nil }
            }
        }
        return nil
    }
}
