import Faultline

/// One entry of a real process's page tables, as `/proc/PID/pagemap`, `/proc/kpagecount` and `/proc/kpageflags` show it.
public struct ObservedPage: Sendable, Equatable {
    /// What the entry holds.
    public enum Kind: UInt8, Sendable {
        /// A private page.
        case anonymous
        /// A page of a file or of shared memory (bit 61 of pagemap).
        case file
        /// The shared zero page, small or huge.
        case zero
        /// The marker of a guard region (bit 58).
        case guardMarker
        /// Swapped out, or under migration (bit 62).
        case swapped
    }

    /// Where it is mapped.
    public var address: VirtualAddress
    /// What the entry holds.
    public var kind: Kind
    /// Its frame, and how many entries of all processes map that; 0 where they may not be read.
    public var frame: PFN = 0
    /// What kpagecount has; 0 where it may not be read.
    public var mapCount = 0
    /// For an anonymous page: no other process maps it, and a write needs no copy (`PageAnonExclusive`, bit 34 of kpageflags;
    /// without it bit 56 of pagemap, mapped once).
    public var isExclusive = true
    /// A page of a transparent huge page (bit 22 of kpageflags).
    public var isHuge = false
    /// A page that KSM merged (bit 21).
    public var isMergedByKSM = false

    /// Describes an entry.
    public init(address: VirtualAddress, kind: Kind) {
        self.address = address
        self.kind = kind
    }
}

extension ProcessDescription {
    /// The address space with the pages that are there: those that were observed, or as many as smaps counts.
    public var populatedSpace: InitialAddressSpace {
        var space = space
        for index in areas.indices {
            space.regions[index].pages = areas[index].populatedRuns
        }
        return space
    }
}

extension ProcessDescription.Area {
    /// The pages that are there: those that were observed, or as many as smaps counts.
    var populatedRuns: [InitialPages] { pages.map { runs(of: $0) } ?? countedPages }

    /// Observed pages in runs of neighbours that are alike.
    private func runs(of pages: [ObservedPage]) -> [InitialPages] {
        var runs: [InitialPages] = []
        for page in pages {
            var next = InitialPages(start: page.address, count: 1, kind: kind(of: page))
            next.isExclusive = page.isExclusive
            next.isDirty = next.kind == .anonymous
            if let last = runs.last, last.end == next.start, last.kind == next.kind,
                last.isExclusive == next.isExclusive
            {
                runs[runs.count - 1].count += 1
            } else {
                runs.append(next)
            }
        }
        return runs
    }

    private func kind(of page: ObservedPage) -> InitialPages.Kind {
        switch page.kind {
        case .guardMarker: return .guardMarker
        case .swapped: return .swapped
        case .zero: return .zero
        case .file, .anonymous:
            return isAlwaysFile ? .file : isAlwaysAnonymous ? .anonymous : page.kind == .file ? .file : .anonymous
        }
    }

    private var isAlwaysAnonymous: Bool { region.content == .anonymous || region.content == .stack }
    private var isAlwaysFile: Bool {
        if case .special = region.content { return true }
        return region.isShared
    }

    /// As many pages as smaps counts; it does not say where they lie: from the start, those of a stack up to its end.
    private var countedPages: [InitialPages] {
        let rss = min(UInt64(kib("Rss") >> 2), region.pageCount)
        let swapped = region.isShared ? 0 : min(UInt64(kib("Swap") >> 2), region.pageCount - rss)
        let anonymous = isAlwaysAnonymous ? rss : isAlwaysFile ? 0 : min(UInt64(kib("Anonymous") >> 2), rss)
        var start = region.content == .stack ? region.end - (rss + swapped) << 12 : region.start
        var runs: [InitialPages] = []
        for (kind, count) in [(InitialPages.Kind.swapped, swapped), (.anonymous, anonymous), (.file, rss - anonymous)]
        where count > 0 {
            var run = InitialPages(start: start, count: count, kind: kind)
            run.isDirty = kind == .anonymous
            runs.append(run)
            start = run.end
        }
        return runs
    }
}

extension InitialAddressSpace.Region {
    var pageCount: UInt64 { (end - start) >> 12 }
}
