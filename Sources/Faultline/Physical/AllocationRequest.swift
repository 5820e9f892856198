/// What the page allocator is asked for: the arguments of `alloc_pages`, and `struct alloc_context`.
///
/// Each place that takes frames has its own, with the flags of the kernel's place. They are constants, so that what is asked of them
/// costs nothing where the allocator is inlined.
struct AllocationRequest {
    var flags: GFPFlags
    /// 2^order frames, 0 to 10.
    var order = 0
    /// The node whose zones serve it first (`preferred_nid`); negative for that of the CPU (`numa_node_id`).
    var node = -1
    /// The nodes that may serve it (`nodemask`), a bit each.
    var nodes = UInt64.max

    @inline(__always)
    init(_ flags: GFPFlags, order: Int = 0) {
        self.flags = flags
        self.order = order
    }

    @inline(__always) var migrateType: MigrateType { flags.migrateType }

    /// Whether the first per-CPU list of the preferred zone may serve it: no zone is too high for it, and it wants the CPU's node.
    @inline(__always)
    var isOrdinary: Bool {
        flags.rawValue & (GFPFlags.dma.rawValue | GFPFlags.dma32.rawValue) == 0 && order == 0 && node < 0
            && nodes == .max
    }

    // MARK: The places

    /// A page of zeros of anonymous memory (`vma_alloc_zeroed_movable_folio`).
    @inline(__always)
    static var anonymousZeroed: AllocationRequest { AllocationRequest(.highUserMovable.union(.zero).union(.compound)) }
    /// A private copy (`folio_prealloc`, `vma_alloc_folio`).
    @inline(__always)
    static var anonymous: AllocationRequest { AllocationRequest(.highUserMovable.union(.compound)) }
    /// A private folio of 2 MiB, for which nobody waits (`GFP_TRANSHUGE_LIGHT`).
    @inline(__always)
    static var hugePage: AllocationRequest {
        AllocationRequest(
            .highUserMovable.union(.compound).union(.noMemalloc).union(.noWarn).subtracting(.reclaim), order: 9)
    }
    /// A page table of any level (`pagetable_alloc`).
    @inline(__always)
    static var pageTable: AllocationRequest { AllocationRequest(.userPageTable.union(.compound)) }
    /// A page of shared memory (`shmem_alloc_folio`): `mapping_gfp_mask` (`inode_init_always`).
    @inline(__always)
    static var sharedMemory: AllocationRequest { AllocationRequest(.highUserMovable.union(.compound)) }
    /// A page of a file that readahead fetches (`readahead_gfp_mask` in `memalloc_nofs_save`).
    @inline(__always)
    static var filePage: AllocationRequest {
        AllocationRequest(
            .noFileSystem.union(.highMemory).union(.movable).union(.hardwall).union(.noWarn).union(.noRetry)
                .union(.compound))
    }
    /// A page of the disk itself (`bdev_getblk`: GFP_USER of the device's mapping without __GFP_FS, and movable).
    @inline(__always)
    static var diskMetadata: AllocationRequest {
        AllocationRequest(.noFileSystem.union(.hardwall).union(.movable).union(.noFail).union(.compound))
    }
    /// A page that the kernel keeps for itself.
    @inline(__always)
    static var kernel: AllocationRequest { AllocationRequest(.kernel.union(.zero)) }
}
