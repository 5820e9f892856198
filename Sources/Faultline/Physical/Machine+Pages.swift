extension Machine {
    /// The record of a frame.
    @inline(__always)
    func page(_ pfn: PFN) -> UnsafeMutablePointer<PageRecord> { frames.page(pfn) }

    /// The folio that a frame belongs to (`page_folio`).
    @inline(__always)
    func folio(of pfn: PFN) -> Folio { frames.folio(of: pfn) }

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
        if isTracing { emit(.pageFreed, .none, 0, pfn) }
        record.pointee.clearOwner()
        physical.free(pfn, record)
    }

    /// `alloc_pages`: frames that read zero, with one reference on the first.
    @inline(__always)
    func allocatePage(_ request: AllocationRequest) -> PFN? {
        let pfn = physical.allocate(request)
        if isTracing, let pfn { emit(.pageAllocated, .none, 0, pfn) }
        return pfn
    }

    /// Counters of the node (`vm_stat[]`).
    @inline(__always)
    var nodeStatistics: NodeStatistics {
        get { physical.node.statistics }
        _modify { yield &physical.node.statistics }
    }
}
