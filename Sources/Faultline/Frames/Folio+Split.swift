import CShim

extension Folio {
    /// `__split_unmapped_folio`: makes folios of a smaller order of it. Each has a reference of the caller's, and those of the page
    /// cache for its frames; owner, index and flags are the old one's (what a frame says of itself, it keeps).
    ///
    /// The caller puts the new words into the page cache (``XArray/split(_:to:value:)``), maps the parts again, and gives back its
    /// references.
    ///
    /// - Precondition: the order is smaller, nobody maps the folio (`unmap_folio`), and there are no references but one of the
    ///   caller's and the cache's for each frame (`folio_ref_freeze`).
    /// - Returns: the first of the new ones; the next begins where it ends.
    @discardableResult
    func split(to order: UInt64) -> Folio {
        let pages = pageCount
        precondition(order < self.order, "a folio is split into smaller ones")
        precondition(mapCount == 0, "a folio is split that is mapped")
        let isCached = !isAnonymous && head.pointee.mapping != 0
        precondition(
            head.pointee.refcount == 1 + (isCached ? Int32(pages) : 0), "a folio is split that others hold")
        let whole = head.pointee
        let part = 1 << order as UInt64
        firstTail.pointee.clearOwner()
        for offset in stride(from: 0, to: pages, by: Int(part)) {
            let first = head + Int(offset)
            first.pointee.flags = Self.flags(of: first.pointee, in: whole, isLarge: order > 0)
            first.pointee.order = 0
            if offset > 0 { (first.pointee.next, first.pointee.prev) = (0, 0) }
            first.pointee.refcount = 1 + (isCached ? Int32(part) : 0)
            first.pointee.mapping = whole.mapping
            first.pointee.index = whole.index + (whole.mapping == 0 ? 0 : offset)
            for tail in 1..<Int(max(part, 1)) { first[tail].order = UInt32(order) }
        }
        return self
    }

    /// The head's flags, but for what each frame says of itself.
    private static func flags(of page: fl_page, in whole: fl_page, isLarge: Bool) -> PageFlag {
        var flags = whole.flags.subtracting([.head, .tail, .anonExclusive, .partiallyMapped, .deferred])
        flags.formUnion(page.flags.intersection(.anonExclusive))
        if isLarge { flags.formUnion(.head) }
        return flags
    }
}
