/// What ksmd does with a page (`cmp_and_merge_page` of `mm/ksm.c`).
extension Machine {
    /// Merges a page with one of the same contents, or notes what is needed to do so at a later scan.
    ///
    /// - Precondition: the caller has a reference of the page's folio.
    func compareAndMerge(_ pfn: PFN, _ item: Handle<KSMItem>) {
        let address = item.pointee.address
        let record = folio(of: pfn).head
        if let node = record.pointee.stableNode {
            // Nothing happened since the last scan.
            if item.pointee.node == node { return }
        } else {
            removeFromTree(item)
            let checksum = frames.checksum(pfn)
            if item.pointee.checksum != checksum {
                item.pointee.checksum = checksum
                return emit(.ksmNotMerged, .contentsChanged, address, pfn)
            }
            if mergeWithZeroPage(item, pfn) { return }
        }
        var shared: PFN?
        if record.pointee.stableNode != nil {
            // Fork gave it to another process: it stays, and gets an item more.
            shared = pfn
        } else {
            let place = stablePlace(pfn, prunes: true)
            // Where all nodes of the contents are full, the page needs an equal one that is not merged, for a new node.
            if let node = place.node, hasRoom(node) { shared = node.pointee.frame }
            if place.node != nil, shared == nil { emit(.ksmNotMerged, .mergedOftenEnough, address, pfn) }
        }
        removeFromTree(item)
        if let shared { return mergeWithMerged(item, pfn, shared) }
        guard let other = searchUnstable(item, pfn) else { return }
        mergeTwo(item, pfn, other.item, other.pfn)
    }

    /// The page joins those that map a merged frame.
    private func mergeWithMerged(_ item: Handle<KSMItem>, _ pfn: PFN, _ shared: PFN) {
        page(shared).pointee.refcount += 1
        if merge(item, pfn, into: shared), let node = page(shared).pointee.stableNode { append(item, to: node) }
        putPage(shared)
    }

    /// Two equal pages become the first merged frame of their contents, or one more of them.
    private func mergeTwo(_ item: Handle<KSMItem>, _ pfn: PFN, _ otherItem: Handle<KSMItem>, _ other: PFN) {
        var isMerged = false
        if merge(item, pfn, into: nil) {
            isMerged = merge(otherItem, other, into: pfn)
            // A merged page that one entry maps is worth nothing.
            if !isMerged { breakMerge(item) }
        }
        // Two pages of one large folio: their references keep each other from splitting it. It is split without a merge.
        let large = folio(of: pfn)
        let isOneFolio = large.isLarge && large.pfn == folio(of: other).pfn
        putPage(folio(of: other).pfn)
        if isMerged {
            let node = insertStable(pfn)
            append(otherItem, to: node)
            append(item, to: node)
        } else if isOneFolio {
            splitFolio(large, held: pfn)
        }
    }

    /// `try_to_merge_with_zero_page`. - Returns: whether nothing is left to do.
    private func mergeWithZeroPage(_ item: Handle<KSMItem>, _ pfn: PFN) -> Bool {
        guard ksm.settings.usesZeroPages, item.pointee.checksum == FrameTable.zeroChecksum else { return false }
        guard let vma = mergeableVMA(item) else { return true }
        return mergePage(vma, item.pointee.address, pfn, into: zeroFrame)
    }

    /// `try_to_merge_with_ksm_page`: the page becomes a merged one, or its entry maps one that is.
    private func merge(_ item: Handle<KSMItem>, _ pfn: PFN, into shared: PFN?) -> Bool {
        guard let vma = mergeableVMA(item), mergePage(vma, item.pointee.address, pfn, into: shared) else {
            return false
        }
        removeFromTree(item)
        if let anonVMA = vma.pointee.anonVMA { holdAnonVMA(item, anonVMA) }
        emit(.ksmMergedWithPage, .none, item.pointee.address, shared ?? pfn)
        return true
    }

    /// `try_to_merge_one_page`.
    ///
    /// - Parameter shared: the frame that the entry is to map, the zero page among them; nil where the page itself becomes the merged one.
    private func mergePage(_ vma: Handle<VMArea>, _ address: VirtualAddress, _ pfn: PFN, into shared: PFN?) -> Bool {
        if pfn == shared { return true }
        let large = folio(of: pfn)
        guard large.isAnonymous else { return false }
        if large.isLarge, !splitFolio(large, held: pfn) { return false }
        let record = page(pfn)
        guard let entry = protectForMerge(vma, address, pfn, record) else {
            emit(.ksmNotMerged, .heldByOthers, address, pfn)
            return false
        }
        guard let shared else {
            record.pointee.mapping = PageRecord.mergedOwner
            markAccessed(pfn, record)
            record.pointee.set(.dirty)
            return true
        }
        guard frames.compareFrames(pfn, shared) == 0 else { return false }
        replace(vma, address, entry, pfn, by: shared)
        return true
    }

    /// `write_protect_page`: from now on the contents stay as they are. Nobody but the entries, the swap cache and ksmd may have the page, or
    /// he would see later what another process wrote, or the other way round.
    ///
    /// - Returns: the entry; nil where someone has it, or the page is not there any more.
    private func protectForMerge(
        _ vma: Handle<VMArea>, _ address: VirtualAddress, _ pfn: PFN, _ record: UnsafeMutablePointer<PageRecord>
    ) -> EntryPointer? {
        // page_address_in_vma finds no merged page: one that others still map, when its merge was broken for one of them, stays as it is.
        guard !record.pointee.isMerged,
            EntryState(lastLevel: readPTE(vma.pointee.mm, address).rawValue) == .page(pfn),
            let entry = findPTE(vma.pointee.mm, address)
        else { return nil }
        let pte = PTE(rawValue: entry.pointee)
        let isExclusive = record.pointee.has(.anonExclusive)
        guard pte.isWritable || pte.isDirty || isExclusive else { return entry }
        // The entry is empty for the time of the look.
        defer { flushTLBPage(vma.pointee.mm, address, .writeProtect, .merge) }
        let swapped: Int32 = record.pointee.has(.swapCache) ? 1 : 0
        guard record.pointee.mapcount + 1 + swapped == record.pointee.refcount else { return nil }
        record.pointee.clear(.anonExclusive)
        if pte.isDirty {
            record.pointee.clear(.readahead)
            record.pointee.set(.dirty)
        }
        entry.pointee = pte.clearing(PTE.dirtyBit | PTE.writeBit).rawValue
        return entry
    }

    /// `replace_page`.
    private func replace(
        _ vma: Handle<VMArea>, _ address: VirtualAddress, _ entry: EntryPointer, _ pfn: PFN, by shared: PFN
    ) {
        let mm = vma.pointee.mm
        if shared == zeroFrame {
            // The dirty bit tells it from a zero page that a read mapped.
            let bits = pageProtection(vma) | PTE.specialBit | PTE.dirtyBit
            entry.pointee = PTE(pfn: shared, protection: bits).rawValue
            ksm.counts.zeroPages += 1
            mm.pointee.mergedZeroPages += 1
            mm.pointee.anonPages &-= 1
            emit(.ksmMergedOnePage, .none, address, shared)
        } else {
            // The counter of private pages stays: one comes and one goes.
            page(shared).pointee.addMapping()
            if vma.pointee.flags.locksPages { lockPage(shared) }
            entry.pointee = PTE(pfn: shared, protection: pageProtection(vma)).rawValue
        }
        flushTLBPage(mm, address, .zap, .merge)
        let record = page(pfn)
        removeMapping(record)
        if vma.pointee.flags.locksPages { unlockPage(pfn) }
        if record.pointee.mapcount == 0, record.pointee.has(.swapCache) { freeSwapSlot(of: pfn) }
        putPage(pfn, record)
    }
}
