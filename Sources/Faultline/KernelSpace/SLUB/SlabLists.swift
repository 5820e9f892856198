/// The lists that slabs are on: `kmem_cache_node->partial`, and the CPU's stack of partial slabs.
extension Machine {
    /// A slab by its link.
    func slab(at link: UInt32) -> Slab? {
        link == FrameLink.none ? nil : Slab(pfn: PFN(link), record: page(PFN(link)))
    }

    /// The slab that the CPU takes objects from (`cpu_slab->slab`).
    func currentSlab(_ cache: Handle<SlabCache>) -> Slab? {
        if cache.pointee.slabStart == SlabCache.noSlab { return nil }
        let pfn = physicalAddress(cache.pointee.slabStart) >> 12
        return Slab(pfn: pfn, record: page(pfn))
    }

    /// `add_partial`.
    func addPartial(_ cache: Handle<SlabCache>, _ slab: Slab, toTail: Bool) {
        let link = FrameLink.to(slab.pfn)
        let neighbour = toTail ? cache.pointee.partialLast : cache.pointee.partialFirst
        slab.record.pointee.next = toTail ? FrameLink.none : neighbour
        slab.record.pointee.prev = toTail ? neighbour : FrameLink.none
        if let other = self.slab(at: neighbour) {
            if toTail { other.record.pointee.next = link } else { other.record.pointee.prev = link }
        }
        if toTail || neighbour == FrameLink.none { cache.pointee.partialLast = link }
        if !toTail || neighbour == FrameLink.none { cache.pointee.partialFirst = link }
        slab.isOnPartialList = true
        cache.pointee.partialCount += 1
    }

    /// `remove_partial`.
    func removePartial(_ cache: Handle<SlabCache>, _ slab: Slab) {
        let (next, previous) = (slab.record.pointee.next, slab.record.pointee.prev)
        if let other = self.slab(at: next) {
            other.record.pointee.prev = previous
        } else {
            cache.pointee.partialLast = previous
        }
        if let other = self.slab(at: previous) {
            other.record.pointee.next = next
        } else {
            cache.pointee.partialFirst = next
        }
        slab.record.pointee.next = FrameLink.none
        slab.record.pointee.prev = 0
        slab.isOnPartialList = false
        cache.pointee.partialCount -= 1
    }

    /// `add_full` and `remove_full`, of a cache that notes owners.
    func setFull(_ cache: Handle<SlabCache>, _ slab: Slab, _ isFull: Bool) {
        guard cache.pointee.geometry.flags.contains(.storeUser) else { return }
        let link = FrameLink.to(slab.pfn)
        if isFull {
            slab.record.pointee.next = cache.pointee.fullFirst
            slab.record.pointee.prev = FrameLink.none
            if let other = self.slab(at: cache.pointee.fullFirst) { other.record.pointee.prev = link }
            cache.pointee.fullFirst = link
            return
        }
        let (next, previous) = (slab.record.pointee.next, slab.record.pointee.prev)
        if let other = self.slab(at: next) { other.record.pointee.prev = previous }
        if let other = self.slab(at: previous) {
            other.record.pointee.next = next
        } else {
            cache.pointee.fullFirst = next
        }
    }

    /// The first slab of the node's list, from a link on, that may serve the request.
    func firstPartial(_ cache: Handle<SlabCache>, from first: UInt32, _ flags: GFPFlags) -> Slab? {
        var link = first
        var bound = cache.pointee.slabCount
        while bound > 0, let slab = self.slab(at: link) {
            if slab.serves(flags) { return slab }
            link = slab.record.pointee.next
            bound -= 1
        }
        return nil
    }

    /// The slabs of a list, from a link on.
    func slabs(from first: UInt32) -> [Slab] {
        var found: [Slab] = []
        var link = first
        while let slab = self.slab(at: link) {
            found.append(slab)
            link = slab.record.pointee.next
        }
        return found
    }

    // MARK: The CPU's partial slabs

    /// `put_cpu_partial`: on top of the CPU's stack; where that has as many slabs as it may, the node gets them first.
    func putCPUPartial(_ cache: Handle<SlabCache>, _ slab: Slab, drains: Bool) {
        var below = self.slab(at: cache.pointee.cpuPartial)
        if drains, let top = below, top.listLength >= cache.pointee.geometry.cpuPartialSlabs {
            drainCPUPartial(cache)
            below = nil
        }
        slab.listLength = (below?.listLength ?? 0) + 1
        slab.record.pointee.next = below.map { FrameLink.to($0.pfn) } ?? FrameLink.none
        cache.pointee.cpuPartial = FrameLink.to(slab.pfn)
    }

    /// `put_partials_cpu`: the CPU has none of its own any more.
    func drainCPUPartial(_ cache: Handle<SlabCache>) {
        let stack = slabs(from: cache.pointee.cpuPartial)
        cache.pointee.cpuPartial = FrameLink.none
        putPartial(cache, stack)
    }

    /// `__put_partials`: to the node, but what is empty goes back to the page allocator where the node has enough.
    func putPartial(_ cache: Handle<SlabCache>, _ stack: [Slab]) {
        var empty: [Slab] = []
        for slab in stack {
            if slab.inUse == 0, cache.pointee.partialCount >= cache.pointee.geometry.minimumPartial {
                empty.append(slab)
            } else {
                addPartial(cache, slab, toTail: true)
            }
        }
        for slab in empty { discardSlab(cache, slab) }
    }

    /// Takes the top of the CPU's stack.
    func popCPUPartial(_ cache: Handle<SlabCache>) -> Slab? {
        guard let slab = self.slab(at: cache.pointee.cpuPartial) else { return nil }
        cache.pointee.cpuPartial = slab.record.pointee.next
        slab.record.pointee.next = FrameLink.none
        slab.listLength = 0
        return slab
    }
}
