/// Per-CPU memory and the kernel's fixed addresses, as the kernel's own code asks for them in the place of a process.
extension Machine {
    // MARK: Per-CPU memory

    /// alloc_percpu_gfp, or alloc_percpu with GFP_KERNEL: a per-CPU pointer.
    ///
    /// - Throws: EINVAL for a size or an alignment that there is not, ENOMEM for the other times that the kernel returns NULL.
    package func allocatePerCPU(
        _ process: Int, _ size: UInt64, align: UInt64, gfp: UInt64? = nil
    ) throws(Errno) -> UInt64 {
        try enterKernel(process)
        let flags = gfp.map { GFPFlags(rawValue: UInt32(truncatingIfNeeded: $0)) } ?? .kernel
        if let pointer = allocatePerCPU(size, align: align, flags) { return pointer }
        guard size &- 1 < UInt64(PerCPULayout.largestArea), align <= 4096, align & (align &- 1) == 0 else {
            throw refuse(
                .EINVAL, .argument("size", .givenBytes(size), "must be 1 to 32K, the alignment a power of two to 4K"))
        }
        throw refuse(.ENOMEM, .noFrame("\(size) bytes for each CPU"))
    }

    /// free_percpu. - Throws: EINVAL for a pointer that no area begins with.
    package func freePerCPU(_ process: Int, _ pointer: UInt64) throws(Errno) {
        try enterKernel(process)
        try freePerCPU(pointer)
    }

    /// per_cpu_ptr: the address of a CPU's own. The pointer is not looked at, as in the kernel.
    ///
    /// - Throws: EINVAL for a CPU that there is not, ENOMEM.
    package func perCPUAddress(_ process: Int, _ pointer: UInt64, cpu: UInt64) throws(Errno) -> UInt64 {
        try enterKernel(process)
        guard cpu < UInt64(settings.presentCPUs) else {
            throw refuse(
                .EINVAL,
                .argument("cpu", .given(cpu), "there are \(settings.presentCPUs) CPUs, from 0"))
        }
        guard bringUpPerCPU() else { throw refuse(.ENOMEM, .noFrame("the first chunk of per-CPU memory")) }
        return pointer &+ perCPUOffset(Int(cpu))
    }

    // MARK: Fixed addresses

    /// set_fixmap and clear_fixmap (`physical` nil): the slot's address. - Throws: EINVAL for a slot that there is not.
    package func setFixmap(_ process: Int, _ slot: UInt64, _ physical: UInt64?) throws(Errno) -> UInt64 {
        try enterKernel(process)
        return try setFixmap(slot, physical)
    }

    /// kmap_local_page: on x86-64 all memory has an address already, that of the direct map; nothing is mapped.
    ///
    /// - Throws: EINVAL for a frame that is no RAM.
    package func mapLocally(_ process: Int, _ frame: UInt64) throws(Errno) -> UInt64 {
        try enterKernel(process)
        guard frame < frames.endFrame else { throw refuse(.EINVAL, .noRecord("pfn", frame)) }
        return directMapped(frame << 12)
    }

    /// pfn_to_page: where the record of a frame stands in the kernel's addresses. - Throws: EINVAL for a frame without one.
    package func recordAddress(_ process: Int, _ frame: UInt64) throws(Errno) -> UInt64 {
        try enterKernel(process)
        let address = recordAddress(frame)
        guard frame < frames.endFrame, kernelEntry(address)?.entry.pointee ?? 0 != 0 else {
            throw refuse(.EINVAL, .noRecord("pfn", frame))
        }
        return address
    }

    /// page_to_pfn. - Throws: EINVAL for an address that is no record's.
    package func frame(_ process: Int, ofRecord address: UInt64) throws(Errno) -> UInt64 {
        try enterKernel(process)
        guard let frame = frame(ofRecord: address) else { throw refuse(.EINVAL, .noRecord("page", address)) }
        return frame
    }

    /// slow_virt_to_phys: what the kernel's tables map an address to. - Throws: EFAULT for nothing.
    package func physicalAddress(_ process: Int, mappedAt address: UInt64) throws(Errno) -> UInt64 {
        try enterKernel(process)
        guard address >= KernelLayout.upperHalf, let (entry, level) = kernelEntry(address),
            entry.pointee & PTE.presentBit != 0
        else { throw refuse(.EFAULT, .notMappedInKernel(address)) }
        let span: UInt64 = 1 << level
        return entry.pointee & PTE.addressMask & ~(span - 1) | address & (span - 1)
    }

    // MARK: Areas

    /// vfree_atomic: the area goes with the next call that is none of these, when the interrupt is over.
    package func vfreeAtomic(_ process: Int, _ address: UInt64) throws(Errno) {
        _ = try caller(process)
        try bringUpKernel()
        vfreeAtomic(address)
    }

    /// vm_unmap_aliases: the flush that freed areas wait for.
    package func unmapAliases(_ process: Int) throws(Errno) {
        try enterKernel(process)
        purgeVmapAreas(isFull: false)
    }
}
