/// What sysctl(8) sets of the page allocator, and what it depends on besides the sizes of zones.
public struct AllocatorSettings: Sendable, Hashable {
    /// `vm.min_free_kbytes` as it was set; nil where it never was, and the kernel computes it.
    public var minFreeKiB: UInt64?
    /// `vm.watermark_scale_factor`: how far watermarks lie apart, in 1/10000 of a zone; 1 to 3000.
    public var watermarkScaleFactor: UInt64 = 10
    /// `vm.watermark_boost_factor`: how far a mix-up of page blocks raises them, in 1/10000 of the high watermark; 0 for never.
    public var watermarkBoostFactor: UInt64 = 15_000
    /// `vm.lowmem_reserve_ratio`, by zone; 0 for none.
    public var lowmemReserveRatio: [UInt64] = [256, 256, 32, 0, 0]
    /// `vm.percpu_pagelist_high_fraction`: 0, or 8 and more.
    public var perCPUHighFraction: UInt64 = 0
    /// `vm.extfrag_threshold`, 0 to 1000: up to this fragmentation index a failure is for lack of memory.
    public var extfragThreshold = 500
    /// `vm.compaction_proactiveness`, 0 to 100: how early kcompactd compacts by itself; 0 for never.
    public var compactionProactiveness: UInt64 = 20
    /// `vm.compact_unevictable_allowed`: whether compaction moves pages that are locked.
    public var compactsUnevictable = true
    /// CPUs that share a zone's per-CPU figures.
    public var cpus = 1
    /// Whether khugepaged raises `min_free_kbytes` (`hugepage_pmd_enabled`: transparent huge pages `madvise` or `always`).
    public var hasHugePages = true

    /// A kernel's that nobody changed.
    public init() {}
}
