/// Flags of a slab cache: `slab_flags_t` (`include/linux/slab.h`).
public struct SlabFlags: OptionSet, Sendable, Hashable {
    /// The bits, in the order of `enum _slab_flag_bits`.
    public let rawValue: UInt32

    /// The flags of the bits.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// SLAB_CONSISTENCY_CHECKS: `F` of `slab_debug`.
    public static let consistencyChecks = SlabFlags(rawValue: 1 << 0)
    /// SLAB_RED_ZONE: `Z`.
    public static let redZone = SlabFlags(rawValue: 1 << 1)
    /// SLAB_POISON: `P`.
    public static let poison = SlabFlags(rawValue: 1 << 2)
    /// SLAB_KMALLOC: a size class of kmalloc.
    static let kmalloc = SlabFlags(rawValue: 1 << 3)
    /// SLAB_HWCACHE_ALIGN: objects begin on cache lines.
    public static let hardwareCacheAligned = SlabFlags(rawValue: 1 << 4)
    /// SLAB_CACHE_DMA: slabs from ZONE_DMA.
    public static let dma = SlabFlags(rawValue: 1 << 5)
    /// SLAB_CACHE_DMA32.
    public static let dma32 = SlabFlags(rawValue: 1 << 6)
    /// SLAB_STORE_USER: `U`, the last owner of an object is noted.
    public static let storeUser = SlabFlags(rawValue: 1 << 7)
    /// SLAB_TYPESAFE_BY_RCU.
    public static let typesafeByRCU = SlabFlags(rawValue: 1 << 9)
    /// SLAB_ACCOUNT: charged to memory cgroups.
    public static let account = SlabFlags(rawValue: 1 << 14)
    /// SLAB_NO_MERGE.
    static let noMerge = SlabFlags(rawValue: 1 << 16)
    /// SLAB_RECLAIM_ACCOUNT: objects can be reclaimed.
    public static let reclaimAccount = SlabFlags(rawValue: 1 << 19)
    /// `__OBJECT_POISON`: the bytes of free objects are poisoned.
    static let objectPoison = SlabFlags(rawValue: 1 << 20)

    /// SLAB_DEBUG_FLAGS: with any of them, every allocation and free takes the slow way.
    static let debug: SlabFlags = [.redZone, .poison, .storeUser, .consistencyChecks]
    /// SLAB_NEVER_MERGE.
    static let neverMerged: SlabFlags = [.redZone, .poison, .storeUser, .typesafeByRCU, .noMerge]
    /// SLAB_MERGE_SAME.
    static let mergedWhereSame: SlabFlags = [.reclaimAccount, .dma, .dma32, .account]

}

extension SlabFlags {
    /// Those that a program may ask for.
    static let ofPrograms: SlabFlags = [
        .hardwareCacheAligned, .dma, .dma32, .typesafeByRCU, .account, .reclaimAccount, .redZone, .poison, .storeUser,
        .consistencyChecks, .noMerge,
    ]
}
