/// kmalloc and slab caches, as the kernel's own code calls them in the place of a process.
extension Machine {
    /// kmalloc: the address of `size` bytes; `gfp` is as the kernel's header has it. - Throws: ENOMEM for NULL.
    package func kmalloc(_ process: Int, _ size: UInt64, gfp: UInt64) throws(Errno) -> UInt64 {
        let task = try enterKernel(process)
        let flags = try allocationFlags(gfp)
        if size > 4 << 20 {
            // WARN_ON_ONCE_GFP(order > MAX_PAGE_ORDER)
            if !flags.contains(.noWarn), !kernel.hasWarnedOfOrder {
                kernel.hasWarnedOfOrder = true
                reportWarning(.allocatePages)
            }
            throw refuse(.ENOMEM, .argument("size", .givenBytes(size), "no block of pages has more than 4M"))
        }
        let isLarge = size > KmallocClasses.largest
        let request = AllocationRequest(
            isLarge ? flags.union(.compound) : flags, order: isLarge ? SlabGeometry.order(of: UInt32(size)) : 0)
        guard let object = waiting(task, request, { kmalloc(size, flags) }) else {
            if !isLarge, task.isAlive { reportNoObject(kmallocCache(size, flags), flags) }
            throw refuse(.ENOMEM, .noFrame("an object of \(size) bytes"))
        }
        return object
    }

    /// kfree. - Throws: EINVAL for an address inside of a slab's object, or of nobody; pages go by any address of theirs.
    package func kfree(_ process: Int, _ address: UInt64) throws(Errno) {
        try enterKernel(process)
        if address > Self.zeroSizePointer, let slab = slab(of: physicalAddress(address) >> 12) {
            try checkObject(Handle<SlabCache>(bits: slab.record.pointee.mapping), slab, address)
        } else if address > Self.zeroSizePointer {
            let pfn = physicalAddress(address) >> 12
            guard pfn < frames.endFrame, kernel.largeObjects[folio(of: pfn).pfn] != nil else {
                throw refuse(.EINVAL, .noObject(address))
            }
        }
        kfree(address)
    }

    /// kmem_cache_create: the cache's number. - Throws: EINVAL for a size that no cache has, ENOMEM.
    package func createSlabCache(
        _ process: Int, name: String, size: UInt64, align: UInt64, flags: UInt64
    ) throws(Errno) -> UInt64 {
        try enterKernel(process)
        // calculate_alignment
        let align = (align &+ 7) & ~7
        guard align <= 4096, align & (align &- 1) == 0 else {
            throw refuse(.EINVAL, .argument("align", .givenBytes(align), "must be a power of two to 4K, or 0"))
        }
        // SLAB_FLAGS_PERMITTED, and calculate_sizes: no slab has a larger object.
        let known = UInt64(SlabFlags.ofPrograms.rawValue)
        guard flags & ~known == 0, 1...(4 << 20) ~= size else {
            printk("__kmem_cache_create_args(\(name)) failed with error -22")
            if flags & ~known != 0 { throw refuse(.EINVAL, .unknownBits("flags", flags, known: known)) }
            throw refuse(.EINVAL, .argument("size", .givenBytes(size), "must be 1 to 4M"))
        }
        let request = SlabCacheRequest(
            name: name, objectSize: UInt32(size), align: UInt32(align), flags: SlabFlags(rawValue: UInt32(flags)))
        guard let cache = createSlabCache(request) else { throw refuse(.ENOMEM, .noFrame("a slab cache")) }
        return UInt64(cache.pointee.number)
    }

    /// kmem_cache_alloc. - Throws: EINVAL for a number that no cache has; ENOMEM.
    package func allocateObject(_ process: Int, cache: UInt64, gfp: UInt64) throws(Errno) -> UInt64 {
        let task = try enterKernel(process)
        let cache = try slabCache(cache)
        let flags = try allocationFlags(gfp)
        let request = AllocationRequest(flags, order: cache.pointee.geometry.minimumOrder)
        guard let object = waiting(task, request, { allocateObject(cache, flags) }) else {
            if task.isAlive { reportNoObject(cache, flags) }
            throw refuse(.ENOMEM, .noFrame("an object"))
        }
        return object
    }

    /// kmem_cache_free. - Throws: EINVAL for a number that no cache has, and an address that is no object of the cache.
    package func freeObject(_ process: Int, cache: UInt64, _ address: UInt64) throws(Errno) {
        try enterKernel(process)
        let own = try cacheOfObject(address, asked: try slabCache(cache))
        freeObject(own, address)
    }

    /// `cache_from_obj` of a kernel with CONFIG_SLAB_FREELIST_HARDENED: the cache that an object is of, with a warning where the caller
    /// named another.
    ///
    /// - Throws: EINVAL where no object of a slab begins.
    func cacheOfObject(_ address: VirtualAddress, asked: Handle<SlabCache>) throws(Errno) -> Handle<SlabCache> {
        guard let slab = slab(of: physicalAddress(address) >> 12) else {
            if !kernel.hasWarnedOfSlab {
                kernel.hasWarnedOfSlab = true
                reportWarning(.cacheOfPage, "virt_to_cache: Object is not a Slab page!")
            }
            throw refuse(.EINVAL, .noObject(address))
        }
        let own = Handle<SlabCache>(bits: slab.record.pointee.mapping)
        try checkObject(own, slab, address)
        if own != asked {
            let (name, other) = (kernel.names[asked.pointee.number], kernel.names[own.pointee.number])
            reportWarning(.wrongCache, "cache_from_obj: Wrong slab cache. \(name) but object is from \(other)")
        }
        return own
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

    func slabCache(_ number: UInt64) throws(Errno) -> Handle<SlabCache> {
        if let found = kernel.caches.first(where: { UInt64($0.pointee.number) == number }) { return found }
        throw refuse(.EINVAL, .noSlabCache(number))
    }

    /// Notes a free of an object that is free; an address where no object begins is refused.
    func checkObject(_ cache: Handle<SlabCache>, _ slab: Slab, _ address: UInt64) throws(Errno) {
        guard address != 0, isValid(cache, slab, address) else { throw refuse(.EINVAL, .noObject(address)) }
        if !cache.pointee.isDebugged, isFree(cache, slab, address) { kernel.wasMisused = true }
    }
}
