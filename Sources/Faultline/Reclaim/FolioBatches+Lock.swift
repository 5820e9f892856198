extension Machine {
    /// `mlock_folio`.
    func lockPage(_ pfn: PFN) {
        page(pfn).pointee.set(PageFlag.mlocked)
        appendLock(pfn, .lock)
    }

    /// `mlock_new_folio`: a page that is on no list yet.
    func lockNewPage(_ pfn: PFN) {
        page(pfn).pointee.set(PageFlag.mlocked)
        appendLock(pfn, .lockNew)
    }

    /// `munlock_folio`: the flag goes when the batch is drained.
    func unlockPage(_ pfn: PFN) { appendLock(pfn, .unlock) }

    private func appendLock(_ pfn: PFN, _ action: FolioBatches.LockRequest.Action) {
        page(pfn).pointee.refcount += 1
        batches.lock.append(FolioBatches.LockRequest(pfn: pfn, action: action))
        if batches.lock.count == FolioBatches.capacity { drainLockBatch() }
    }

    /// `mlock_folio_batch`.
    func drainLockBatch() {
        for request in batches.lock {
            let record = page(request.pfn)
            switch request.action {
            case .lock:
                if record.pointee.has(PageFlag.lru), record.pointee.has(PageFlag.mlocked) {
                    record.pointee.set(PageFlag.unevictable)
                }
            case .lockNew:
                record.pointee.set(PageFlag.lru)
                if record.pointee.has(PageFlag.mlocked) { record.pointee.set(PageFlag.unevictable) }
            case .unlock:
                record.pointee.clear(PageFlag.mlocked)
                if record.pointee.has(PageFlag.lru) { record.pointee.clear(PageFlag.unevictable) }
            }
            putPage(request.pfn)
        }
        batches.lock.removeAll(keepingCapacity: true)
    }
}
