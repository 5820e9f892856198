/// Taking merged pages apart again.
extension Machine {
    /// `unmerge_ksm_pages`: every merged page of a range becomes a page of the process's own, and so does the zero page that ksmd put there.
    /// The faults are those of the process that asked for it; of nobody's where ksmd or a setting did.
    ///
    /// - Returns: false where no frame was left; what lies before is done.
    func unmerge(
        _ vma: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress, for task: Process?
    ) -> Bool {
        guard vma.pointee.anonVMA != nil else { return true }
        var merged: [VirtualAddress] = []
        forEachEntry(vma, start, end) { address, pte in if isMergedEntry(pte) { merged.append(address) } }
        for address in merged where !breakMerge(vma, address, for: task) { return false }
        return true
    }

    private func isMergedEntry(_ pte: PTE) -> Bool {
        guard case .page(let pfn) = EntryState(lastLevel: pte.rawValue) else { return isMergedZero(pte) }
        let record = page(pfn).pointee
        return !record.isOfLargeFolio && record.isMerged
    }

    /// `break_ksm` of one page: a fault that unshares it. The entry stays read-only and clean: the next write reuses the page.
    ///
    /// - Returns: false where no frame was left.
    func breakMerge(_ vma: Handle<VMArea>, _ address: VirtualAddress, for task: Process?) -> Bool {
        guard let entry = findPTE(vma.pointee.mm, address) else { return true }
        let pte = PTE(rawValue: entry.pointee)
        guard isMergedEntry(pte) else { return true }
        if placesByPolicy { placeByPolicy(vma, address) }
        let outcome = copyOnWrite(vma, address, entry, pte)
        if placesByPolicy { faultPlace = nil }
        guard case .handled = outcome else { return false }
        let copied = PTE(rawValue: entry.pointee).clearing(PTE.writeBit | PTE.dirtyBit)
        entry.pointee = copied.setting(pte.rawValue & PTE.userfaultWPBit).rawValue
        task?.minorFaults &+= 1
        return true
    }

    /// `break_cow`: a page that ksmd made a merged one is no other's after all.
    func breakMerge(_ item: Handle<KSMItem>) {
        dropAnonVMA(item)
        guard let vma = mergeableVMA(item) else { return }
        _ = breakMerge(vma, item.pointee.address, for: nil)
    }

    /// `find_mergeable_vma`.
    func mergeableVMA(_ item: Handle<KSMItem>) -> Handle<VMArea>? {
        guard let mm = item.pointee.slot.pointee.mm, let vma = lookupVMA(mm, item.pointee.address),
            vma.pointee.flags.has(.mergeable), vma.pointee.anonVMA != nil
        else { return nil }
        return vma
    }

    /// `ksm_madvise` of MADV_MERGEABLE and MADV_UNMERGEABLE, before the flags change.
    ///
    /// - Parameter merges: whether the VMA will be merged.
    /// - Throws: ENOMEM where no frame is left for the pages' copies.
    func adviseMerging(
        _ task: Process, _ vma: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress, merges: Bool
    ) throws(Errno) {
        if merges == vma.pointee.flags.has(.mergeable) { return }
        if merges { return enterMerging(vma.pointee.mm) }
        if !unmerge(vma, start, end, for: task) { throw refuse(.ENOMEM, .noFrame("the copy of a merged page")) }
    }

    /// 2 into `ksm/run`, then 0 (`unmerge_and_remove_all_rmap_items`): every merged page becomes pages of its processes, and ksmd forgets all
    /// that it knows.
    ///
    /// - Throws: ENOMEM where no frame is left.
    package func unmergeAll() throws(Errno) {
        let done = run(as: .samePageMerging) {
            for slot in ksm.slots {
                if let mm = slot.pointee.mm, !unmergeAll(mm) { return false }
                removeItems(slot, from: slot.pointee.firstItem)
                slot.pointee.firstItem = nil
                if slot.pointee.mm == nil { freeSlot(slot) }
            }
            forgetUnusedNodes()
            ksm.scan = 0
            return true
        }
        if !done { throw refuse(.ENOMEM, .noFrame("the copy of a merged page")) }
    }

    private func unmergeAll(_ mm: Handle<MMStruct>) -> Bool {
        var cursor = mm.pointee.tree.cursor()
        while let vma = cursor.next() {
            guard vma.pointee.flags.has(.mergeable) else { continue }
            if !unmerge(vma, vma.pointee.start, vma.pointee.end, for: nil) { return false }
        }
        return true
    }

    /// `remove_all_stable_nodes`. - Returns: whether all are gone; one stays whose page is still mapped.
    @discardableResult
    func forgetUnusedNodes() -> Bool {
        var areAllGone = true
        for tree in ksm.stable.indices where !forgetUnusedNodes(tree) { areAllGone = false }
        return areAllGone
    }

    private func forgetUnusedNodes(_ tree: Int) -> Bool {
        while let node = ksm.stable[tree].root {
            guard node.pointee.isChain else {
                if !forgetUnused(node) { return false }
                continue
            }
            while let first = node.pointee.firstOfChain { if !forgetUnused(first) { return false } }
            freeChain(node)
        }
        return true
    }

    /// `remove_stable_node`.
    private func forgetUnused(_ node: Handle<KSMNode>) -> Bool {
        guard isAlive(node) else { return true }
        let record = page(node.pointee.frame)
        if record.pointee.mapcount > 0 { return false }
        record.pointee.mapping = PageRecord.mergedOwner
        forget(node)
        return true
    }

    /// `remove_trailing_rmap_items`, from one on.
    func removeItems(_ slot: Handle<KSMSlot>, from first: Handle<KSMItem>?) {
        var item = first
        while let current = item {
            item = current.pointee.following
            free(current)
        }
    }

    /// Takes an address space off the list.
    func freeSlot(_ slot: Handle<KSMSlot>) {
        ksm.slots.removeAll { $0 == slot }
        slot.pointee.mm?.pointee.ksmSlot = nil
        ksmSlots.deallocate(slot)
    }
}
