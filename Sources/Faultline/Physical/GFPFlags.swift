/// How and what for frames are asked for: `gfp_t` (`include/linux/gfp_types.h`), with the kernel's bits.
struct GFPFlags: OptionSet {
    let rawValue: UInt32

    @inline(__always) init(rawValue: UInt32) { self.rawValue = rawValue }

    // MARK: Where

    /// `__GFP_DMA`: below 16 MiB.
    @inline(__always) static var dma: GFPFlags { GFPFlags(rawValue: 1 << 0) }
    /// `__GFP_HIGHMEM`: any zone will do, as on x86-64 it does for all.
    @inline(__always) static var highMemory: GFPFlags { GFPFlags(rawValue: 1 << 1) }
    /// `__GFP_DMA32`: below 4 GiB.
    @inline(__always) static var dma32: GFPFlags { GFPFlags(rawValue: 1 << 2) }

    // MARK: How long, and whether it can go elsewhere

    /// `__GFP_MOVABLE`: it can be copied to another frame, or written out.
    @inline(__always) static var movable: GFPFlags { GFPFlags(rawValue: 1 << 3) }
    /// `__GFP_RECLAIMABLE`: a cache of the kernel's that can shrink.
    @inline(__always) static var reclaimable: GFPFlags { GFPFlags(rawValue: 1 << 4) }

    // MARK: What may be done for it

    /// `__GFP_IO`: pages may be written out.
    @inline(__always) static var io: GFPFlags { GFPFlags(rawValue: 1 << 6) }
    /// `__GFP_FS`: file systems may be called.
    @inline(__always) static var fileSystem: GFPFlags { GFPFlags(rawValue: 1 << 7) }
    /// `__GFP_ZERO`: the frames read zero.
    @inline(__always) static var zero: GFPFlags { GFPFlags(rawValue: 1 << 8) }
    /// `__GFP_DIRECT_RECLAIM`: the caller may reclaim, and wait.
    @inline(__always) static var directReclaim: GFPFlags { GFPFlags(rawValue: 1 << 10) }
    /// `__GFP_KSWAPD_RECLAIM`: kswapd is woken where little is left.
    @inline(__always) static var kswapdReclaim: GFPFlags { GFPFlags(rawValue: 1 << 11) }
    /// `__GFP_NOFAIL`.
    @inline(__always) static var noFail: GFPFlags { GFPFlags(rawValue: 1 << 15) }
    /// `__GFP_HARDWALL`: the nodes of the task's cpuset only.
    @inline(__always) static var hardwall: GFPFlags { GFPFlags(rawValue: 1 << 20) }
    /// `__GFP_ACCOUNT`: counted to the task's memory cgroup.
    @inline(__always) static var account: GFPFlags { GFPFlags(rawValue: 1 << 22) }

    // MARK: Combinations

    /// `__GFP_RECLAIM`.
    @inline(__always) static var reclaim: GFPFlags { directReclaim.union(.kswapdReclaim) }
    /// `GFP_KERNEL`.
    @inline(__always) static var kernel: GFPFlags { reclaim.union(.io).union(.fileSystem) }
    /// `GFP_NOFS`.
    @inline(__always) static var noFileSystem: GFPFlags { reclaim.union(.io) }
    /// `GFP_USER`.
    @inline(__always) static var user: GFPFlags { kernel.union(.hardwall) }
    /// `GFP_HIGHUSER_MOVABLE`.
    @inline(__always) static var highUserMovable: GFPFlags { user.union(.highMemory).union(.movable) }
    /// `GFP_PGTABLE_USER`.
    @inline(__always) static var userPageTable: GFPFlags { kernel.union(.zero).union(.account) }

    /// `gfp_migratetype`.
    @inline(__always)
    var migrateType: MigrateType {
        if contains(.movable) { return .movable }
        return contains(.reclaimable) ? .reclaimable : .unmovable
    }
}
