extension Machine {
    /// `folio_mark_accessed`: referenced at the first time, active at the second.
    func markAccessed(_ pfn: PFN) { markAccessed(pfn, page(pfn)) }

    @inline(__always)
    func markAccessed(_ pfn: PFN, _ record: UnsafeMutablePointer<PageRecord>) {
        if !record.pointee.has(PageFlag.referenced) {
            record.pointee.set(PageFlag.referenced)
        } else if !record.pointee.has(PageFlag.unevictable), !record.pointee.has(PageFlag.active) {
            if record.pointee.has(PageFlag.lru) { activatePage(pfn) } else { record.pointee.set(PageFlag.active) }
            record.pointee.clear(PageFlag.referenced)
            // workingset_activation.
            let pages = record.pointee.has(.head) ? folio(of: pfn).pageCount : 1
            ageNonresident(record.pointee.vector, by: pages)
        }
    }

    /// `folio_activate`.
    private func activatePage(_ pfn: PFN) {
        page(pfn).pointee.refcount += 1
        cpu.batches.activate.append(pfn)
        if cpu.batches.activate.isFull || page(pfn).pointee.has(.head) { drainActivateBatch() }
    }

    func drainActivateBatch() {
        for position in 0..<cpu.batches.activate.count {
            let pfn = cpu.batches.activate[position]
            // lru_activate.
            if page(pfn).pointee.has(.lru), !page(pfn).pointee.hasAny(PageFlag.active.union(.unevictable)) {
                moveOnLists(pfn, setting: .active, clearing: [])
                reclaimFigures.activations += folio(of: pfn).pageCount
            }
            putPage(pfn)
        }
        cpu.batches.activate.removeAll()
    }

    /// `folio_deactivate`: only of pages that are active.
    func deactivatePage(_ pfn: PFN) {
        let record = page(pfn)
        guard record.pointee.has(PageFlag.active), !record.pointee.has(PageFlag.unevictable) else { return }
        record.pointee.refcount += 1
        cpu.batches.deactivate.append(pfn)
        if cpu.batches.deactivate.isFull || record.pointee.has(.head) { drainDeactivateBatch() }
    }

    func drainDeactivateBatch() {
        for position in 0..<cpu.batches.deactivate.count {
            let pfn = cpu.batches.deactivate[position]
            // lru_deactivate.
            let record = page(pfn).pointee
            if record.has(.lru), record.has(.active), !record.has(.unevictable) {
                moveOnLists(pfn, setting: [], clearing: [.active, .referenced])
            }
            putPage(pfn)
        }
        cpu.batches.deactivate.removeAll()
    }
}
