/// Whether a zone may serve a request (`__zone_watermark_ok`). Of the zone where it stands: a method of ``Zone`` would copy its free areas first.
extension UnsafeMutablePointer<Zone> {
    /// Whether more than a mark stays free, and a block that will do is there.
    ///
    /// - Parameters:
    ///   - mark: frames.
    ///   - order: of the block that is asked for, 0 to 10.
    ///   - kind: the highest zone that the request could use.
    @inline(__always)
    func isAbove(_ mark: UInt64, _ order: Int, _ kind: ZoneKind, _ rights: AllocationRights) -> Bool {
        var minimum = Int64(bitPattern: mark)
        if rights.contains(.minReserve) {
            minimum -= minimum / 2
            if rights.contains(.nonBlocking) { minimum -= minimum / 4 }
        }
        minimum += Int64(bitPattern: pointee.watermarks.reserves[kind.rawValue])
        return pointee.usable(order, rights) > minimum && (order == 0 || hasBlock(order, rights))
    }

    /// A free block as large, on a list that the request may take from.
    @inline(__always)
    private func hasBlock(_ order: Int, _ rights: AllocationRights) -> Bool {
        if has(order, .movable) || has(order, .unmovable) || has(order, .reclaimable) { return true }
        if rights.contains(.cma), has(order, .cma) { return true }
        return rights.contains(.highAtomic) && has(order, .highAtomic)
    }

    @inline(__always)
    private func has(_ order: Int, _ type: MigrateType) -> Bool {
        for larger in order...Zone.maxOrder where pointee.areas[larger].first(type) != FrameLink.none { return true }
        return false
    }
}

extension Zone {
    /// Enough for a single frame of a request that the zone serves first. It keeps nothing back from such a one (`lowmem_reserve` is for those
    /// that could use a higher zone), and one that may take CMA or reserves besides finds that out the slow way.
    @inline(__always)
    var isAboveServingMark: Bool { usable(0, []) > Int64(bitPattern: servingMark) }

    /// `__zone_watermark_unusable_free`, taken off what is free.
    @inline(__always)
    fileprivate func usable(_ order: Int, _ rights: AllocationRights) -> Int64 {
        var usable = Int64(bitPattern: free) - (1 << Int64(order) - 1)
        if rights.isDisjoint(with: .reserves) { usable -= Int64(bitPattern: freeHighAtomic) }
        if !rights.contains(.cma) { usable -= Int64(bitPattern: freeCMA) }
        return usable
    }
}
