import Faultline

/// How many pages more there are when the child, the parent, or both write to all private pages that are there.
struct ForkGrowth {
    private(set) var child = 0
    private(set) var parent = 0
    private(set) var both = 0

    /// Shared memory and memory that may not be written to do not grow.
    init(_ area: ProcessDescription.Area, _ action: ForkForecast.Action) {
        guard area.region.isWritable, !area.region.isShared else { return }
        for run in area.populatedRuns {
            let count = Int(run.count)
            switch run.kind {
            case .anonymous: addAnonymous(count, isExclusive: run.isExclusive || !area.isSharedOutside, action)
            case .file, .zero: addCommon(count, action)
            case .guardMarker, .swapped: break
            }
        }
    }

    /// The first side that writes copies; the page is the other's alone then, unless some other process maps it too.
    private mutating func addAnonymous(_ count: Int, isExclusive: Bool, _ action: ForkForecast.Action) {
        if action == .copied {
            child += count
            parent += count
            both += isExclusive ? count : 2 * count
        } else {
            // The child starts without them.
            if action == .wiped {
                child += count
                both += count
            }
            if !isExclusive {
                parent += count
                both += count
            }
        }
    }

    /// Pages of the page cache, and the zero page: each side that writes gets one of its own.
    private mutating func addCommon(_ count: Int, _ action: ForkForecast.Action) {
        parent += count
        both += count
        if action == .leftOut { return }
        child += count
        both += count
    }
}

extension ProcessDescription.Area {
    /// Anonymous pages that processes outside map too, of an earlier fork.
    var isSharedOutside: Bool { pages?.contains { $0.kind == .anonymous && $0.mapCount > 1 } ?? false }

    /// What the model does not know about fork and the area.
    func unknownAtFork(_ action: ForkForecast.Action) -> [String] {
        var unknown: [String] = []
        let hugeKiB = kib("AnonHugePages") + kib("ShmemPmdMapped") + kib("FilePmdMapped")
        if hugeKiB > 0 || (pages?.contains { $0.isHuge && $0.kind == .anonymous } ?? false) {
            unknown.append(
                "\(hugeKiB) kB are mapped as huge pages, which are not modelled: entries, tables and faults are those of "
                    + "small pages")
        }
        if flagNames?.contains("ht") == true {
            unknown.append("pages of a huge-page pool are not modelled: a child that writes may find the pool empty")
        }
        let swapped = pages.map { $0.count { $0.kind == .swapped } } ?? kib("Swap") / 4
        if swapped > 0 {
            unknown.append(
                "\(swapped) pages are swapped out: writes to them and the growth that follows are not counted")
        }
        if case .device = region.content, action == .copied {
            unknown.append("what a device does at a fork is its own matter")
        }
        if let pages {
            let outside = pages.count { $0.kind == .anonymous && $0.mapCount > 1 }
            if outside > 0 {
                unknown.append(
                    "\(outside) private pages are shared with processes outside: either side's write copies them")
            }
        }
        return unknown
    }
}
