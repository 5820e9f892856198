import Faultline

/// What the kernel has of memory for itself. Looking does not bring it into being.
extension MemoryReader {
    private static let absence =
        "the machine has no memory of the kernel's own yet: a call such as kmalloc or vmalloc brings it up, "
        + "and the setting kernel_objects=1 charges the kernel's records to it\n"

    /// `kmem -s`: slab caches, the newest first. crash has the address of the record before each: here it lies outside of the
    /// simulated memory.
    public func slabCaches() -> String {
        let caches = machine.slabCacheViews()
        if caches.isEmpty { return Self.absence }
        let heading = "OBJSIZE  ALLOCATED     TOTAL  SLABS  SSIZE  NAME\n"
        return heading
            + caches.map { cache in
                cache.objectSize.right(7) + cache.usedObjects.right(11) + cache.objectCount.right(10)
                    + cache.slabCount.right(7) + "\(4 << cache.geometry.order)k".right(7) + "  \(cache.name)\n"
            }.joined()
    }

    /// `kmem -v`: areas of vmalloc, by address.
    public func vmapAreas() -> String {
        let areas = machine.vmapAreaViews()
        if areas.isEmpty {
            return machine.slabCacheViews().isEmpty ? Self.absence : "nothing is mapped in the area of vmalloc\n"
        }
        return "            ADDRESS RANGE                SIZE  KIND\n"
            + areas.map { area in
                let kind = area.kind?.name ?? "waits for the purge"
                return "\(area.start.hex()) - \(area.end.hex())" + Int(area.end - area.start).right(9) + "  \(kind)\n"
            }.joined()
    }
}
