import Faultline

/// The pages of a VMA as a picture needs them: runs of pages that are alike, or, where there are too many runs, counts by kind
/// for equal parts of the VMA.
struct PageSummary: Hashable {
    /// Neighbouring pages that are alike, whose frames follow each other.
    struct Run: Hashable {
        /// Pages from the VMA's start.
        var first: UInt64
        var count: UInt64
        var kind: PageKind
        /// The first page's frame; 0 where there is none.
        var frame: PFN
        var mapCount: Int
        /// The entries allow writes.
        var isWritable: Bool
        /// The pages are dirty.
        var isDirty: Bool
    }

    /// More runs than this become counts.
    static let mostRuns = 96
    /// Parts of a VMA that have counts.
    static let parts: UInt64 = 64

    /// In the order of addresses; empty where there are counts.
    private(set) var runs: [Run] = []
    /// Pages that one part has; 0 where there are runs.
    private(set) var pagesInPart: UInt64 = 0
    /// For each part, pages by kind; pages that are absent are not counted.
    private(set) var counts: [[Int]] = []

    /// Pages by kind.
    var totals: [Int] {
        var sums = [Int](repeating: 0, count: PageKind.allCases.count)
        for run in runs { sums[run.kind.rawValue] += Int(run.count) }
        for part in counts { for (kind, count) in part.enumerated() { sums[kind] += count } }
        return sums
    }

    /// No page.
    init() {}

    /// Counts of one part, for a group of VMAs.
    init(total: [Int], pages: UInt64) {
        pagesInPart = max(pages, 1)
        counts = [total]
    }

    /// Sums up a VMA from its pages in the order of addresses.
    init(start: VirtualAddress, end: VirtualAddress, pages: PageGatherer) {
        if pages.runs.count <= Self.mostRuns {
            runs = pages.runs.map {
                var run = $0
                run.first -= start >> 12
                return run
            }
            return
        }
        let size = (end - start) >> 12
        pagesInPart = (size + Self.parts - 1) / Self.parts
        let needed = Int((size + pagesInPart - 1) / pagesInPart)
        counts = [[Int]](repeating: [Int](repeating: 0, count: PageKind.allCases.count), count: needed)
        for run in pages.runs { add(run, from: run.first - start >> 12) }
    }

    private mutating func add(_ run: Run, from first: UInt64) {
        var page = first
        let end = first + run.count
        while page < end {
            let part = page / pagesInPart
            let next = min((part + 1) * pagesInPart, end)
            counts[Int(part)][run.kind.rawValue] += Int(next - page)
            page = next
        }
    }
}

/// Gathers the pages of one VMA into runs, whatever their number.
struct PageGatherer {
    /// As in ``PageSummary``, but `first` counts from address 0.
    private(set) var runs: [PageSummary.Run] = []
    /// From here on runs are joined although their frames do not follow each other: only counts will be made of them.
    private static let mostDetailed = 4096

    /// Takes the next page.
    mutating func add(_ page: PageView) {
        var frame: PFN = 0
        if case .frame(let pfn) = page.content { frame = pfn }
        let next = PageSummary.Run(
            first: page.address >> 12, count: 1, kind: PageKind(page), frame: frame, mapCount: page.mapCount,
            isWritable: page.isWritable, isDirty: page.flags.contains(.dirty))
        guard let last = runs.last, continues(last, next) else {
            runs.append(next)
            return
        }
        runs[runs.count - 1].count += 1
    }

    private func continues(_ last: PageSummary.Run, _ next: PageSummary.Run) -> Bool {
        guard last.first + last.count == next.first, last.kind == next.kind else { return false }
        if runs.count > Self.mostDetailed { return true }
        return last.mapCount == next.mapCount && last.isWritable == next.isWritable && last.isDirty == next.isDirty
            && (last.frame == 0 ? next.frame == 0 : next.frame == last.frame + last.count)
    }

    /// Forgets all pages.
    mutating func removeAll() { runs.removeAll(keepingCapacity: true) }
}
