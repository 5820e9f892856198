/// Many objects of a cache by one call (`kmem_cache_alloc_bulk`, `kmem_cache_free_bulk` of `mm/slub.c`).
extension Machine {
    /// `kmem_cache_alloc_bulk`: as many objects as asked for, or none.
    func allocateObjects(_ cache: Handle<SlabCache>, _ flags: GFPFlags, count: Int) -> [VirtualAddress]? {
        var objects: [VirtualAddress] = []
        // A count that no memory has room for is found out by running out of it.
        objects.reserveCapacity(min(count, 1024))
        for _ in 0..<count {
            guard let object = allocateObject(cache, flags) else {
                freeObjects(cache, objects)
                return nil
            }
            objects.append(object)
        }
        return objects
    }

    /// `kmem_cache_free_bulk`: objects of one slab are linked first and go back together, so that the first of them is the next one to be
    /// handed out. Into sheaves they go one after the other (`free_to_pcs_bulk`).
    func freeObjects(_ cache: Handle<SlabCache>, _ objects: [VirtualAddress]) {
        // build_detached_freelist looks at each object's own cache.
        if cache.pointee.sheafCapacity > 0 {
            for object in objects { freeObject(cache, object) }
            return
        }
        var rest = objects
        while let group = detachGroup(&rest) { putGroup(group) }
    }

    /// `build_detached_freelist`: the last object, and those before it that lie in its slab. The look ends at the third of another slab.
    ///
    /// - Returns: the objects, from the last one on; nil where none is left.
    private func detachGroup(_ rest: inout [VirtualAddress]) -> [VirtualAddress]? {
        guard let last = rest.popLast(), let slab = slab(of: physicalAddress(last) >> 12) else { return nil }
        var group = [last]
        var lookahead = 3
        var (place, kept) = (rest.count, rest.count)
        while place > 0 {
            place -= 1
            if self.slab(of: physicalAddress(rest[place]) >> 12)?.record == slab.record {
                group.append(rest[place])
                kept -= 1
                if place != kept { rest.swapAt(place, kept) }
                continue
            }
            lookahead -= 1
            if lookahead == 0 { break }
        }
        rest.removeLast(rest.count - kept)
        return group
    }

    /// Gives the objects of one slab back.
    ///
    /// - Parameter group: the last of the list first, as they are linked.
    private func putGroup(_ group: [VirtualAddress]) {
        guard let tail = group.first, let slab = slab(of: physicalAddress(tail) >> 12) else { return }
        let cache = Handle<SlabCache>(bits: slab.record.pointee.mapping)
        if cache.pointee.isDebugged {
            for object in group { freeDebugged(cache, object) }
            return
        }
        setNext(cache, tail, 0)
        var head = tail
        for object in group.dropFirst() {
            // set_freepointer looks whether an object follows itself.
            if object == head { return reportBug(.linkOfMany) }
            setNext(cache, object, head)
            head = object
        }
        putChain(cache, slab, head: head, tail: tail, count: UInt32(group.count), by: .bulk)
    }
}
