/// How and what for frames are asked for: `gfp_t` (`include/linux/gfp_types.h`), with the bits of Linux 6.18.
public struct GFPFlags: OptionSet, Sendable, Hashable {
    /// The kernel's number.
    public let rawValue: UInt32

    /// Flags by the kernel's number.
    @inline(__always) public init(rawValue: UInt32) { self.rawValue = rawValue }

    // MARK: Where

    /// `__GFP_DMA`: below 16 MiB.
    @inline(__always) static var dma: GFPFlags { GFPFlags(rawValue: 1 << 0) }
    /// `__GFP_HIGHMEM`: any zone will do, as on x86-64 it does for all; with `__GFP_MOVABLE` ZONE_MOVABLE too.
    @inline(__always) static var highMemory: GFPFlags { GFPFlags(rawValue: 1 << 1) }
    /// `__GFP_DMA32`: below 4 GiB.
    @inline(__always) static var dma32: GFPFlags { GFPFlags(rawValue: 1 << 2) }
    /// `__GFP_THISNODE`: the preferred node only.
    @inline(__always) static var thisNode: GFPFlags { GFPFlags(rawValue: 1 << 21) }
    /// `__GFP_HARDWALL`: the nodes of the task's cpuset only.
    @inline(__always) static var hardwall: GFPFlags { GFPFlags(rawValue: 1 << 20) }

    // MARK: How long, and whether it can go elsewhere

    /// `__GFP_MOVABLE`: it can be copied to another frame, or written out.
    @inline(__always) static var movable: GFPFlags { GFPFlags(rawValue: 1 << 3) }
    /// `__GFP_RECLAIMABLE`: a cache of the kernel's that can shrink.
    @inline(__always) static var reclaimable: GFPFlags { GFPFlags(rawValue: 1 << 4) }

    // MARK: What may be done for it

    /// `__GFP_HIGH`: half of the frames that the min watermark keeps may be used.
    @inline(__always) static var high: GFPFlags { GFPFlags(rawValue: 1 << 5) }
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
    /// `__GFP_NOWARN`: a failure is not told in the log.
    @inline(__always) static var noWarn: GFPFlags { GFPFlags(rawValue: 1 << 13) }
    /// `__GFP_RETRY_MAYFAIL`: nobody is killed for it.
    @inline(__always) static var retryMayFail: GFPFlags { GFPFlags(rawValue: 1 << 14) }
    /// `__GFP_NOFAIL`.
    @inline(__always) static var noFail: GFPFlags { GFPFlags(rawValue: 1 << 15) }
    /// `__GFP_NORETRY`.
    @inline(__always) static var noRetry: GFPFlags { GFPFlags(rawValue: 1 << 16) }
    /// `__GFP_MEMALLOC`: the caller frees memory soon, and may use all of it.
    @inline(__always) static var memalloc: GFPFlags { GFPFlags(rawValue: 1 << 17) }
    /// `__GFP_NOMEMALLOC`: reserves are not used, whatever the task may do.
    @inline(__always) static var noMemalloc: GFPFlags { GFPFlags(rawValue: 1 << 19) }
    /// `__GFP_COMP`: the frames are one folio.
    @inline(__always) static var compound: GFPFlags { GFPFlags(rawValue: 1 << 18) }
    /// `__GFP_ACCOUNT`: counted to the task's memory cgroup.
    @inline(__always) static var account: GFPFlags { GFPFlags(rawValue: 1 << 22) }

    /// `__gfp_pfmemalloc_flags`: watermarks do not hold for it, once all else failed.
    var usesReserves: Bool { contains(.memalloc) && !contains(.noMemalloc) }

    // MARK: Combinations

    /// `__GFP_RECLAIM`.
    @inline(__always) static var reclaim: GFPFlags { directReclaim.union(.kswapdReclaim) }
    /// `GFP_KERNEL`.
    @inline(__always) static var kernel: GFPFlags { reclaim.union(.io).union(.fileSystem) }
    /// `GFP_NOFS`.
    @inline(__always) static var noFileSystem: GFPFlags { reclaim.union(.io) }
    /// `GFP_ATOMIC`.
    @inline(__always) static var atomic: GFPFlags { high.union(.kswapdReclaim) }
    /// `GFP_USER`.
    @inline(__always) static var user: GFPFlags { kernel.union(.hardwall) }
    /// `GFP_HIGHUSER_MOVABLE`.
    @inline(__always) static var highUserMovable: GFPFlags { user.union(.highMemory).union(.movable) }
    /// `GFP_PGTABLE_USER`.
    @inline(__always) static var userPageTable: GFPFlags { kernel.union(.zero).union(.account) }

    /// What a slab's pages keep of the flags that an object is asked for with (GFP_RECLAIM_MASK, GFP_CONSTRAINT_MASK).
    @inline(__always) static var ofSlabs: GFPFlags {
        kernel.union(.high).union(.noWarn).union(.retryMayFail).union(.noFail).union(.noRetry).union(.memalloc)
            .union(.noMemalloc).union(.hardwall).union(.thisNode)
    }

    /// `__GFP_BITS_MASK`, without the bit that has no name.
    static var known: GFPFlags { GFPFlags(rawValue: 0x7f_fdff) }
}
