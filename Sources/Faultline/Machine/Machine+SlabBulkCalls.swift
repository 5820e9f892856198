/// `kmem_cache_alloc_bulk` and `kmem_cache_free_bulk`, whose array of addresses stands in the kernel's memory.
extension Machine {
    /// kmem_cache_alloc_bulk: writes the addresses of new objects, 8 bytes each, to an address of the kernel's.
    ///
    /// - Parameter count: 1 to 65,536. Where the array cannot be written, the kernel's log has an oops, as of ``kernelStore(_:_:_:)``.
    /// - Returns: `count`.
    /// - Throws: EINVAL for a number that no cache has and for another count; ENOMEM where there are not as many, and none is taken.
    package func allocateObjects(
        _ process: Int, cache: UInt64, gfp: UInt64, count: UInt64, to array: UInt64
    ) throws(Errno) -> UInt64 {
        let task = try enterKernel(process)
        let cache = try slabCache(cache)
        guard 1...Self.mostObjects ~= count else {
            throw refuse(.EINVAL, .argument("n", .given(count), "must be 1 to 65,536"))
        }
        let flags = try allocationFlags(gfp)
        let request = AllocationRequest(flags, order: cache.pointee.geometry.minimumOrder)
        guard
            let objects = waiting(task, request, { allocateObjects(cache, flags, count: Int(count)) })
        else { throw refuse(.ENOMEM, .noFrame("\(count) objects")) }
        for (index, object) in objects.enumerated() {
            if !storeWord(array &+ UInt64(index) << 3, object) { break }
        }
        return count
    }

    /// kmem_cache_free_bulk: gives back the objects whose addresses stand at an address of the kernel's.
    ///
    /// - Throws: EINVAL for a number that no cache has, and where an address is no object's; none is freed then. One of another cache
    /// goes back to that, with a warning.
    package func freeObjects(_ process: Int, cache: UInt64, count: UInt64, from array: UInt64) throws(Errno) {
        try enterKernel(process)
        let cache = try slabCache(cache)
        var objects: [VirtualAddress] = []
        for index in 0..<count {
            // An array that is not mapped ends in an oops.
            guard let object = loadWord(array &+ index << 3) else { return }
            _ = try cacheOfObject(object, asked: cache)
            objects.append(object)
        }
        // One that stands there twice is freed twice.
        if Set(objects).count < objects.count { kernel.wasMisused = true }
        freeObjects(cache, objects)
    }

    /// The most objects of one call: the array of as many takes 512 KiB.
    private static var mostObjects: UInt64 { 1 << 16 }

    /// Writes 8 bytes at an address of the kernel's; false where that ended in an oops.
    private func storeWord(_ address: VirtualAddress, _ word: UInt64) -> Bool {
        (0..<8).allSatisfy { kernelStore(address &+ $0, UInt8(truncatingIfNeeded: word >> ($0 * 8))) }
    }

    /// Reads them; nil where that ended in an oops.
    private func loadWord(_ address: VirtualAddress) -> UInt64? {
        var word: UInt64 = 0
        for place in 0..<UInt64(8) {
            guard let byte = kernelLoad(address &+ place) else { return nil }
            word |= UInt64(byte) << (place * 8)
        }
        return word
    }
}
