/// ksmd's way through the memory that may be merged (`ksm_do_scan` of `mm/ksm.c`).
extension Machine {
    /// Whole scans, one after the other: each looks once at every page of every address space on the list.
    package func scanForSamePages(_ times: UInt64) {
        run(as: .samePageMerging) {
            for _ in 0..<times {
                scanOnce()
            }
        }
    }

    private func scanOnce() {
        emit(.ksmScanStarted, .none, 0, UInt64(ksm.slots.count))
        // lru_add_drain_all: a batch's reference would keep pages from being merged.
        drainAllBatches()
        for tree in ksm.unstable.indices { ksm.unstable[tree].forgetAll() }
        // ksmd takes those off the list that have ended, or have nothing to merge any more.
        for slot in ksm.slots { scan(slot) }
        for tree in ksm.unstable.indices { ksm.unstable[tree].forgetAll() }
        ksm.scan += 1
        ksm.counts.scans += 1
        emit(.ksmScanEnded, .none, 0, UInt64(ksm.counts.scans))
    }

    /// `scan_get_next_rmap_item` and `cmp_and_merge_page` over one address space.
    private func scan(_ slot: Handle<KSMSlot>) {
        var cursor = ItemCursor(slot: slot)
        var isWanted = false
        if let mm = slot.pointee.mm {
            emit(.ksmAddressSpaceScanned, .none, 0, UInt64(slot.pointee.owner))
            var place: VirtualAddress = 0
            while let vma = findVMA(mm, place) {
                place = vma.pointee.end
                guard vma.pointee.flags.has(.mergeable) else { continue }
                isWanted = true
                if vma.pointee.anonVMA != nil { scan(vma, &cursor) }
            }
        }
        // Nothing to be merged lies behind.
        removeItems(slot, from: cursor.rest)
        cursor.rest = nil
        if !isWanted { freeSlot(slot) }
    }

    private func scan(_ vma: Handle<VMArea>, _ cursor: inout ItemCursor) {
        var address = vma.pointee.start
        let end = vma.pointee.end
        while let found = nextPrivatePage(vma, address, end) {
            address = found.address &+ PageSize.base
            let item = nextItem(&cursor, found.address)
            if isPassedOver(found.pfn, item) {
                emit(.ksmNotMerged, .smartScan, found.address, found.pfn)
                continue
            }
            // The scan's reference is on the folio, and after a split on the page.
            folio(of: found.pfn).get()
            compareAndMerge(found.pfn, item)
            let folio = folio(of: found.pfn)
            putPage(folio.pfn, folio.head)
            ksm.counts.scanned += 1
        }
    }

    /// `ksm_next_page_pmd_entry`: the next page of a range that is private and in memory.
    private func nextPrivatePage(
        _ vma: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress
    ) -> (address: VirtualAddress, pfn: PFN)? {
        guard start < end else { return nil }
        var cursor = TableCursor(frames, root: vma.pointee.mm.pointee.pgd, start, end)
        while let step = cursor.step() {
            switch step {
            case .hole: continue
            case .entries(let entries):
                for index in 0..<cursor.count {
                    guard case .page(let pfn) = EntryState(lastLevel: entries[index]), folio(of: pfn).isAnonymous else {
                        continue
                    }
                    return (cursor.address &+ UInt64(index) << 12, pfn)
                }
            case .huge(let entry, let level):
                guard level == PageTableLevel.pmd, let folio = hugeFolio(entry), folio.isAnonymous else { continue }
                return (cursor.address, folio.pfn + cursor.address >> 12 & 511)
            }
        }
        return nil
    }

    // MARK: Items

    /// The place in an address space's list of items (`ksm_scan.rmap_list`): behind `last`, which is the last that was looked at.
    private struct ItemCursor {
        let slot: Handle<KSMSlot>
        var last: Handle<KSMItem>?

        init(slot: Handle<KSMSlot>) { self.slot = slot }

        /// What comes next.
        var rest: Handle<KSMItem>? {
            get { if let last { last.pointee.following } else { slot.pointee.firstItem } }
            nonmutating set {
                if let last { last.pointee.following = newValue } else { slot.pointee.firstItem = newValue }
            }
        }
    }

    /// `get_next_rmap_item`: the page's item, or a new one; those of pages before it that are gone are freed.
    private func nextItem(_ cursor: inout ItemCursor, _ address: VirtualAddress) -> Handle<KSMItem> {
        while let item = cursor.rest, item.pointee.address <= address {
            if item.pointee.address == address {
                cursor.last = item
                return item
            }
            cursor.rest = item.pointee.following
            free(item)
        }
        let slot = cursor.slot
        let item = ksmItems.allocate(KSMItem(slot: slot, address: address, following: cursor.rest))
        ksm.counts.items += 1
        slot.pointee.itemCount += 1
        cursor.rest = item
        cursor.last = item
        return item
    }

    /// `should_skip_rmap_item`: the longer a page found no equal one, the more scans pass it over.
    private func isPassedOver(_ pfn: PFN, _ item: Handle<KSMItem>) -> Bool {
        if !ksm.settings.isSmart || folio(of: pfn).head.pointee.isMerged { return false }
        let age = item.pointee.age
        if age != .max { item.pointee.age += 1 }
        if age < 3 { return false }
        if item.pointee.skips == 0 {
            item.pointee.skips = age <= 3 ? 1 : age <= 5 ? 2 : age <= 8 ? 4 : 8
            return false
        }
        ksm.counts.skipped += 1
        item.pointee.skips -= 1
        removeFromTree(item)
        return true
    }
}
