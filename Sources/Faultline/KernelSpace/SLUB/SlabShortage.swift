/// What the log has where a cache gets no slab.
extension Machine {
    /// `slab_out_of_memory`: the cache, and how full it is. Its ratelimit (ten in five seconds) is not kept.
    func reportNoObject(_ cache: Handle<SlabCache>, _ flags: GFPFlags) {
        if flags.contains(.noWarn) { return }
        let figures = view(cache)
        let geometry = figures.geometry
        printk(
            "SLUB: Unable to allocate memory on CPU \(cpu.number) (of node 0) on node -1, "
                + "gfp=\(kernelHex(UInt64(flags.rawValue)))(\(flags.text))")
        printk(
            "  cache: \(figures.name), object size: \(figures.objectSize), buffer size: \(geometry.size), "
                + "default order: \(geometry.order), min order: \(geometry.minimumOrder)")
        if geometry.minimumOrder > SlabGeometry.order(of: UInt32(figures.objectSize)) {
            printk("  \(figures.name) debugging increased min order, use slab_debug=O to disable.")
        }
        let free = slabs(from: cache.pointee.partialFirst).reduce(0) { $0 + $1.freeCount }
        printk("  node 0: slabs: \(figures.slabCount), objs: \(figures.objectCount), free: \(free)")
    }
}
