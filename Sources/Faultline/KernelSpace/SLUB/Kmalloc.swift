/// The size classes of kmalloc (`mm/slab_common.c`).
enum KmallocClasses {
    /// `kmalloc_info`: sizes by the index of the class; 96 and 192 lie between powers of two.
    static let sizes: [UInt32] = [0, 96, 192, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192]
    /// KMALLOC_MAX_CACHE_SIZE: what is larger comes from the page allocator.
    static let largest: UInt64 = 8192
    /// `enum kmalloc_cache_type`, in the order of the kernel with zones for DMA and memory cgroups, without random caches.
    static let types: [(prefix: String, flags: SlabFlags)] = [
        ("kmalloc-", .noMerge), ("kmalloc-rcl-", .reclaimAccount), ("dma-kmalloc-", .dma), ("kmalloc-cg-", .account),
    ]
    /// Slots of a type in the table of caches.
    static let slots = 16

    /// `kmalloc_type`.
    @inline(__always)
    static func type(_ flags: GFPFlags) -> Int {
        if flags.isDisjoint(with: [.dma, .reclaimable, .account]) { return 0 }
        if flags.contains(.dma) { return 2 }
        return flags.contains(.reclaimable) ? 1 : 3
    }

    /// `__kmalloc_index`. Precondition: the size is 1 to ``largest``.
    @inline(__always)
    static func index(_ size: UInt64) -> Int {
        if size <= 8 { return 3 }
        if size > 64, size <= 96 { return 1 }
        if size > 128, size <= 192 { return 2 }
        return 64 - (size - 1).leadingZeroBitCount
    }

    /// `kmalloc_caches[i].name`: `kmalloc-1k`.
    static func name(_ prefix: String, _ size: UInt32) -> String {
        prefix + (size >= 1024 ? "\(size / 1024)k" : "\(size)")
    }
}

extension Machine {
    /// The address that kmalloc gives for a size of 0 (`ZERO_SIZE_PTR`).
    static var zeroSizePointer: VirtualAddress { 16 }

    /// `kmalloc`. - Returns: nil where no memory is left.
    @inline(__always)
    func kmalloc(_ size: UInt64, _ flags: GFPFlags) -> VirtualAddress? {
        guard size &- 1 < KmallocClasses.largest else { return kmallocLarge(size, flags) }
        let index = KmallocClasses.type(flags) &* KmallocClasses.slots &+ KmallocClasses.index(size)
        guard let cache = kmallocCaches[index] else { preconditionFailure("the kernel space is not up") }
        if cache.pointee.isDebugged { return kmallocDebugged(cache, size, flags) }
        return allocateObject(cache, flags)
    }

    /// The cache that an object of a size comes from. Precondition: the kernel space is up, the size 1 byte to 8K.
    func kmallocCache(_ size: UInt64, _ flags: GFPFlags) -> Handle<SlabCache> {
        let index = KmallocClasses.type(flags) &* KmallocClasses.slots &+ KmallocClasses.index(size)
        guard let cache = kmallocCaches[index] else { preconditionFailure("the kernel space is not up") }
        return cache
    }

    @inline(never)
    private func kmallocDebugged(_ cache: Handle<SlabCache>, _ size: UInt64, _ flags: GFPFlags) -> VirtualAddress? {
        let object = allocateDebugged(cache, flags, askedSize: UInt32(size))
        if let object, flags.contains(.zero) {
            frames.setBytes(physicalAddress(object), count: Int(size), to: 0)
        }
        return object
    }

    /// `___kmalloc_large_node`: whole pages.
    @inline(never)
    private func kmallocLarge(_ size: UInt64, _ flags: GFPFlags) -> VirtualAddress? {
        if size == 0 { return Self.zeroSizePointer }
        guard size <= 4 << 20 else { return nil }
        let order = SlabGeometry.order(of: UInt32(size))
        let request = AllocationRequest(fixed(flags).union(.compound), order: order)
        guard let pfn = allocatePage(request) else { return nil }
        if order > 0 { _ = Folio.make(pfn, order: UInt64(order), in: frames) }
        for frame in pfn..<pfn + 1 << UInt64(order) { frames.makeWhole(frame) }
        kernel.largeObjects[pfn] = order
        return directMapped(pfn << 12)
    }

    /// `kfree`. NULL and the pointer of no bytes are nobody's.
    @inline(__always)
    func kfree(_ object: VirtualAddress) {
        let pfn = physicalAddress(object) >> 12
        guard pfn < frames.endFrame, page(pfn).pointee.has(.slab) else { return kfreeOther(object) }
        freeObject(Handle<SlabCache>(bits: page(pfn).pointee.mapping), object, by: .kfree)
    }

    /// `free_large_kmalloc`; an address that kmalloc never gave is warned of and left alone.
    @inline(never)
    private func kfreeOther(_ object: VirtualAddress) {
        if object <= Self.zeroSizePointer { return }
        let pfn = physicalAddress(object) >> 12
        // Any address of it will do.
        let head = pfn < frames.endFrame ? folio(of: pfn).pfn : pfn
        guard kernel.largeObjects.removeValue(forKey: head) != nil else {
            return reportWarning(.freeOfPages)
        }
        putPage(head)
    }

    /// `ksize`: the bytes that the object of an address has; nil for no object.
    func objectSize(at address: VirtualAddress) -> UInt64? {
        let pfn = physicalAddress(address) >> 12
        if let order = kernel.largeObjects[pfn] { return 4096 << UInt64(order) }
        guard let slab = slab(of: pfn) else { return nil }
        return UInt64(Handle<SlabCache>(bits: slab.record.pointee.mapping).pointee.objectSize)
    }
}
