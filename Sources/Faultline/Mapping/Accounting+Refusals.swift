/// Which limit it was: made only when a call was refused and someone listens.
extension Machine {
    /// The limit that `mayExpand` said no for.
    @inline(never)
    func expansionRule(
        _ task: Process, in mm: Handle<MMStruct>? = nil, _ flags: VMFlags, _ pages: UInt64
    ) -> Refusal.Rule {
        let mm = (mm ?? task.mm).pointee
        let limits = task.limits
        if limits.addressSpace != .max, mm.totalVM &+ pages > limits.addressSpace >> 12 {
            return .sizeLimit("RLIMIT_AS", used: mm.totalVM, more: pages, limit: limits.addressSpace)
        }
        return .sizeLimit("RLIMIT_DATA", used: mm.dataVM, more: pages, limit: limits.data)
    }

    /// What `mayLock` said no for.
    @inline(never)
    func lockRule(_ task: Process, in mm: Handle<MMStruct>? = nil, _ pages: UInt64) -> Refusal.Rule {
        .lockLimit(locked: (mm ?? task.mm).pointee.lockedVM, more: pages, limit: task.limits.lockedMemory)
    }

    /// vm.max_map_count; `needed` VMAs may come for a moment.
    @inline(never)
    func mapCountRule(_ mm: Handle<MMStruct>, needed: Int = 1) -> Refusal.Rule {
        .mapCount(mm.pointee.mapCount, needed: needed, limit: settings.maxMapCount)
    }

    /// What `chargeMemory` said no for; the pages are not charged any more.
    @inline(never)
    func commitRule(_ pages: UInt64, _ mm: Handle<MMStruct>?) -> Refusal.Rule {
        if settings.overcommitMode == 0 { return .overcommit(asked: pages, memory: physical.totalPages) }
        return .commitLimit(
            charge: pages, promised: UInt64(max(0, committedPages)), limit: UInt64(max(0, strictLimit(mm))),
            commitLimit: commitLimit)
    }
}

extension VMArea {
    /// Its bounds, as a refusal shows them.
    var range: Refusal.Value { .range(start, end) }
}
