/// What `kmem_cache_create` is asked for (`struct kmem_cache_args`).
struct SlabCacheRequest {
    let name: String
    var objectSize: UInt32
    var align: UInt32 = 0
    var flags: SlabFlags = []
    var userSize: UInt32 = 0
    var hasConstructor = false
    var freePointerOffset: UInt32?
    var sheafCapacity = 0
}

extension Machine {
    /// `kmem_cache_create`: a cache of its own, or one that fits and may be shared.
    ///
    /// - Returns: nil where no memory is left for it, or objects are larger than a slab can be.
    func createSlabCache(_ request: SlabCacheRequest) -> Handle<SlabCache>? {
        let flags = debugged(request.flags, name: request.name)
        if let shared = findMergeable(request, flags) {
            shared.pointee.users += 1
            shared.pointee.objectSize = max(shared.pointee.objectSize, request.objectSize)
            kernel.aliases[shared.pointee.number].append(request.name)
            return shared
        }
        let align = SlabGeometry.alignment(size: request.objectSize, align: request.align, flags: request.flags)
        guard let cache = openSlabCache(request, align: align, flags: flags) else { return nil }
        guard chargeCacheRecord() else {
            closeSlabCache(cache)
            return nil
        }
        return cache
    }

    /// Makes the record of a cache, without the objects of the kernel's that stand for it.
    func openSlabCache(_ request: SlabCacheRequest, align: UInt32, flags: SlabFlags) -> Handle<SlabCache>? {
        var flags = flags
        guard var geometry = geometry(request, align, flags) else { return nil }
        if settings.slabDebugKeepsOrder,
            SlabGeometry.order(of: geometry.size) > SlabGeometry.order(of: request.objectSize)
        {
            // disable_higher_order_debug, DEBUG_METADATA_FLAGS
            flags.subtract([.redZone, .poison, .storeUser])
            geometry = self.geometry(request, align, flags) ?? geometry
        }
        let isDebugged = !flags.isDisjoint(with: .debug)
        let cache = slabCaches.allocate(
            SlabCache(
                random: kernel.random.next(), offset: UInt64(geometry.offset), number: kernel.names.count,
                geometry: geometry, objectSize: request.objectSize, align: align, userSize: request.userSize,
                hasConstructor: request.hasConstructor, sheafCapacity: isDebugged ? 0 : request.sheafCapacity))
        kernel.caches.append(cache)
        kernel.names.append(request.name)
        kernel.aliases.append([])
        kernel.sheaves.append(SlabSheaves())
        kernel.sequences.append(randomSequence(geometry))
        return cache
    }

    private func geometry(_ request: SlabCacheRequest, _ align: UInt32, _ flags: SlabFlags) -> SlabGeometry? {
        SlabGeometry(
            objectSize: request.objectSize, align: align, flags: flags, hasConstructor: request.hasConstructor,
            freePointerOffset: request.freePointerOffset, processors: settings.presentCPUs)
    }

    /// Forgets a cache that has no slabs.
    func closeSlabCache(_ cache: Handle<SlabCache>) {
        precondition(cache.pointee.slabCount == 0, "a cache goes that still has slabs")
        kernel.caches.removeAll { $0 == cache }
        slabCaches.deallocate(cache)
    }

    /// The objects of `kmem_cache` and `kmem_cache_node` that a cache is made of.
    private func chargeCacheRecord() -> Bool {
        guard let record = allocateObject(kernel.caches[1], .kernel) else { return false }
        if allocateObject(kernel.caches[0], .kernel) != nil { return true }
        freeObject(kernel.caches[1], record)
        return false
    }

    /// `kmem_cache_flags`: what `slab_debug` asks for a cache of the name. The first block that names it counts alone.
    func debugged(_ flags: SlabFlags, name: String) -> SlabFlags {
        for block in settings.slabDebugBlocks where block.caches.contains(where: { Self.matches(name, $0) }) {
            return flags.union(block.flags)
        }
        return flags.union(settings.slabDebug)
    }

    /// A name of `slab_debug`; a `*` in it stands for any rest.
    private static func matches(_ name: String, _ pattern: String) -> Bool {
        guard let star = pattern.firstIndex(of: "*") else { return name == pattern }
        return name.hasPrefix(pattern[..<star])
    }

    /// `find_mergeable`.
    private func findMergeable(_ request: SlabCacheRequest, _ flags: SlabFlags) -> Handle<SlabCache>? {
        if request.hasConstructor || request.userSize > 0 || request.sheafCapacity > 0 { return nil }
        if !flags.isDisjoint(with: .neverMerged) { return nil }
        let align = SlabGeometry.alignment(size: request.objectSize, align: request.align, flags: flags)
        let size = SlabGeometry.up(SlabGeometry.up(request.objectSize, 8), align)
        return kernel.caches.last { cache in
            let other = cache.pointee
            let otherFlags = other.geometry.flags
            return !other.hasConstructor && other.userSize == 0 && other.sheafCapacity == 0 && other.users > 0
                && otherFlags.isDisjoint(with: .neverMerged) && size <= other.geometry.size
                && flags.intersection(.mergedWhereSame) == otherFlags.intersection(.mergedWhereSame)
                && other.geometry.size % align == 0 && other.geometry.size - size < 8
        }
    }

    /// `init_cache_random_seq`: the places of a slab's objects, shuffled.
    private func randomSequence(_ geometry: SlabGeometry) -> [UInt32] {
        (0..<geometry.objectsPerSlab).map { $0 * geometry.size }.shuffled(using: &kernel.random)
    }

    /// `kmem_cache_destroy`: false while objects are in use; the cache stays then, as in the kernel.
    func destroySlabCache(_ cache: Handle<SlabCache>) -> Bool {
        cache.pointee.users -= 1
        if cache.pointee.users > 0 {
            _ = kernel.aliases[cache.pointee.number].popLast()
            return true
        }
        shrinkSlabCache(cache, keepingNone: true)
        guard cache.pointee.slabCount == 0 else {
            cache.pointee.users += 1
            let name = kernel.names[cache.pointee.number]
            listRemaining(cache)
            let caller = kernel.callLine > 0 ? "line:\(kernel.callLine)" : "kernel"
            reportWarning(
                .destroyCache, "kmem_cache_destroy \(name): Slab cache still has objects when called from \(caller)")
            return false
        }
        closeSlabCache(cache)
        return true
    }
}
