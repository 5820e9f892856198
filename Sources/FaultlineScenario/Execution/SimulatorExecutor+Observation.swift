import Faultline

extension ProcessObservation {
    /// A snapshot as an observation; `baseline` is what the page tables took when the program started, in KiB.
    init(_ snapshot: ProcessSnapshot, name: String, baseline: Int, scope: StateScope) {
        self.init(
            name: name, pgtablesKiB: snapshot.pageTablesKiB - baseline, lockedKiB: snapshot.lockedKiB,
            vmas: snapshot.vmas.filter { scope.shows(start: $0.start, end: $0.end) }.map(VMAObservation.init))
    }
}

extension VMAObservation {
    fileprivate init(_ vma: VMASnapshot) {
        self.init(
            start: vma.start, end: vma.end, permissions: vma.permissions, offset: vma.offset,
            name: vma.name.isEmpty ? "-" : vma.escapedName, vmFlags: vma.flags, figures: vma.figures.byName,
            pages: vma.pages.map(PageObservation.init))
    }
}

extension SmapsFigures {
    fileprivate var byName: [SmapsFigure: Int] {
        [
            .rss: rss, .pss: pss, .pssDirty: pssDirty, .sharedClean: sharedClean, .sharedDirty: sharedDirty,
            .privateClean: privateClean, .privateDirty: privateDirty, .referenced: referenced,
            .anonymous: anonymous, .lazyFree: lazyFree, .locked: locked, .thpEligible: thpEligible,
            .protectionKey: protectionKey,
        ]
    }
}

extension PageObservation {
    fileprivate init(_ page: PageSnapshot) {
        switch page.content {
        case .zeroPage: self.init(address: page.address, kind: .zero)
        case .guardMarker: self.init(address: page.address, kind: .guardMarker)
        case .swapped: self.init(address: page.address, kind: .swap)
        case .frame(let pfn):
            var flags: PageFlags = []
            if page.isDirty { flags.insert(.dirty) }
            if !page.isFile { flags.insert(.anon) }
            if page.isSwapBacked { flags.insert(.swapBacked) }
            if page.isAnonExclusive { flags.insert(.anonExclusive) }
            self.init(
                address: page.address, kind: .frame(pfn), isFile: page.isFile, isExclusive: page.mapCount == 1,
                mapCount: page.mapCount, flags: flags)
        }
    }
}
