/// `slab_alloc_node` and below.
extension Machine {
    /// `kmem_cache_alloc`: the address of an object, whose bytes are whatever stood there; nil where no memory is left, or the
    /// kernel has come upon an error.
    @inline(__always)
    func allocateObject(_ cache: Handle<SlabCache>, _ flags: GFPFlags) -> VirtualAddress? {
        let object = cache.pointee.freelist
        // A pointer that someone overwrote leads anywhere, and 0 is no object's.
        guard object &- cache.pointee.slabStart < cache.pointee.slabBytes, object & 7 == 0 else {
            return allocateObjectSlow(cache, flags)
        }
        cache.pointee.freelist = next(cache, object)
        if flags.contains(.zero) { zeroObject(cache, object) }
        return object
    }

    private func zeroObject(_ cache: Handle<SlabCache>, _ object: VirtualAddress) {
        frames.setBytes(physicalAddress(object), count: Int(cache.pointee.objectSize), to: 0)
    }

    @inline(never)
    private func allocateObjectSlow(_ cache: Handle<SlabCache>, _ flags: GFPFlags) -> VirtualAddress? {
        let object: VirtualAddress?
        if cache.pointee.isDebugged {
            object = allocateDebugged(cache, flags, askedSize: cache.pointee.objectSize)
        } else if cache.pointee.sheafCapacity > 0 {
            object = allocateFromSheaf(cache, flags)
        } else {
            object = takeObject(cache, flags)
        }
        if let object, flags.contains(.zero) { zeroObject(cache, object) }
        return object
    }

    /// `___slab_alloc`: from the CPU's slab, its partial slabs, the node's, or new pages, in this order.
    func takeObject(_ cache: Handle<SlabCache>, _ flags: GFPFlags) -> VirtualAddress? {
        let object = cache.pointee.freelist
        let bytes = currentSlab(cache)?.byteCount ?? 0
        if object != 0, object &- cache.pointee.slabStart < bytes, object & 7 == 0 {
            cache.pointee.freelist = next(cache, object)
            return object
        }
        if object != 0 {
            reportProtectionFault(address: object, during: "kmem_cache_alloc")
            cache.pointee.freelist = 0
            return nil
        }
        if let slab = currentSlab(cache) {
            if !slab.serves(flags) {
                deactivate(cache, slab)
            } else if slab.firstFree != nil {
                return load(cache, slab)
            } else {
                // `get_freelist`: others may free its objects from now on, and put it on a list.
                slab.isFrozen = false
                leaveSlab(cache)
            }
        }
        while let slab = popCPUPartial(cache) {
            if slab.serves(flags) { return load(cache, slab) }
            putPartial(cache, [slab])
        }
        if let slab = takePartial(cache, flags) { return load(cache, slab) }
        guard let slab = newSlab(cache, flags) else { return nil }
        return load(cache, slab)
    }

    /// The CPU's slab is no longer its.
    private func leaveSlab(_ cache: Handle<SlabCache>) {
        cache.pointee.slabStart = SlabCache.noSlab
        cache.pointee.slabBytes = 0
        cache.pointee.freelist = 0
    }

    /// `load_freelist`: the slab becomes the CPU's, with all its free objects; the first is handed out.
    private func load(_ cache: Handle<SlabCache>, _ slab: Slab) -> VirtualAddress {
        guard let first = slab.firstFree else { preconditionFailure("a slab without a free object is loaded") }
        slab.firstFree = nil
        slab.inUse = slab.objects
        slab.isFrozen = true
        cache.pointee.slabStart = start(slab)
        // Objects of a cache with sheaves are never taken from here first.
        cache.pointee.slabBytes = cache.pointee.sheafCapacity > 0 ? 0 : slab.byteCount
        let object = start(slab) &+ first
        cache.pointee.freelist = next(cache, object)
        return object
    }

    /// `get_partial_node`: the first slab of the node's list that will do; some of those behind it become the CPU's partial ones.
    private func takePartial(_ cache: Handle<SlabCache>, _ flags: GFPFlags) -> Slab? {
        guard let slab = firstPartial(cache, from: cache.pointee.partialFirst, flags) else { return nil }
        var next = slab.record.pointee.next
        removePartial(cache, slab)
        var taken: UInt32 = 0
        while cache.pointee.geometry.cpuPartial > 0, let other = firstPartial(cache, from: next, flags) {
            next = other.record.pointee.next
            removePartial(cache, other)
            putCPUPartial(cache, other, drains: false)
            taken += 1
            if taken > cache.pointee.geometry.cpuPartialSlabs / 2 { break }
        }
        return slab
    }

    /// `flush_slab` and `unfreeze_partials`: the CPU keeps nothing of the cache.
    func flushSlabCache(_ cache: Handle<SlabCache>) {
        if let slab = currentSlab(cache) { deactivate(cache, slab) }
        drainCPUPartial(cache)
    }

    /// `deactivate_slab`: the CPU's slab goes to the node.
    private func deactivate(_ cache: Handle<SlabCache>, _ slab: Slab) {
        let toTail = slab.firstFree != nil
        giveBackFreelist(cache, slab)
        slab.isFrozen = false
        leaveSlab(cache)
        if slab.inUse == 0, cache.pointee.partialCount >= cache.pointee.geometry.minimumPartial {
            discardSlab(cache, slab)
        } else if slab.firstFree != nil {
            addPartial(cache, slab, toTail: toTail)
        }
    }

    /// The CPU's free objects become the slab's again, before those that others freed. A corrupt pointer ends the list.
    private func giveBackFreelist(_ cache: Handle<SlabCache>, _ slab: Slab) {
        var last: VirtualAddress?
        var count: UInt32 = 0
        var object = cache.pointee.freelist
        while object != 0, isValid(cache, slab, object), count < slab.objects {
            last = object
            count += 1
            object = next(cache, object)
        }
        guard let last else { return }
        setNext(cache, last, slab.firstFree.map { start(slab) &+ $0 } ?? 0)
        slab.firstFree = cache.pointee.freelist &- start(slab)
        slab.inUse &-= count
    }

    /// `kmem_cache_shrink`: empty slabs go, and the fullest come first on the node's list.
    func shrinkSlabCache(_ cache: Handle<SlabCache>, keepingNone: Bool = false) {
        flushSheaves(cache)
        flushSlabCache(cache)
        var byFree: [[Slab]] = Array(repeating: [], count: Self.shrinkPromotes)
        for slab in slabs(from: cache.pointee.partialFirst) {
            let free = slab.freeCount
            if free <= 0 {
                // `BUG_ON(free <= 0)`: what was freed twice has made the slab look full.
                return reportBug(.shrink)
            } else if slab.inUse == 0 {
                removePartial(cache, slab)
                discardSlab(cache, slab)
            } else if free <= Self.shrinkPromotes, !keepingNone {
                removePartial(cache, slab)
                byFree[free - 1].append(slab)
            }
        }
        for slabs in byFree.reversed() { for slab in slabs.reversed() { addPartial(cache, slab, toTail: false) } }
    }

    /// SHRINK_PROMOTE_MAX.
    private static var shrinkPromotes: Int { 32 }
}
