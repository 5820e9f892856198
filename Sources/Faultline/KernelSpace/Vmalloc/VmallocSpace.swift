/// The area of vmalloc: what is in use, what is free, and what was freed but is still in the TLB.
struct VmallocSpace {
    var busy = VmapTree()
    var free = VmapTree()
    /// Freed areas that wait for the one flush of `__purge_vmap_area_lazy`, and their pages (`vmap_lazy_nr`).
    var lazy: [Handle<VmapArea>] = []
    var lazyPages: UInt64 = 0
    /// Flushes of the kernel's addresses so far, each for all that waited.
    var purges = 0
    /// The frames of areas, by the areas' starts; those of vmap are the caller's.
    var frames: [VirtualAddress: [PFN]] = [:]
    /// `nr_vmalloc_pages`.
    var pages: UInt64 = 0
}

extension Machine {
    /// `lazy_max_pages`: 32 MiB for each power of two of CPUs.
    var lazyMaxPages: UInt64 {
        UInt64(Int.bitWidth - settings.presentCPUs.leadingZeroBitCount) * 8192
    }

    /// `vmap_init_free_space`: one area, the whole.
    func openVmallocSpace() {
        let whole = vmapAreas.allocate(VmapArea(start: kernel.layout.vmalloc, end: kernel.layout.vmallocEnd))
        kernel.vmalloc.free.insert(whole)
    }

    /// `alloc_vmap_area`: the lowest place that is free. Where there is none, what waits is purged first.
    func takeVmapArea(_ size: UInt64, align: UInt64) -> Handle<VmapArea>? {
        if let area = cutVmapArea(size, align) { return area }
        purgeVmapAreas()
        return cutVmapArea(size, align)
    }

    /// `va_alloc`: cuts a range out of a free area, at either end or from its middle.
    private func cutVmapArea(_ size: UInt64, _ align: UInt64) -> Handle<VmapArea>? {
        guard let free = kernel.vmalloc.free.lowestMatch(size, align: align) else { return nil }
        guard let cache = objectCaches[Int(KernelObjectKind.vmapArea.rawValue)],
            let object = allocateObject(cache, .kernel)
        else { return nil }
        let (from, to) = (free.pointee.start, free.pointee.end)
        let start = (from + align - 1) & ~(align - 1)
        kernel.vmalloc.free.remove(free)
        vmapAreas.deallocate(free)
        if from < start { kernel.vmalloc.free.insert(vmapAreas.allocate(VmapArea(start: from, end: start))) }
        if start + size < to {
            kernel.vmalloc.free.insert(vmapAreas.allocate(VmapArea(start: start + size, end: to)))
        }
        let area = vmapAreas.allocate(VmapArea(start: start, end: start + size))
        area.pointee.object = object
        kernel.vmalloc.busy.insert(area)
        return area
    }

    /// `free_vmap_area_noflush`: the area waits for the next purge, which comes when enough pages wait.
    func freeVmapArea(_ area: Handle<VmapArea>) {
        kernel.vmalloc.busy.remove(area)
        kernel.vmalloc.lazy.append(area)
        kernel.vmalloc.lazyPages += area.pointee.size >> 12
        if kernel.vmalloc.lazyPages > lazyMaxPages { purgeVmapAreas() }
    }

    /// `__purge_vmap_area_lazy`: one flush from the lowest to the highest, and all that waited is free.
    func purgeVmapAreas() {
        if kernel.vmalloc.lazy.isEmpty { return }
        kernel.vmalloc.purges += 1
        for area in kernel.vmalloc.lazy { mergeFree(area) }
        kernel.vmalloc.lazy = []
        kernel.vmalloc.lazyPages = 0
    }

    /// `merge_or_add_vmap_area_augment`.
    private func mergeFree(_ area: Handle<VmapArea>) {
        let (before, after) = kernel.vmalloc.free.neighbours(area.pointee.start, area.pointee.end)
        let start = before?.pointee.start ?? area.pointee.start
        let end = after?.pointee.end ?? area.pointee.end
        for neighbour in [before, after].compactMap(\.self) {
            kernel.vmalloc.free.remove(neighbour)
            vmapAreas.deallocate(neighbour)
        }
        if let cache = objectCaches[Int(KernelObjectKind.vmapArea.rawValue)] { freeObject(cache, area.pointee.object) }
        vmapAreas.deallocate(area)
        kernel.vmalloc.free.insert(vmapAreas.allocate(VmapArea(start: start, end: end)))
    }
}
