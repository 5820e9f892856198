/// `slab_free` and below.
extension Machine {
    /// `kmem_cache_free`. Precondition: the object is one of a slab of the cache.
    @inline(__always)
    func freeObject(_ cache: Handle<SlabCache>, _ object: VirtualAddress) {
        guard object &- cache.pointee.slabStart < cache.pointee.slabBytes, object != cache.pointee.freelist
        else { return freeObjectSlow(cache, object) }
        setNext(cache, object, cache.pointee.freelist)
        cache.pointee.freelist = object
    }

    @inline(never)
    private func freeObjectSlow(_ cache: Handle<SlabCache>, _ object: VirtualAddress) {
        if cache.pointee.isDebugged { return freeDebugged(cache, object) }
        if cache.pointee.sheafCapacity > 0 { return freeToSheaf(cache, object) }
        putObject(cache, object)
    }

    /// `do_slab_free`.
    func putObject(_ cache: Handle<SlabCache>, _ object: VirtualAddress) {
        guard let slab = slab(of: physicalAddress(object) >> 12) else { return }
        if start(slab) == cache.pointee.slabStart {
            if object == cache.pointee.freelist { return reportDoubleFree() }
            setNext(cache, object, cache.pointee.freelist)
            cache.pointee.freelist = object
            return
        }
        if slab.firstFree == object &- start(slab) { return reportDoubleFree() }
        putIntoSlab(cache, slab, object)
    }

    /// `__slab_free`: the object goes to a slab that is not the CPU's.
    private func putIntoSlab(_ cache: Handle<SlabCache>, _ slab: Slab, _ object: VirtualAddress) {
        let wasFull = slab.firstFree == nil
        setNext(cache, object, slab.firstFree.map { start(slab) &+ $0 } ?? 0)
        slab.firstFree = object &- start(slab)
        slab.inUse &-= 1
        if wasFull, cache.pointee.geometry.cpuPartial > 0 {
            putCPUPartial(cache, slab, drains: true)
            return
        }
        // On the CPU's stack it stays as it is.
        if !wasFull, !slab.isOnPartialList { return }
        if slab.inUse == 0, cache.pointee.partialCount >= cache.pointee.geometry.minimumPartial {
            if slab.isOnPartialList { removePartial(cache, slab) }
            discardSlab(cache, slab)
        } else if wasFull {
            addPartial(cache, slab, toTail: true)
        }
    }

    /// `kmem_cache_free_bulk`.
    func freeObjects(_ cache: Handle<SlabCache>, _ objects: [VirtualAddress]) {
        for object in objects { freeObject(cache, object) }
    }

    /// The naive check of `set_freepointer`: an object is freed that is the first free one.
    func reportDoubleFree() { reportBug(file: "mm/slub.c", during: "kmem_cache_free") }
}
