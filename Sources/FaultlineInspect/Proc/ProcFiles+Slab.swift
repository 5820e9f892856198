import Faultline

/// What the kernel says of its own memory.
extension ProcFiles {
    /// Caches that are left out.
    static let slabinfoLeftOut = ["caches of parts that the machine does not model"]

    /// `/proc/slabinfo` (`slab_show`), the newest cache first. SLUB has no tunables.
    func slabinfo() -> String {
        let heading =
            "slabinfo - version: 2.1\n# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> "
            + ": tunables <limit> <batchcount> <sharedfactor> : slabdata <active_slabs> <num_slabs> <sharedavail>\n"
        return heading + machine.slabCacheViews().map(Self.slabLine).joined()
    }

    private static func slabLine(_ cache: SlabCacheView) -> String {
        let slabs = cache.slabCount.right(6)
        return "\(cache.name.left(17)) \(cache.activeObjects.right(6)) \(cache.objectCount.right(6)) "
            + "\(cache.geometry.size.right(6)) \(cache.geometry.objectsPerSlab.right(4)) \((1 << cache.geometry.order).right(4))"
            + " : tunables \(0.right(4)) \(0.right(4)) \(0.right(4)) : slabdata \(slabs) \(slabs) \(0.right(6))\n"
    }

    /// `/proc/vmallocinfo` (`vmalloc_info_show`), with the addresses as they are, and lines of the program in the place of callers.
    func vmallocinfo() -> String {
        machine.vmapAreaViews().map { area in
            var line = "\(Self.pointer(area.start))-\(Self.pointer(area.end)) \(Int(area.end - area.start).right(7))"
            guard let kind = area.kind else { return line + " unpurged vm_area\n" }
            line += kind == .perCPU ? " pcpu_get_vm_areas" : area.line == 0 ? " kernel" : " line:\(area.line)"
            if area.pages > 0 { line += " pages=\(area.pages)" }
            if area.physical > 0 { line += " phys=\(Self.pointer(area.physical))" }
            line += " " + kind.name
            if area.hasLargeArray { line += " vpages" }
            if area.pages > 0 { line += " N0=\(area.pages)" }
            return line + "\n"
        }.joined()
    }

    /// Whether a file is about the kernel's own records: the machine charges them to slab caches where it is made for that.
    public static func showsKernelObjects(_ path: String) -> Bool {
        path == "/proc/slabinfo" || path.hasPrefix("/sys/kernel/slab/")
    }

    /// The kernel's own memory is there, or can be made.
    func requireKernel(_ path: String) throws(ProcFileError) {
        do { try machine.bringUpKernel() } catch {
            throw .notModelled(path, "no memory is left for the kernel's own tables and caches")
        }
    }

    private static func pointer(_ address: UInt64) -> String {
        let digits = String(address, radix: 16)
        return "0x" + String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// A file of `/sys/kernel/slab/CACHE`.
    func slabFile(_ parts: [String], _ path: String) throws(ProcFileError) -> Content {
        try requireKernel(path)
        let caches = machine.slabCacheViews()
        guard parts.count == 2,
            let cache = caches.first(where: { $0.name == parts[0] || $0.aliases.contains(parts[0]) })
        else { throw .noSuchCache(path, caches.map(\.name).sorted()) }
        let figures = Self.slabFigures(cache)
        guard let figure = figures.first(where: { $0.0 == parts[1] }) else {
            throw .noSuchFile(path, figures.map { "/sys/kernel/slab/\(parts[0])/" + $0.0 })
        }
        return .text("\(figure.1)\n", leftOut: [])
    }

    private static func slabFigures(_ cache: SlabCacheView) -> [(String, String)] {
        func flag(_ flag: SlabFlags) -> Int { cache.flags.contains(flag) ? 1 : 0 }
        let figures = [
            ("object_size", cache.objectSize), ("align", cache.align), ("slab_size", Int(cache.geometry.size)),
            ("objs_per_slab", Int(cache.geometry.objectsPerSlab)), ("order", cache.geometry.order),
            ("cpu_partial", Int(cache.geometry.cpuPartial)), ("min_partial", Int(cache.geometry.minimumPartial)),
            ("sheaf_capacity", cache.sheafCapacity), ("usersize", cache.userSize), ("aliases", cache.aliases.count),
            ("hwcache_align", flag(.hardwareCacheAligned)), ("cache_dma", flag(.dma)),
            ("reclaim_account", flag(.reclaimAccount)), ("destroy_by_rcu", flag(.typesafeByRCU)),
            ("red_zone", flag(.redZone)), ("poison", flag(.poison)), ("store_user", flag(.storeUser)),
            ("sanity_checks", flag(.consistencyChecks)), ("trace", 0), ("remote_node_defrag_ratio", 100),
        ]
        return figures.map { ($0.0, "\($0.1)") } + slabCounts(cache)
    }

    /// `show_slab_objects`: a sum, and the same of the one node where it is not 0. `slabs_cpu_partial` takes slabs as half full.
    private static func slabCounts(_ cache: SlabCacheView) -> [(String, String)] {
        let counts = [
            ("objects", cache.activeObjects), ("total_objects", cache.objectCount),
            ("objects_partial", cache.partialObjects), ("partial", cache.nodePartialSlabs), ("slabs", cache.slabCount),
            ("cpu_slabs", (cache.hasCPUSlab ? 1 : 0) + cache.cpuPartialSlabs),
        ]
        let waiting = cache.cpuPartialSlabs
        let half = "\(waiting * Int(cache.geometry.objectsPerSlab) / 2)(\(waiting))"
        return counts.map { ($0.0, $0.1 == 0 ? "0" : "\($0.1) N0=\($0.1)") }
            + [("slabs_cpu_partial", waiting == 0 ? half : half + " C0=" + half)]
    }
}

extension VmapKind {
    /// As vmallocinfo names it.
    var name: String {
        switch self {
        case .vmalloc: "vmalloc"
        case .vmap: "vmap"
        case .ioremap: "ioremap"
        case .perCPU: "vmalloc"
        }
    }
}
