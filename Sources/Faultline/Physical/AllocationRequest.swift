/// What the page allocator is asked for: the arguments of `alloc_pages`, and `struct alloc_context`.
///
/// Each place that takes frames has its own, with the flags of the kernel's place. They are constants, so that what is asked of them
/// costs nothing where the allocator is inlined.
struct AllocationRequest {
    var flags: GFPFlags
    /// 2^order frames, 0 to 10.
    var order = 0
    /// The node that is asked first (`numa_node_id()`); there is one.
    var node = 0

    @inline(__always)
    init(_ flags: GFPFlags, order: Int = 0) {
        self.flags = flags
        self.order = order
    }

    @inline(__always) var migrateType: MigrateType { flags.migrateType }

    /// `gfp_zone`: the highest frame that will do.
    @inline(__always)
    var limit: PFN {
        if flags.contains(.dma) { return Zone.dmaEnd }
        return flags.contains(.dma32) ? Zone.dma32End : .max
    }

    // MARK: The places

    /// A page of zeros of anonymous memory (`vma_alloc_zeroed_movable_folio`).
    @inline(__always)
    static var anonymousZeroed: AllocationRequest { AllocationRequest(.highUserMovable.union(.zero)) }
    /// A private copy (`folio_prealloc`, `vma_alloc_folio`).
    @inline(__always)
    static var anonymous: AllocationRequest { AllocationRequest(.highUserMovable) }
    /// A page table of any level (`pagetable_alloc`).
    @inline(__always)
    static var pageTable: AllocationRequest { AllocationRequest(.userPageTable) }
    /// A page of a file: `mapping_gfp_mask` of regular files and of shared memory (`inode_init_always`).
    @inline(__always)
    static var filePage: AllocationRequest { AllocationRequest(.highUserMovable) }
    /// The same, filled with zeros (`shmem_get_folio_gfp` of a fault clears the page it got).
    @inline(__always)
    static var filePageZeroed: AllocationRequest { AllocationRequest(.highUserMovable.union(.zero)) }
    /// A page of the disk itself (`bdev_getblk`: GFP_USER of the device's mapping without __GFP_FS, and movable).
    @inline(__always)
    static var diskMetadata: AllocationRequest {
        AllocationRequest(.noFileSystem.union(.hardwall).union(.movable).union(.noFail))
    }
    /// A page that the kernel keeps for itself.
    @inline(__always)
    static var kernel: AllocationRequest { AllocationRequest(.kernel.union(.zero)) }
}
