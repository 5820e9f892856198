import CShim

extension TLBStatistics {
    /// What several CPUs counted.
    static func + (one: TLBStatistics, other: TLBStatistics) -> TLBStatistics {
        // a + b is a - (0 - b), where numbers wrap around.
        one - (TLBStatistics(fl_tlb_counters()) - other)
    }

    /// What was counted since an earlier moment.
    static func - (now: TLBStatistics, before: TLBStatistics) -> TLBStatistics {
        var result = now
        result.l1Hits = now.l1Hits - before.l1Hits
        result.l1LargeHits = difference(now.l1LargeHits, before.l1LargeHits)
        result.l2Hits = now.l2Hits - before.l2Hits
        result.l2LargeHits = difference(now.l2LargeHits, before.l2LargeHits)
        result.walks = now.walks - before.walks
        result.walkLoads = difference(now.walkLoads, before.walkLoads)
        result.savedLoads = now.savedLoads &- before.savedLoads
        result.fills = difference(now.fills, before.fills)
        result.fillsByKind = difference(now.fillsByKind, before.fillsByKind)
        result.faults = now.faults &- before.faults
        result.flushes = difference(now.flushes, before.flushes)
        return result
    }

    private static func difference(_ now: [UInt64], _ before: [UInt64]) -> [UInt64] {
        zip(now, before).map { $0 &- $1 }
    }

    private static func difference(_ now: [ByKind], _ before: [ByKind]) -> [ByKind] {
        zip(now, before).map { $0 - $1 }
    }
}

extension TLBStatistics.ByKind {
    static func - (now: Self, before: Self) -> Self {
        var result = now
        result.read = now.read &- before.read
        result.write = now.write &- before.write
        result.execute = now.execute &- before.execute
        return result
    }
}
