/// Steps of the profile `kernel`.
extension ScenarioGenerator {
    /// kmalloc and kfree.
    mutating func useKernelObject() {
        // Threads of the kernel run meanwhile.
        if random.chance(2) { return emit("compute(\(1 + random.below(2000)))") }
        if !kernelObjects.isEmpty, random.chance(40) {
            emit("kfree(\(kernelObjects.remove(at: random.below(kernelObjects.count))))")
            return
        }
        let name = name("o")
        emit("\(name) = kmalloc(\(random.pick(Self.objectSizes)), \(random.pick(Self.allocationFlags)))")
        kernelObjects.append(name)
    }

    private static let objectSizes = ["8", "24", "64", "90", "100", "190", "500", "2000", "5000", "8K", "20K"]
    private static let allocationFlags = [
        "GFP_KERNEL", "GFP_KERNEL", "GFP_ATOMIC", "GFP_KERNEL_ACCOUNT", "GFP_KERNEL|__GFP_ZERO",
        "GFP_KERNEL|__GFP_RECLAIMABLE", "GFP_KERNEL|__GFP_DMA",
    ]

    /// Slab caches and their objects.
    mutating func useSlabCache() {
        guard !slabCaches.isEmpty, random.chance(85) else {
            let name = name("s")
            let flags = random.pick([
                "0", "SLAB_HWCACHE_ALIGN", "SLAB_ACCOUNT", "SLAB_RECLAIM_ACCOUNT", "SLAB_POISON|SLAB_RED_ZONE",
            ])
            emit("\(name) = kmem_cache_create(\"\(name)\", \(random.pick(["16", "120", "700", "4000"])), 8, \(flags))")
            slabCaches.append(name)
            return
        }
        let cache = random.pick(slabCaches)
        let own = cacheObjects.indices.filter { cacheObjects[$0].cache == cache }
        switch random.below(10) {
        case 0: emit("kmem_cache_shrink(\(cache))")
        case 1 where own.isEmpty:
            emit("kmem_cache_destroy(\(cache))")
            slabCaches.removeAll { $0 == cache }
        case 2...4 where !own.isEmpty:
            let object = cacheObjects.remove(at: random.pick(own))
            emit("kmem_cache_free(\(cache), \(object.name))")
        case 9:
            let (array, count) = (name("a"), 1 + random.below(40))
            emit("\(array) = kmalloc(320, GFP_KERNEL)")
            emit("kmem_cache_alloc_bulk(\(cache), GFP_KERNEL, \(count), \(array))")
            emit("kmem_cache_free_bulk(\(cache), \(count), \(array))")
            emit("kfree(\(array))")
        default:
            let name = name("t")
            emit("\(name) = kmem_cache_alloc(\(cache), GFP_KERNEL)")
            cacheObjects.append((name, cache))
        }
    }

    /// The area of vmalloc.
    mutating func useKernelArea() {
        if !kernelAreas.isEmpty, random.chance(35) {
            emit("vfree(\(kernelAreas.remove(at: random.below(kernelAreas.count)).name))")
            return
        }
        let name = name("v")
        switch random.below(10) {
        case 0: emit("\(name) = vmalloc_huge(\(random.pick(["2M", "3M", "64K"])))")
        case 1: emit("\(name) = ioremap(\(random.pick(["0xfee00000", "0xfeb00010"])), \(random.pick(["4K", "10K"])))")
        case 2:
            emit("mmap(W, 16K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)")
            emit("write_pages(W, 16K, 3)")
            emit("\(name) = vmap(W, 4)")
        default: emit("\(name) = vmalloc(\(random.pick(["1", "4K", "16K", "100K", "3M"])))")
        }
        kernelAreas.append((name, false))
    }

    /// Accesses of kernel addresses, and rights of kernel pages.
    mutating func accessKernel() {
        let targets = kernelObjects + cacheObjects.map(\.name) + kernelAreas.filter { !$0.isReadOnly }.map(\.name)
        guard !targets.isEmpty else { return useKernelObject() }
        if !kernelAreas.isEmpty, random.chance(20) {
            let index = random.below(kernelAreas.count)
            let call = kernelAreas[index].isReadOnly ? "set_memory_rw" : "set_memory_ro"
            emit("\(call)(\(kernelAreas[index].name), 1)")
            kernelAreas[index].isReadOnly.toggle()
            return
        }
        let target = random.pick(targets)
        if random.chance(50) {
            emit("kload(\(target))")
        } else {
            emit("kstore(\(target) + \(random.below(8)), \(random.below(256)))")
        }
    }
}
