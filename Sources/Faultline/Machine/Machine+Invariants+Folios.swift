extension Machine {
    /// The counts of every large folio that is mapped equal what the page tables hold, its frames are marked as its own, and every
    /// reference has a holder.
    func checkFolios(_ census: FrameCensus) -> String? {
        var extra = batchReferences()
        for (pfn, pins) in pinReferences() { extra[pfn, default: 0] += pins }
        for (pfn, owners) in census.owners {
            if let problem = check(folio(of: pfn), owners, census, extra[pfn, default: 0]) {
                return "folio \(pfn): \(problem)"
            }
        }
        return nil
    }

    private func check(_ folio: Folio, _ owners: Set<UInt32>, _ census: FrameCensus, _ extra: Int32) -> String? {
        let entire = census.entire[folio.pfn, default: 0]
        if folio.entireMapCount != entire {
            return "entire_mapcount is \(folio.entireMapCount), \(entire) entries map all of it"
        }
        var small: Int32 = 0
        var mappedPages: UInt32 = 0
        for frame in folio.frames {
            if let problem = checkTail(frame, folio) { return "frame \(frame): \(problem)" }
            let mapped = census.mapped[frame, default: 0]
            if folio.mapCount(of: frame) != mapped {
                return "frame \(frame): mapcount is \(folio.mapCount(of: frame)), page tables map it \(mapped) times"
            }
            if mapped > entire { mappedPages += 1 }
            small += mapped - entire
            if folio.isAnonymous, let problem = checkRmapCount(frame, mapped) { return problem }
        }
        if folio.mapCount != small + entire {
            return "large_mapcount is \(folio.mapCount), \(small + entire) entries map it"
        }
        let expected = mappedPages + (entire > 0 ? Folio.entirelyMapped : 0)
        if folio.mappedPages != expected { return "nr_pages_mapped is \(folio.mappedPages), it should be \(expected)" }
        if owners.count > 1, !folio.isMaybeShared { return "several address spaces map it, but it counts as one's own" }
        let buffers: Int32 = folio.head.pointee.has(PageFlag.private) ? 1 : 0
        let isCached = !folio.isAnonymous || folio.head.pointee.has(.swapCache)
        let cached = isCached ? Int32(folio.pageCount) + buffers : 0
        if folio.head.pointee.refcount != folio.mapCount + cached + extra {
            return "refcount is \(folio.head.pointee.refcount), its holders are \(folio.mapCount + cached + extra)"
        }
        return nil
    }

    /// A tail is marked as one, knows the order, and has no references of its own.
    private func checkTail(_ frame: PFN, _ folio: Folio) -> String? {
        let record = page(frame).pointee
        if frame == folio.pfn { return record.has(.tail) ? "the first frame is marked as a tail" : nil }
        if !record.has(.tail) || record.has(.head) { return "it is not marked as a tail" }
        if UInt64(record.order & 0xff) != folio.order { return "it has another order than its folio" }
        return record.refcount == 0 ? nil : "a tail has references"
    }
}
