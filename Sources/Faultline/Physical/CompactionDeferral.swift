/// How often compaction of a zone is passed over since it was in vain: `compact_considered`, `compact_defer_shift` and
/// `compact_order_failed` of `struct zone`.
struct CompactionDeferral {
    /// COMPACT_MAX_DEFER_SHIFT: at most 63 of 64 are passed over.
    static var mostShift: Int { 6 }

    private var considered = 0
    private var shift = 0
    private var failedOrder = 0

    /// `compaction_deferred`: whether this attempt is passed over; counts it.
    mutating func isDeferred(_ order: Int) -> Bool {
        if order < failedOrder { return false }
        considered = min(considered + 1, 1 << shift)
        return considered < 1 << shift
    }

    /// `defer_compaction`: an attempt was in vain.
    mutating func putOff(_ order: Int) {
        considered = 0
        failedOrder = min(failedOrder, order)
        shift = min(shift + 1, Self.mostShift)
    }

    /// `compaction_defer_reset`: an attempt made a block, and with `wasAllocated` the allocation had it.
    mutating func reset(_ order: Int, wasAllocated: Bool) {
        if wasAllocated {
            considered = 0
            shift = 0
        }
        failedOrder = max(failedOrder, order + 1)
    }

    /// `compaction_restarting`: it was passed over as often as it ever is, so that the skip bits may be out of date.
    func restarts(_ order: Int) -> Bool {
        order >= failedOrder && shift == Self.mostShift && considered >= 1 << shift
    }
}
