/// The caches that the kernel makes at boot, as far as it is modelled (`kmem_cache_init` and the `*_init` of its parts).
extension Machine {
    /// Makes the kernel's address space and its caches, unless they are there.
    ///
    /// - Returns: false where the machine has no memory left for them.
    @discardableResult
    func bringUpKernelSpace() -> Bool {
        if kernel.isUp || kernel.hasFailed { return kernel.isUp }
        if let seed = settings.kernelSeed {
            kernel.layout = KernelLayout(seed: seed, ramBytes: frames.endFrame << 12)
            kernel.random = SplitMix64(seed: seed)
        }
        guard makeInitMM(), makeBootCaches(), openVmallocSpace() else {
            kernel.hasFailed = true
            return false
        }
        kernel.isUp = true
        return true
    }

    private func makeBootCaches() -> Bool {
        for request in Self.firstCaches { guard openBootCache(request) != nil else { return false } }
        for (type, kind) in KmallocClasses.types.enumerated() {
            for index in 1..<KmallocClasses.sizes.count {
                let size = KmallocClasses.sizes[index]
                let request = SlabCacheRequest(
                    name: KmallocClasses.name(kind.prefix, size), objectSize: size,
                    align: 1 << UInt32(size.trailingZeroBitCount), flags: kind.flags.union(.kmalloc), userSize: size)
                guard let cache = openBootCache(request) else { return false }
                kmallocCaches[type * KmallocClasses.slots + index] = cache
            }
        }
        // The first caches were made without records of their own.
        for _ in kernel.caches {
            guard allocateObject(kernel.caches[0], .kernel) != nil, allocateObject(kernel.caches[1], .kernel) != nil
            else { return false }
        }
        for kind in KernelObjectKind.allCases {
            var request = kind.request
            if kind == .taskStruct {
                // fpu__init_task_struct_size
                request.userSize = UInt32(settings.cpu.extendedStateBytes)
                request.objectSize += request.userSize
            }
            guard let cache = createSlabCache(request) else { return false }
            objectCaches[Int(kind.rawValue)] = cache
        }
        return true
    }

    private func openBootCache(_ request: SlabCacheRequest) -> Handle<SlabCache>? {
        let align = SlabGeometry.alignment(size: request.objectSize, align: request.align, flags: request.flags)
        return openSlabCache(request, align: align, flags: debugged(request.flags, name: request.name))
    }

    /// `kmem_cache` and `kmem_cache_node` themselves.
    private static let firstCaches = [
        SlabCacheRequest(name: "kmem_cache", objectSize: 232, flags: .hardwareCacheAligned.union(.noMerge)),
        SlabCacheRequest(name: "kmem_cache_node", objectSize: 72, flags: .hardwareCacheAligned.union(.noMerge)),
    ]
}

/// The kernel's own records that have a slab cache, in the order in which a kernel makes the caches; the sizes are those of 6.18 with
/// the configuration of the modelled machine.
enum KernelObjectKind: UInt8, CaseIterable {
    case vmapArea, mmStruct, mapleNode, xarrayNode, pid, credentials, anonVMA, anonVMAChain
    // A `fs_struct` shares the cache of the links, as credentials share that of process ids.
    case taskStruct, sighand, signal, files, fileSystem, vmaStruct, dentry, inode, fileStruct
    case shmemInode, bufferHead, diskInode

    /// Each process has one of each.
    static let ofProcesses: [KernelObjectKind] = [
        .taskStruct, .sighand, .signal, .files, .fileSystem, .credentials, .pid,
    ]

    /// The caches of records that each process has one of.
    private var processRequest: SlabCacheRequest {
        let shared: SlabFlags = [.hardwareCacheAligned, .account]
        switch self {
        case .taskStruct:
            // The processor's state comes last, and is all that programs may be copied (`fpu_thread_struct_whitelist`).
            return SlabCacheRequest(name: "task_struct", objectSize: 3392, align: 64, flags: .account)
        case .sighand:
            return SlabCacheRequest(
                name: "sighand_cache", objectSize: 2080, flags: shared.union(.typesafeByRCU), hasConstructor: true)
        case .signal: return SlabCacheRequest(name: "signal_cache", objectSize: 1152, flags: shared)
        case .files: return SlabCacheRequest(name: "files_cache", objectSize: 704, flags: shared)
        case .fileSystem: return SlabCacheRequest(name: "fs_cache", objectSize: 64, flags: shared)
        case .credentials: return SlabCacheRequest(name: "cred", objectSize: 184, flags: shared)
        default: return SlabCacheRequest(name: "pid", objectSize: 184, flags: shared)
        }
    }

    /// What the cache is made with.
    var request: SlabCacheRequest {
        switch self {
        case .vmapArea: SlabCacheRequest(name: "vmap_area", objectSize: 72)
        case .taskStruct, .sighand, .signal, .files, .fileSystem, .credentials, .pid: processRequest
        case .mmStruct:
            SlabCacheRequest(
                name: "mm_struct", objectSize: 1568, align: 64, flags: [.hardwareCacheAligned, .account], userSize: 448)
        case .mapleNode: SlabCacheRequest(name: "maple_node", objectSize: 256, align: 256, sheafCapacity: 32)
        case .xarrayNode:
            SlabCacheRequest(
                name: "radix_tree_node", objectSize: 576, flags: .reclaimAccount, hasConstructor: true)
        case .anonVMA:
            SlabCacheRequest(
                name: "anon_vma", objectSize: 96, flags: [.typesafeByRCU, .account], hasConstructor: true)
        case .anonVMAChain: SlabCacheRequest(name: "anon_vma_chain", objectSize: 64, flags: .account)
        case .vmaStruct:
            SlabCacheRequest(
                name: "vm_area_struct", objectSize: 192,
                flags: [.hardwareCacheAligned, .typesafeByRCU, .account], freePointerOffset: 0, sheafCapacity: 32)
        case .fileStruct:
            SlabCacheRequest(
                name: "filp", objectSize: 184, flags: [.hardwareCacheAligned, .typesafeByRCU, .account],
                freePointerOffset: 0)
        case .dentry:
            SlabCacheRequest(name: "dentry", objectSize: 192, flags: [.reclaimAccount, .account], userSize: 40)
        case .inode:
            SlabCacheRequest(
                name: "inode_cache", objectSize: 616, flags: [.reclaimAccount, .account], hasConstructor: true)
        case .shmemInode:
            SlabCacheRequest(name: "shmem_inode_cache", objectSize: 744, flags: .account, hasConstructor: true)
        case .diskInode:
            SlabCacheRequest(
                name: "ext4_inode_cache", objectSize: 1120, flags: [.reclaimAccount, .account], userSize: 60,
                hasConstructor: true)
        case .bufferHead: SlabCacheRequest(name: "buffer_head", objectSize: 104, flags: .reclaimAccount)
        }
    }
}
