extension Machine {
    /// Every slab's counters equal its list of free objects, every list is linked both ways, and the figures of caches are the sums
    /// over their slabs. Nothing is compared once a program has misused an object.
    func checkSlabs() -> String? {
        if !kernel.isUp || kernel.wasMisused { return nil }
        var pages = 0
        for cache in kernel.caches {
            let name = kernel.names[cache.pointee.number]
            if let problem = checkCache(cache, &pages) { return "slab cache \(name): \(problem)" }
        }
        let listed = kernel.reclaimablePages + kernel.unreclaimablePages
        return pages <= listed ? nil : "slabs that are on lists have \(pages) pages, \(listed) are counted"
    }

    private func checkCache(_ cache: Handle<SlabCache>, _ pages: inout Int) -> String? {
        let record = cache.pointee
        let partial = slabs(from: record.partialFirst)
        if partial.count != Int(record.partialCount) {
            return "nr_partial is \(record.partialCount), the list has \(partial.count)"
        }
        if partial.last.map({ FrameLink.to($0.pfn) }) ?? FrameLink.none != record.partialLast {
            return "the partial list does not end where it should"
        }
        for slab in partial where !slab.isOnPartialList || slab.firstFree == nil {
            return "a slab on the partial list has no free object, or no mark"
        }
        let stack = slabs(from: record.cpuPartial)
        for (position, slab) in stack.enumerated() where Int(slab.listLength) != stack.count - position {
            return "a CPU's partial slab does not count those below it"
        }
        for slab in partial + stack + (currentSlab(cache).map { [$0] } ?? []) {
            pages += Int(slab.byteCount >> 12)
            if let problem = checkSlab(cache, slab) { return problem }
        }
        let used = usedObjects(cache)
        return used >= 0 && used <= record.objectCount ? nil : "\(used) objects of \(record.objectCount) are in use"
    }

    private func checkSlab(_ cache: Handle<SlabCache>, _ slab: Slab) -> String? {
        for frame in Folio(of: slab.pfn, slab.record).frames {
            let record = page(frame).pointee
            if !record.has(.slab) || record.mapping != cache.bits { return "frame \(frame) is not marked as its own" }
        }
        let free = chain(cache, slab, from: slab.firstFree.map { start(slab) &+ $0 } ?? 0).count
        if free != slab.freeCount {
            return "a slab counts \(slab.inUse) of \(slab.objects) objects in use, \(free) are free"
        }
        let isCurrent = start(slab) == cache.pointee.slabStart
        return slab.isFrozen == isCurrent ? nil : "a slab is frozen that is not the CPU's, or the CPU's is not"
    }
}
