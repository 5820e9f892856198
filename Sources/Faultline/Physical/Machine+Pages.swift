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

    /// A frame with unspecified contents and one reference.
    @inline(__always)
    func allocatePage() -> PFN? {
        let pfn = physical.allocate()
        if isTracing, let pfn { emit(.pageAllocated, .none, 0, pfn) }
        return pfn
    }

    @inline(__always)
    func allocateZeroedPage() -> PFN? {
        let pfn = physical.allocateZeroed()
        if isTracing, let pfn { emit(.pageAllocated, .none, 0, pfn) }
        return pfn
    }
}
