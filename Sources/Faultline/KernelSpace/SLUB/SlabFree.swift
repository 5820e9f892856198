/// `slab_free` and below.
extension Machine {
    /// The function that gives objects back: a report names it.
    enum SlabFreer {
        case cacheFree, kfree, bulk

        /// Where `set_freepointer` stands in it.
        var site: KernelSite {
            switch self {
            case .cacheFree: .freeOfCache
            case .kfree: .freeOfKmalloc
            case .bulk: .freeOfMany
            }
        }
    }

    /// `kmem_cache_free`, or `kfree`. Precondition: the object is one of a slab of the cache.
    @inline(__always)
    func freeObject(_ cache: Handle<SlabCache>, _ object: VirtualAddress, by freer: SlabFreer = .cacheFree) {
        guard object &- cache.pointee.slabStart < cache.pointee.slabBytes, object != cache.pointee.freelist
        else { return freeObjectSlow(cache, object, freer) }
        setNext(cache, object, cache.pointee.freelist)
        cache.pointee.freelist = object
    }

    @inline(never)
    private func freeObjectSlow(_ cache: Handle<SlabCache>, _ object: VirtualAddress, _ freer: SlabFreer) {
        if cache.pointee.isDebugged { return freeDebugged(cache, object) }
        if cache.pointee.sheafCapacity > 0 { return freeToSheaf(cache, object) }
        putObject(cache, object, by: freer)
    }

    /// `do_slab_free` of one object.
    func putObject(_ cache: Handle<SlabCache>, _ object: VirtualAddress, by freer: SlabFreer = .cacheFree) {
        guard let slab = slab(of: physicalAddress(object) >> 12) else { return }
        putChain(cache, slab, head: object, tail: object, count: 1, by: freer)
    }

    /// `do_slab_free`, with the naive check of `set_freepointer` whether the first free object is freed.
    ///
    /// Objects of one slab: the head is linked to the next, and so on to the tail.
    func putChain(
        _ cache: Handle<SlabCache>, _ slab: Slab, head: VirtualAddress, tail: VirtualAddress, count: UInt32,
        by freer: SlabFreer
    ) {
        if start(slab) == cache.pointee.slabStart {
            if tail == cache.pointee.freelist { return reportBug(freer.site) }
            setNext(cache, tail, cache.pointee.freelist)
            cache.pointee.freelist = head
            return
        }
        if slab.firstFree == tail &- start(slab) { return reportBug(.freeToSlab) }
        putIntoSlab(cache, slab, head: head, tail: tail, count: count)
    }

    /// `__slab_free`: the objects go to a slab that is not the CPU's.
    private func putIntoSlab(
        _ cache: Handle<SlabCache>, _ slab: Slab, head: VirtualAddress, tail: VirtualAddress, count: UInt32
    ) {
        let wasFull = slab.firstFree == nil
        setNext(cache, tail, slab.firstFree.map { start(slab) &+ $0 } ?? 0)
        slab.firstFree = head &- start(slab)
        slab.inUse &-= count
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
}
