/// A slab cache as `/proc/slabinfo` and `/sys/kernel/slab` show it.
public struct SlabCacheView: Sendable, Equatable {
    /// The name that it was made with, and those that were merged into it.
    public var name: String
    /// Later names, by which it goes too.
    public var aliases: [String]
    /// Objects of slabs, but for the free ones on the node's partial slabs: `<active_objs>`.
    public var activeObjects: Int
    /// Objects of all slabs: `<num_objs>`.
    public var objectCount: Int
    /// Objects that callers have: what no file of the kernel's shows, since objects of the CPU's slab and of its sheaves count as active
    /// there.
    public var usedObjects: Int
    /// Slabs: `<num_slabs>`.
    public var slabCount: Int
    /// Slabs on the node's partial list, and on the CPU's.
    public var partialSlabs: Int
    /// Slabs on the CPU's list of partial slabs.
    public var cpuPartialSlabs: Int
    /// `partial`: slabs on the node's partial list.
    public var nodePartialSlabs: Int
    /// `objects_partial`: their objects that are in use.
    public var partialObjects: Int
    /// Whether the CPU has a slab that it takes objects from.
    public var hasCPUSlab: Bool
    /// `object_size`, in bytes.
    public var objectSize: Int
    /// `align`, in bytes.
    public var align: Int
    /// `usersize`, in bytes.
    public var userSize: Int
    /// `sheaf_capacity`.
    public var sheafCapacity: Int
    /// `slab_size`, `order`, `objs_per_slab`, `cpu_partial`, `min_partial`.
    public var geometry: SlabGeometry
    /// The flags that it has.
    public var flags: SlabFlags
}

extension Machine {
    /// The slab caches, the newest first, as `/proc/slabinfo` lists them; none before the kernel space is up.
    public func slabCacheViews() -> [SlabCacheView] {
        settleNodeObjects()
        return kernel.caches.reversed().map(view)
    }

    func view(_ cache: Handle<SlabCache>) -> SlabCacheView {
        let record = cache.pointee
        let partial = slabs(from: record.partialFirst)
        let free = partial.reduce(0) { $0 + $1.freeCount }
        return SlabCacheView(
            name: kernel.names[record.number], aliases: kernel.aliases[record.number],
            activeObjects: record.objectCount - free, objectCount: record.objectCount, usedObjects: usedObjects(cache),
            slabCount: record.slabCount, partialSlabs: partial.count,
            cpuPartialSlabs: slabs(from: record.cpuPartial).count, nodePartialSlabs: Int(record.partialCount),
            partialObjects: partial.reduce(0) { $0 + Int($1.inUse) }, hasCPUSlab: currentSlab(cache) != nil,
            objectSize: Int(record.objectSize),
            align: Int(record.align), userSize: Int(record.userSize), sheafCapacity: record.sheafCapacity,
            geometry: record.geometry, flags: record.geometry.flags)
    }

    /// Objects that callers have: those of all slabs without the free ones, wherever these are.
    func usedObjects(_ cache: Handle<SlabCache>) -> Int {
        let record = cache.pointee
        var free = kernel.sheaves[record.number].objectCount
        for slab in slabs(from: record.partialFirst) + slabs(from: record.cpuPartial) {
            free += slab.freeCount
        }
        if let slab = currentSlab(cache) {
            free += slab.freeCount
            free += freeOfCPU(cache, slab).count
        }
        return record.objectCount - free
    }

    /// The objects of the CPU's slab that are free for it (`cpu_slab->freelist`), as far as the pointers are good.
    func freeOfCPU(_ cache: Handle<SlabCache>, _ slab: Slab) -> [VirtualAddress] {
        chain(cache, slab, from: cache.pointee.freelist)
    }

    /// The free objects from one on.
    func chain(_ cache: Handle<SlabCache>, _ slab: Slab, from first: VirtualAddress) -> [VirtualAddress] {
        var found: [VirtualAddress] = []
        var object = first
        while object != 0, isValid(cache, slab, object), found.count <= Int(slab.objects) {
            found.append(object)
            object = next(cache, object)
        }
        return found
    }
}
