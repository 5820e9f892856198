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
        cpu.batches.lock.append(FolioBatches.LockRequest(pfn: pfn, action: action))
        if cpu.batches.lock.count == FolioBatches.capacity || page(pfn).pointee.has(.head) { drainLockBatch() }
    }

    /// `mlock_folio_batch`.
    func drainLockBatch() {
        for request in cpu.batches.lock {
            switch request.action {
            case .lock: finishLock(request.pfn)
            case .lockNew: finishLockNew(request.pfn)
            case .unlock: finishUnlock(request.pfn)
            }
            putPage(request.pfn)
        }
        cpu.batches.lock.removeAll(keepingCapacity: true)
    }

    /// `__mlock_folio`: to the list of unevictable pages, or one lock more for a page that is there.
    private func finishLock(_ pfn: PFN) {
        let record = page(pfn)
        guard record.pointee.has(PageFlag.lru) else { return }
        if !record.pointee.has(PageFlag.mlocked) {
            if record.pointee.has(.unevictable) { moveOnLists(pfn, setting: [], clearing: .unevictable) }
        } else if record.pointee.has(PageFlag.unevictable) {
            record.pointee.lockCount += 1
        } else {
            moveOnLists(pfn, setting: .unevictable, clearing: .active)
            record.pointee.lockCount = 1
        }
    }

    /// `__mlock_new_folio`.
    private func finishLockNew(_ pfn: PFN) {
        let record = page(pfn)
        if record.pointee.has(PageFlag.mlocked) {
            record.pointee.set(PageFlag.unevictable)
            record.pointee.lockCount = 1
        }
        record.pointee.set(PageFlag.lru)
        addToList(pfn, record)
    }

    /// `__munlock_folio`: the last lock that is known of makes the page evictable again.
    private func finishUnlock(_ pfn: PFN) {
        let record = page(pfn)
        let isListed = record.pointee.has(PageFlag.lru)
        if isListed, record.pointee.has(PageFlag.unevictable) {
            if record.pointee.lockCount > 0 { record.pointee.lockCount -= 1 }
            if record.pointee.lockCount > 0 { return }
        }
        record.pointee.clear(PageFlag.mlocked)
        if isListed, record.pointee.has(.unevictable) { moveOnLists(pfn, setting: [], clearing: .unevictable) }
    }
}
