/// The kernel's addresses that are given out in areas: what is in use, what is free, and what was freed but is still in the TLB.
struct VmallocSpace {
    /// A part of the areas, so that CPUs need not wait for each other: `struct vmap_node`.
    struct Node {
        var busy = VmapTree()
        /// Freed areas that wait for the one flush of `__purge_vmap_area_lazy`.
        var lazy = VmapTree()
        /// Areas of up to 256 pages that are free again and stay whole for the next that asks for the size (`struct vmap_pool`), by
        /// their pages; the next to be taken is the last.
        var pools: [UInt64: [Handle<VmapArea>]] = [:]
    }

    /// `vmap_nodes`: one for each CPU.
    var nodes = [Node()]
    /// `free_vmap_area_root`.
    var free = VmapTree()
    /// `vmap_lazy_nr`: pages of areas that wait.
    var lazyPages: UInt64 = 0
    /// Flushes of the kernel's addresses so far, each for all that waited.
    var purges = 0
    /// `ne_fit_preload_node`: the object for the second half of a free area that is cut in its middle.
    var spareObject: VirtualAddress = 0
    /// What an interrupt freed, and a worker will (`vfree_deferred`); the last first.
    var deferred: [VirtualAddress] = []
    /// The frames of areas, by the areas' starts; those of vmap are the caller's.
    var frames: [VirtualAddress: [PFN]] = [:]
    /// `nr_vmalloc_pages`.
    var pages: UInt64 = 0

    /// MAX_VA_SIZE_PAGES.
    static let pooledPages: UInt64 = 256

    /// `addr_to_node_id`: 16 pages of addresses are one node's, the next 16 the next one's.
    func node(of address: VirtualAddress) -> Int {
        nodes.count == 1 ? 0 : Int(address / (16 << 12) % UInt64(nodes.count))
    }

    /// `find_vmap_area`: the area in use that an address is in.
    func find(_ address: VirtualAddress) -> Handle<VmapArea>? {
        let first = node(of: address)
        for step in 0..<nodes.count {
            if let area = nodes[(first + step) % nodes.count].busy.find(address) { return area }
        }
        return nil
    }

    /// Areas in use, by address.
    var busy: [Handle<VmapArea>] {
        nodes.flatMap { $0.busy.areas() }.sorted { $0.pointee.start < $1.pointee.start }
    }

    /// Areas that wait for the purge, node by node.
    var lazy: [Handle<VmapArea>] { nodes.flatMap { $0.lazy.areas() } }

    /// Areas in pools.
    var pooled: [Handle<VmapArea>] { nodes.flatMap { $0.pools.values.joined() } }
}

extension Machine {
    /// `lazy_max_pages`: 32 MiB for each power of two of CPUs.
    var lazyMaxPages: UInt64 {
        UInt64(Int.bitWidth - settings.presentCPUs.leadingZeroBitCount) * 8192
    }

    private var vmapCache: Handle<SlabCache>? { objectCaches[Int(KernelObjectKind.vmapArea.rawValue)] }

    /// `vmap_init_nodes` and `vmap_init_free_space`: one area, all addresses but the first and the last.
    func openVmallocSpace() -> Bool {
        guard let cache = vmapCache, let object = allocateObject(cache, .kernel) else { return false }
        let count = min(max(settings.presentCPUs, 1), 128)
        kernel.vmalloc.nodes = Array(repeating: VmallocSpace.Node(), count: count)
        let whole = vmapAreas.allocate(VmapArea(start: 1, end: .max))
        whole.pointee.object = object
        kernel.vmalloc.free.insert(whole)
        return true
    }

    /// `alloc_vmap_area`: from the CPU's pool, else the lowest place that is free. Where there is none, what waits is purged first.
    ///
    /// With `isHigh` (`pcpu_get_vm_areas` of one group) the highest place, so that other areas do not get in its way.
    func takeVmapArea(_ size: UInt64, align: UInt64, isHigh: Bool = false) -> Handle<VmapArea>? {
        func cut() -> VirtualAddress? { isHigh ? cutHighest(size, align) : cutLowest(size, align) }
        let node = !isHigh && kernel.vmalloc.nodes.count > 1 ? 0 : -1
        if let area = takePooled(node, size, align) {
            insertBusy(area)
            return area
        }
        guard let cache = vmapCache, let object = allocateObject(cache, .kernel) else { return nil }
        var found = cut()
        if found == nil {
            purgeVmapAreas(isFull: true)
            found = cut()
        }
        guard let start = found else {
            freeObject(cache, object)
            if !isHigh {
                printk(
                    "vmalloc_node_range for size \(size) failed: Address range restricted to "
                        + "\(kernelHex(kernel.layout.vmalloc)) - \(kernelHex(kernel.layout.vmallocEnd - 1))")
            }
            return nil
        }
        let area = vmapAreas.allocate(VmapArea(start: start, end: start + size))
        area.pointee.object = object
        area.pointee.poolNode = node
        insertBusy(area)
        return area
    }

    private func insertBusy(_ area: Handle<VmapArea>) {
        kernel.vmalloc.nodes[kernel.vmalloc.node(of: area.pointee.start)].busy.insert(area)
    }

    /// `node_pool_del_va`: the area that came last. One that is not aligned is put behind the others, and the search ends.
    private func takePooled(_ node: Int, _ size: UInt64, _ align: UInt64) -> Handle<VmapArea>? {
        let pages = size >> 12
        guard node >= 0, let area = kernel.vmalloc.nodes[node].pools[pages]?.popLast() else { return nil }
        if area.pointee.start & (align - 1) == 0 { return area }
        kernel.vmalloc.nodes[node].pools[pages]?.insert(area, at: 0)
        return nil
    }

    // MARK: Free areas

    /// `__alloc_vmap_area`: cuts the lowest place of the area of vmalloc out of a free area.
    private func cutLowest(_ size: UInt64, _ align: UInt64) -> VirtualAddress? {
        // `preload_this_cpu_lock`: a cut in the middle needs an object, and cannot wait for it.
        if kernel.vmalloc.spareObject == 0, let cache = vmapCache {
            kernel.vmalloc.spareObject = allocateObject(cache, .kernel) ?? 0
        }
        let from = kernel.layout.vmalloc
        guard let free = kernel.vmalloc.free.lowestMatch(size, align: align, from: from) else { return nil }
        let start = (max(free.pointee.start, from) + align - 1) & ~(align - 1)
        guard start + size <= kernel.layout.vmallocEnd - 1, clip(free, start, size) else { return nil }
        return start
    }

    /// The search of `pcpu_get_vm_areas`: from the top of the area of vmalloc down.
    private func cutHighest(_ size: UInt64, _ align: UInt64) -> VirtualAddress? {
        let top = (kernel.layout.vmallocEnd - 1) & ~(align - 1)
        let lowest = (kernel.layout.vmalloc + align - 1) & ~(align - 1)
        for free in kernel.vmalloc.free.areas().reversed() {
            let end = min(free.pointee.end & ~(align - 1), top)
            guard free.pointee.start < end, end >= size, end - size >= free.pointee.start else { continue }
            guard end - size >= lowest else { return nil }
            return clip(free, end - size, size) ? end - size : nil
        }
        return nil
    }

    /// `va_clip`: a free area gives a part of itself: all, either end, or its middle, which leaves two.
    private func clip(_ free: Handle<VmapArea>, _ start: VirtualAddress, _ size: UInt64) -> Bool {
        let (from, to, end) = (free.pointee.start, free.pointee.end, start + size)
        switch (from == start, to == end) {
        case (true, true):
            kernel.vmalloc.free.remove(free)
            forget(free)
        case (true, false): kernel.vmalloc.free.resize(free, end, to)
        case (false, true): kernel.vmalloc.free.resize(free, from, start)
        case (false, false):
            var object = kernel.vmalloc.spareObject
            kernel.vmalloc.spareObject = 0
            if object == 0, let cache = vmapCache { object = allocateObject(cache, .atomic) ?? 0 }
            if object == 0 { return false }
            kernel.vmalloc.free.resize(free, end, to)
            let low = vmapAreas.allocate(VmapArea(start: from, end: start))
            low.pointee.object = object
            kernel.vmalloc.free.insert(low)
        }
        return true
    }

    /// The record and its object go.
    private func forget(_ area: Handle<VmapArea>) {
        if let cache = vmapCache { freeObject(cache, area.pointee.object) }
        vmapAreas.deallocate(area)
    }

    // MARK: Lazy purge

    /// `free_vmap_area_noflush`: the area waits for the next purge, which comes when enough pages wait.
    func freeVmapArea(_ area: Handle<VmapArea>) {
        let start = area.pointee.start
        kernel.vmalloc.nodes[kernel.vmalloc.node(of: start)].busy.remove(area)
        let node = area.pointee.poolNode >= 0 ? area.pointee.poolNode : kernel.vmalloc.node(of: start)
        kernel.vmalloc.nodes[node].lazy.insert(area)
        kernel.vmalloc.lazyPages += area.pointee.size >> 12
        if kernel.vmalloc.lazyPages > lazyMaxPages { purgeVmapAreas(isFull: false) }
    }

    /// `__purge_vmap_area_lazy`: one flush from the lowest to the highest, and all that waited is free: in the pools of those who asked
    /// for it, where it may be asked for again, and else joined with what is free.
    ///
    /// - Parameter isFull: no place is left: the pools give up what they have (`reclaim_and_purge_vmap_areas`).
    func purgeVmapAreas(isFull: Bool) {
        var (start, end) = (VirtualAddress.max, VirtualAddress(0))
        var waiting: [[Handle<VmapArea>]] = []
        for index in kernel.vmalloc.nodes.indices {
            decayPools(index, isFull)
            let areas = kernel.vmalloc.nodes[index].lazy.areas()
            kernel.vmalloc.nodes[index].lazy = VmapTree()
            if let first = areas.first, let last = areas.last {
                (start, end) = (min(start, first.pointee.start), max(end, last.pointee.end))
            }
            waiting.append(areas)
        }
        if end == 0 { return }
        kernel.vmalloc.purges += 1
        flushKernelRange(start, end)
        for (index, areas) in waiting.enumerated() { purge(areas, of: index, poolsStay: isFull) }
    }

    /// `purge_vmap_node`.
    private func purge(_ areas: [Handle<VmapArea>], of node: Int, poolsStay: Bool) {
        var joined: [Handle<VmapArea>] = []
        for area in areas {
            let pages = area.pointee.size >> 12
            kernel.vmalloc.lazyPages -= pages
            if area.pointee.poolNode >= 0, !poolsStay, pages <= VmallocSpace.pooledPages {
                kernel.vmalloc.nodes[node].pools[pages, default: []].append(area)
            } else {
                joined.append(area)
            }
        }
        for area in joined.reversed() { for gone in kernel.vmalloc.free.merge(area) { forget(gone) } }
    }

    /// `decay_va_pool_node`: a quarter of each pool goes back, or all of it. They join each other first.
    private func decayPools(_ node: Int, _ isFull: Bool) {
        var decayed = VmapTree()
        for pages in kernel.vmalloc.nodes[node].pools.keys.sorted() {
            guard var pool = kernel.vmalloc.nodes[node].pools[pages] else { continue }
            for _ in 0..<(isFull ? pool.count : pool.count / 4) {
                guard let area = pool.popLast() else { break }
                for gone in decayed.merge(area) { forget(gone) }
            }
            kernel.vmalloc.nodes[node].pools[pages] = pool.isEmpty ? nil : pool
        }
        for area in decayed.areas() { for gone in kernel.vmalloc.free.merge(area) { forget(gone) } }
    }
}
