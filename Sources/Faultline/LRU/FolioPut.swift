/// Giving references back (`mm/swap.c`).
extension Machine {
    /// `folio_put`: gives one reference back; the last one frees the folio. Precondition: `pfn` is its first frame.
    @inline(__always)
    func putPage(_ pfn: PFN) { putPage(pfn, page(pfn)) }

    @inline(__always)
    func putPage(_ pfn: PFN, _ record: UnsafeMutablePointer<PageRecord>) {
        let count = record.pointee.refcount &- 1
        record.pointee.refcount = count
        if count == 0 { freePage(pfn, record) }
    }

    /// `__folio_put`. Precondition: no one maps or caches the folio.
    @inline(__always)
    private func freePage(_ pfn: PFN, _ record: UnsafeMutablePointer<PageRecord>) {
        precondition(record.pointee.mapcount == 0, "a frame is freed that is still mapped")
        if record.pointee.hasAny(PageFlag.deferred.union(.hugeTLB)) {
            if record.pointee.has(.hugeTLB) { return freePoolPage(pfn, record) }
            forgetDeferredSplit(Folio(of: pfn, record))
        }
        if isTracing { emit(.pageFreed, .none, Folio(of: pfn, record).order, pfn) }
        // __page_cache_release.
        if record.pointee.has(.lru) { removeFromList(record) }
        if record.pointee.has(.charged) { unchargePage(record) }
        record.pointee.clearOwner()
        physical.free(pfn, record)
    }
}
