extension Machine {
    /// `put_page`: gives one reference back; the last one frees the frame.
    @inline(__always)
    func putPage(_ pfn: PFN) {
        let record = page(pfn)
        record.pointee.refcount &-= 1
        if record.pointee.refcount == 0 { freePage(pfn) }
    }

    /// `__folio_put`. Precondition: no one maps or caches the frame.
    @inline(__always)
    func freePage(_ pfn: PFN) {
        let record = page(pfn)
        precondition(record.pointee.mapcount == 0, "a frame is freed that is still mapped")
        emit(.pageFreed, .none, 0, pfn)
        record.pointee.flags = 0
        record.pointee.mapping = 0
        record.pointee.index = 0
        record.pointee.priv = 0
        physical.free(pfn)
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
