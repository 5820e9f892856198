import Faultline

/// Shares of frames (`Pss`) before and after a fork, counted as `smaps_account` does: a page counts by the number of entries
/// that map it, whosever they are.
struct FrameSharing {
    /// In KiB, as smaps_rollup has them.
    private(set) var parentBefore = 0
    private(set) var parentAfter = 0
    private(set) var child = 0
    /// The child's share before it is rounded: in bytes, with 12 fractional bits.
    private(set) var childShare: UInt64 = 0

    /// Nil where the frames are not known.
    init?(_ process: ProcessDescription, _ experiment: ForkExperiment) {
        guard
            process.areas.allSatisfy({ area in
                area.pages?.allSatisfy { $0.frame != 0 || $0.kind == .swapped || $0.kind == .guardMarker }
                    ?? (area.kib("Rss") == 0)
            })
        else { return nil }
        // A process may map a frame at several places; the child then maps it as often once more.
        var added: [PFN: Int] = [:]
        var copied: [Set<VirtualAddress>] = []
        for (area, outcome) in zip(process.areas, experiment.outcomes) {
            copied.append(Set(outcome.childPages.map(\.address)))
            for page in area.countedObservedPages where copied[copied.count - 1].contains(page.address) {
                added[page.frame, default: 0] += 1
            }
        }
        var sums = (before: UInt64(0), after: UInt64(0), child: UInt64(0))
        for (index, area) in process.areas.enumerated() {
            for page in area.countedObservedPages {
                let count = max(page.mapCount, 1)
                let share = Self.share(count + (added[page.frame] ?? 0))
                sums.before += Self.share(count)
                sums.after += share
                if copied[index].contains(page.address) { sums.child += share }
            }
        }
        childShare = sums.child
        (parentBefore, parentAfter, child) = (Self.kib(sums.before), Self.kib(sums.after), Self.kib(sums.child))
    }

    /// With 12 fractional bits.
    static func share(_ mapCount: Int) -> UInt64 { (4096 << 12) / UInt64(mapCount) }
    static func kib(_ sum: UInt64) -> Int { Int(sum >> 22) }
}

extension ProcessDescription.Area {
    /// The pages that smaps counts: not the zero page, nor frames without a `struct page`.
    fileprivate var countedObservedPages: [ObservedPage] {
        if flagNames?.contains("pf") == true { return [] }
        return (pages ?? []).filter { $0.kind == .anonymous || $0.kind == .file }
    }
}
