/// How far down an allocation may take a zone, and what else it may: `alloc_flags` of `mm/page_alloc.c`, with 6.18's bits.
struct AllocationRights: OptionSet {
    let rawValue: UInt32

    @inline(__always) init(rawValue: UInt32) { self.rawValue = rawValue }

    /// ALLOC_WMARK_LOW; without it the min watermark counts.
    @inline(__always) static var low: AllocationRights { AllocationRights(rawValue: 1) }
    /// ALLOC_NO_WATERMARKS.
    @inline(__always) static var noWatermarks: AllocationRights { AllocationRights(rawValue: 4) }
    /// ALLOC_NON_BLOCK: a quarter more of the reserve.
    @inline(__always) static var nonBlocking: AllocationRights { AllocationRights(rawValue: 0x10) }
    /// ALLOC_MIN_RESERVE: half of the min watermark (`__GFP_HIGH`).
    @inline(__always) static var minReserve: AllocationRights { AllocationRights(rawValue: 0x20) }
    /// ALLOC_CMA.
    @inline(__always) static var cma: AllocationRights { AllocationRights(rawValue: 0x80) }
    /// ALLOC_NOFRAGMENT: no page blocks of other types are mixed up, but taken whole.
    @inline(__always) static var noFragment: AllocationRights { AllocationRights(rawValue: 0x100) }
    /// ALLOC_HIGHATOMIC.
    @inline(__always) static var highAtomic: AllocationRights { AllocationRights(rawValue: 0x200) }
    /// ALLOC_KSWAPD.
    @inline(__always) static var kswapd: AllocationRights { AllocationRights(rawValue: 0x800) }

    /// ALLOC_RESERVES, without that of a victim of the out-of-memory killer, who ends at once here.
    @inline(__always) static var reserves: AllocationRights { minReserve.union(.nonBlocking).union(.highAtomic) }

    /// What a first attempt may: `prepare_alloc_pages` with `alloc_flags_nofragment`.
    static func first(_ request: AllocationRequest, preferred: ZoneKind?) -> AllocationRights {
        var rights: AllocationRights = .low
        if request.flags.contains(.kswapdReclaim) { rights.formUnion(.kswapd) }
        if preferred == .normal { rights.formUnion(.noFragment) }
        return rights.union(cma(request))
    }

    /// What the slow path may: `gfp_to_alloc_flags`.
    static func slow(_ request: AllocationRequest) -> AllocationRights {
        let flags = request.flags
        var rights: AllocationRights = []
        if flags.contains(.high) { rights.formUnion(.minReserve) }
        if flags.contains(.kswapdReclaim) { rights.formUnion(.kswapd) }
        if !flags.contains(.directReclaim), !flags.contains(.noMemalloc) {
            rights.formUnion(.nonBlocking)
            if request.order > 0, flags.contains(.high) { rights.formUnion(.highAtomic) }
        }
        return rights.union(cma(request))
    }

    private static func cma(_ request: AllocationRequest) -> AllocationRights {
        request.migrateType == .movable ? .cma : []
    }
}
