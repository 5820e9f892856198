/// What the kernel calls for itself, made in the place of a process: the addresses are the kernel's.
extension Machine {
    /// Makes the kernel's own address space and its slab caches, unless they are there; anything below does so.
    ///
    /// - Throws: ENOMEM.
    public func bringUpKernel() throws(Errno) {
        guard bringUpKernelSpace() else { throw refuse(.ENOMEM, .noFrame("the kernel's tables and slab caches")) }
    }

    /// The line of the program that makes the next calls, for what the kernel notes of callers; 0 for none.
    public var callLine: Int {
        get { kernel.callLine }
        set { kernel.callLine = max(newValue, 0) }
    }

    /// The process that a call is made in the place of.
    @discardableResult
    func enterKernel(_ process: Int) throws(Errno) -> Process {
        let task = try caller(process)
        try bringUpKernel()
        runDeferredFrees()
        return task
    }

    // MARK: Objects

    /// kmalloc: the address of `size` bytes; `gfp` is as the kernel's header has it. - Throws: ENOMEM for NULL.
    package func kmalloc(_ process: Int, _ size: UInt64, gfp: UInt64) throws(Errno) -> UInt64 {
        let task = try enterKernel(process)
        let flags = GFPFlags(rawValue: UInt32(truncatingIfNeeded: gfp))
        let order = SlabGeometry.order(of: UInt32(clamping: size))
        guard let object = waiting(task, AllocationRequest(flags, order: order), { kmalloc(size, flags) }) else {
            throw refuse(.ENOMEM, .noFrame("an object of \(size) bytes"))
        }
        return object
    }

    /// kfree. - Throws: EINVAL for an address inside of an object, or of nobody.
    package func kfree(_ process: Int, _ address: UInt64) throws(Errno) {
        try enterKernel(process)
        if address > Self.zeroSizePointer, let slab = slab(of: physicalAddress(address) >> 12) {
            try checkObject(Handle<SlabCache>(bits: slab.record.pointee.mapping), slab, address)
        } else if address > Self.zeroSizePointer,
            kernel.largeObjects[physicalAddress(address) >> 12] == nil
                || address & 4095 != 0
        {
            throw refuse(.EINVAL, .noObject(address))
        }
        kfree(address)
    }

    /// kmem_cache_create: the cache's number. - Throws: EINVAL for a size that no cache has, ENOMEM.
    package func createSlabCache(
        _ process: Int, name: String, size: UInt64, align: UInt64, flags: UInt64
    ) throws(Errno) -> UInt64 {
        try enterKernel(process)
        guard 8...(4 << 20) ~= size, align <= 4096, align & (align &- 1) == 0 || align == 0 else {
            throw refuse(
                .EINVAL, .argument("size", .bytes(size), "must be 8 to 4M, the alignment a power of two to 4K"))
        }
        // SLAB_FLAGS_PERMITTED
        let known = UInt64(SlabFlags.ofPrograms.rawValue)
        guard flags & ~known == 0 else { throw refuse(.EINVAL, .unknownBits("flags", flags, known: known)) }
        let request = SlabCacheRequest(
            name: name, objectSize: UInt32(size), align: UInt32(align), flags: SlabFlags(rawValue: UInt32(flags)))
        guard let cache = createSlabCache(request) else { throw refuse(.ENOMEM, .noFrame("a slab cache")) }
        return UInt64(cache.pointee.number)
    }

    /// kmem_cache_alloc. - Throws: EINVAL for a number that no cache has; ENOMEM.
    package func allocateObject(_ process: Int, cache: UInt64, gfp: UInt64) throws(Errno) -> UInt64 {
        let task = try enterKernel(process)
        let cache = try slabCache(cache)
        let flags = GFPFlags(rawValue: UInt32(truncatingIfNeeded: gfp))
        let request = AllocationRequest(flags, order: cache.pointee.geometry.minimumOrder)
        guard let object = waiting(task, request, { allocateObject(cache, flags) }) else {
            throw refuse(.ENOMEM, .noFrame("an object"))
        }
        return object
    }

    /// kmem_cache_free. - Throws: EINVAL for a number that no cache has, and an address that is no object of the cache.
    package func freeObject(_ process: Int, cache: UInt64, _ address: UInt64) throws(Errno) {
        try enterKernel(process)
        let cache = try slabCache(cache)
        guard let slab = slab(of: physicalAddress(address) >> 12), slab.record.pointee.mapping == cache.bits else {
            throw refuse(.EINVAL, .noObject(address))
        }
        try checkObject(cache, slab, address)
        freeObject(cache, address)
    }

    /// kmem_cache_destroy. - Throws: EINVAL for a number that no cache has; EBUSY while objects are in use.
    package func destroySlabCache(_ process: Int, cache: UInt64) throws(Errno) {
        try enterKernel(process)
        let cache = try slabCache(cache)
        let used = UInt64(usedObjects(cache))
        if !destroySlabCache(cache) {
            throw refuse(.EBUSY, .argument("cache", .count(Int64(used)), "objects are in use"))
        }
    }

    /// kmem_cache_shrink. - Throws: EINVAL for a number that no cache has.
    package func shrinkSlabCache(_ process: Int, cache: UInt64) throws(Errno) {
        try enterKernel(process)
        shrinkSlabCache(try slabCache(cache))
    }

    private func slabCache(_ number: UInt64) throws(Errno) -> Handle<SlabCache> {
        if let found = kernel.caches.first(where: { UInt64($0.pointee.number) == number }) { return found }
        throw refuse(.EINVAL, .noSlabCache(number))
    }

    /// Notes a free of an object that is free; an address where no object begins is refused.
    private func checkObject(_ cache: Handle<SlabCache>, _ slab: Slab, _ address: UInt64) throws(Errno) {
        guard address != 0, isValid(cache, slab, address) else { throw refuse(.EINVAL, .noObject(address)) }
        if !cache.pointee.isDebugged, isFree(cache, slab, address) { kernel.wasMisused = true }
    }

    // MARK: The area of vmalloc

    /// vmalloc, and with `isHuge` vmalloc_huge. - Throws: ENOMEM for NULL.
    package func vmalloc(_ process: Int, _ size: UInt64, isHuge: Bool = false) throws(Errno) -> UInt64 {
        let task = try enterKernel(process)
        if let address = vmalloc(size, isHuge: isHuge, for: task) { return address }
        throw refuse(.ENOMEM, .noFrame("\(size) bytes of vmalloc"))
    }

    /// vfree, vunmap, iounmap. - Throws: EINVAL where no area begins.
    package func vfree(_ process: Int, _ address: UInt64) throws(Errno) {
        try enterKernel(process)
        try vfree(address)
    }

    /// ioremap. - Throws: EINVAL for RAM, ENOMEM.
    package func ioremap(_ process: Int, _ address: UInt64, _ size: UInt64) throws(Errno) -> UInt64 {
        try enterKernel(process)
        return try ioremap(address, size)
    }

    /// vmap of the pages that the process has at an address. - Throws: EFAULT where one is not present, ENOMEM.
    package func vmap(_ process: Int, _ address: UInt64, pages: UInt64) throws(Errno) -> UInt64 {
        let task = try caller(process)
        try bringUpKernel()
        guard address.isPageAligned, 1...4096 ~= pages else { throw refuse(.EINVAL, .unaligned("addr", address)) }
        var pfns: [PFN] = []
        for page in 0..<pages {
            let entry = readPTE(task.mm, address &+ page << 12)
            guard entry.isPresent else { throw refuse(.EFAULT, .notMappedInKernel(address &+ page << 12)) }
            pfns.append(entry.pfn)
        }
        if let place = vmap(pfns) { return place }
        throw refuse(.ENOMEM, .noFrame("an area of vmalloc"))
    }

    /// set_memory_ro and set_memory_rw. - Throws: EINVAL, EFAULT, ENOMEM.
    package func setKernelMemory(
        _ process: Int, _ address: UInt64, pages: UInt64, isWritable: Bool
    ) throws(Errno) {
        try enterKernel(process)
        guard pages <= 1 << 30 else {
            throw refuse(.EINVAL, .argument("pages", .count(Int64(bitPattern: pages)), "is more than RAM"))
        }
        let readOnly = PTE.writeBit | PTE.dirtyBit
        try changeKernelPages(
            address, pages: pages, set: isWritable ? PTE.writeBit : 0, clear: isWritable ? 0 : readOnly)
    }

    // MARK: Accesses

    /// Reads a byte at a kernel address; nil where that ended in an oops, which the kernel's log has. - Throws: ESRCH, ENOMEM.
    package func kernelLoad(_ process: Int, _ address: UInt64) throws(Errno) -> UInt8? {
        try enterKernel(process)
        return kernelLoad(address) ?? (kernel.hasOopsed ? nil : .max)
    }

    /// Writes a byte at a kernel address. - Throws: ESRCH, ENOMEM.
    package func kernelStore(_ process: Int, _ address: UInt64, _ byte: UInt8) throws(Errno) {
        try enterKernel(process)
        _ = kernelStore(address, byte)
    }

    /// Ends the process in whose place the kernel came upon an error, if it did (`rewind_stack_and_make_dead`).
    ///
    /// - Returns: whether it did.
    package func endAfterOops(_ process: Int) -> Bool {
        guard kernel.hasOopsed else { return false }
        kernel.hasOopsed = false
        if let task = try? caller(process) { exit(task) }
        return true
    }

    /// Has faults of the kernel's at its own addresses shown to a probe before they end in an oops, as `kmmio_fault` and
    /// `kprobe_page_fault` stand in the kernel's dispatcher; nil for no longer.
    public func setKernelProbe(_ probe: ((KernelFault) -> ProbeAnswer)?) { kernelProbe = probe }
}

// MARK: What one part of the kernel asks of another

extension Machine {
    /// Makes objects of a size and frees each at once, as the kernel's own code does. - Returns: false where no memory is left.
    package func makeObjectPairs(_ count: Int, size: UInt64) -> Bool {
        guard bringUpKernelSpace() else { return false }
        for _ in 0..<count {
            guard let object = kmalloc(size, .kernel) else { return false }
            kfree(object)
        }
        return true
    }

    /// The same of areas of vmalloc.
    package func makeAreaPairs(_ count: Int, size: UInt64) -> Bool {
        for _ in 0..<count {
            guard let area = vmalloc(size) else { return false }
            do { try vfree(area) } catch { return false }
        }
        return true
    }
}
