/// What a look at 2 MiB says of their collapse into a huge page: `enum scan_result` (`mm/khugepaged.c`).
enum CollapseResult {
    case succeeded
    /// An entry of the PMD maps them already.
    case alreadyHuge
    /// The file has a folio of 2 MiB there, which other entries map, or none.
    case alreadyLarge
    /// No table of a level above is there, or the entry of the PMD is empty.
    case noTables, noEntry
    case tooManyEmpty, tooManySwapped, tooManyShared
    /// An entry that is neither empty nor a page, once all that is swapped came back.
    case notPresent
    /// A userfaultfd has write-protected some of it.
    case writeProtected
    /// A page that has no record, or belongs to a file.
    case noPage, notAnonymous
    case notOnList, isHeld, isLocked
    /// Nothing of it was used.
    case notUsed
    case noHugePage, noCharge
    /// The VMA allows it no more.
    case notAllowed
    case failed

    /// Whether MADV_COLLAPSE goes on with the next 2 MiB.
    var goesOn: Bool {
        switch self {
        case .noTables, .notPresent, .writeProtected, .noPage, .notOnList, .isHeld, .isLocked, .notUsed: true
        default: false
        }
    }

    /// `madvise_collapse_errno`.
    var errno: Errno {
        switch self {
        case .noHugePage: .ENOMEM
        case .noCharge, .tooManyEmpty: .EBUSY
        case .isHeld, .isLocked, .notOnList: .EAGAIN
        default: .EINVAL
        }
    }
}

extension Machine {
    /// The entries of 2 MiB, or why there are none (`find_pmd_or_thp_or_none`).
    private func tableForCollapse(
        _ mm: Handle<MMStruct>, _ address: VirtualAddress
    ) -> (EntryPointer?, CollapseResult) {
        switch lookup(mm, address) {
        case .entry(let entry): return (entry, .succeeded)
        case .huge(_, let level): return (nil, level == PageTableLevel.pmd ? .alreadyHuge : .noTables)
        case .none: return (nil, hasPMDTable(mm, address) ? .noEntry : .noTables)
        }
    }

    func hasPMDTable(_ mm: Handle<MMStruct>, _ address: VirtualAddress) -> Bool {
        guard let puds = table(under: topEntry(mm, address)) else { return false }
        return table(under: puds + PageTableLevel.index(address, PageTableLevel.pud)) != nil
    }

    /// `hpage_collapse_scan_pmd`: makes a huge page of the pages of 2 MiB where that is worth it.
    ///
    /// - Parameter isScan: khugepaged looks, with its limits; else a program asked for it.
    func collapse(_ vma: Handle<VMArea>, _ address: VirtualAddress, isScan: Bool) -> CollapseResult {
        if !vma.pointee.isAnonymous { return collapseFile(vma, address, isScan: isScan) }
        let mm = vma.pointee.mm
        let (found, state) = tableForCollapse(mm, address)
        guard let entries = found else { return state }
        var counts = CollapseCounts()
        if let refusal = look(vma, entries, isScan: isScan, allowsSwapped: true, &counts) { return refusal }
        if isScan, counts.used == 0 || (counts.swapped > 0 && counts.used < 256) { return .notUsed }
        let (made, refusal) = allocateForCollapse(isScan: isScan)
        guard let folio = made else { return refusal }
        let result = collapse(vma, address, entries, into: folio, swapped: counts.swapped, isScan: isScan)
        if result != .succeeded { putPage(folio.pfn, folio.head) }
        return result
    }

    /// `alloc_charge_folio`. - Returns: nil with the reason where there is none.
    func allocateForCollapse(isScan: Bool) -> (folio: Folio?, result: CollapseResult) {
        var request = AllocationRequest.hugePage
        if !isScan || huge.settings.khugepagedDefrag { request.flags.formUnion(.directReclaim) }
        guard let folio = allocateLarge(request, isZeroed: true) else {
            huge.counts.failedCollapses += 1
            return (nil, .noHugePage)
        }
        huge.counts.collapses += 1
        return chargeLarge(folio) ? (folio, .succeeded) : (nil, .noCharge)
    }

    /// `collapse_huge_page` behind the allocation.
    private func collapse(
        _ vma: Handle<VMArea>, _ address: VirtualAddress, _ entries: EntryPointer, into folio: Folio, swapped: Int,
        isScan: Bool
    ) -> CollapseResult {
        if swapped > 0, let refusal = readForCollapse(vma, address, entries) { return refusal }
        var counts = CollapseCounts()
        // __collapse_huge_page_isolate looks once more.
        if let refusal = look(vma, entries, isScan: isScan, allowsSwapped: false, &counts) { return refusal }
        if isScan, counts.used == 0 { return .notUsed }
        copyForCollapse(vma, entries, into: folio)
        for index in 0..<512 { entries[index] = 0 }
        flushTLB(vma.pointee.mm, address, address &+ PageSize.large, .zap, .collapse)
        var bits = pageProtection(vma) | PTE.accessedBit | PTE.dirtyBit
        if vma.pointee.flags.has(.write) { bits |= PTE.writeBit }
        guard let pmd = allocatePMD(vma.pointee.mm, address) else { return .failed }
        replaceTable(pmd, folio.pfn, bits)
        // The paging-structure caches know the table.
        flushTLB(vma.pointee.mm, .tablesFreed)
        adoptHugePage(folio, vma, address)
        emit(.hugePageCollapsed, .collapse, address, folio.pfn)
        return .succeeded
    }
}

/// What a look at the entries of 2 MiB counted.
private struct CollapseCounts {
    var empty = 0, swapped = 0, shared = 0, used = 0
}

extension Machine {
    /// The loop of `hpage_collapse_scan_pmd`, and of `__collapse_huge_page_isolate`. - Returns: why not, else nil.
    private func look(
        _ vma: Handle<VMArea>, _ entries: EntryPointer, isScan: Bool, allowsSwapped: Bool,
        _ counts: inout CollapseCounts
    ) -> CollapseResult? {
        let isArmed = vma.pointee.flags.hasAny(.userfault)
        for index in 0..<512 {
            let pte = PTE(rawValue: entries[index])
            switch EntryState(lastLevel: pte.rawValue) {
            case .swap, .marker, .migration:
                if !allowsSwapped { return .notPresent }
                counts.swapped += 1
                if isScan, counts.swapped > huge.settings.mostSwapped {
                    huge.counts.tooManySwapped += 1
                    return .tooManySwapped
                }
                if Self.isWatchedSwap(pte.rawValue) { return .writeProtected }
            case .none, .special:
                if pte.isSpecial, pte.pfn != zeroFrame { return .noPage }
                counts.empty += 1
                // The first touch of an empty place is for the userfaultfd to hear of, even with MADV_COLLAPSE.
                if isArmed || (isScan && counts.empty > huge.settings.mostEmpty) {
                    huge.counts.tooManyEmpty += 1
                    return .tooManyEmpty
                }
            case .page(let pfn):
                // An entry of the PMD would protect, or let go, what lies beside it too.
                if pte.rawValue & PTE.userfaultWPBit != 0 { return .writeProtected }
                if let refusal = look(folio(of: pfn), isScan: isScan, &counts) { return refusal }
                if isScan, pte.isAccessed || folio(of: pfn).head.pointee.has(.referenced) { counts.used += 1 }
            case .table, .huge: preconditionFailure(EntryState.misplaced)
            }
        }
        return nil
    }

    /// `pte_swp_uffd_wp_any`: the bit of an entry without a page, or the mark that is nothing else.
    private static func isWatchedSwap(_ raw: UInt64) -> Bool {
        if raw & SwapEntry.userfaultWPBit != 0 { return true }
        guard case .marker(let marker) = EntryState(lastLevel: raw) else { return false }
        return marker.contains(.userfaultWP)
    }

    private func look(_ folio: Folio, isScan: Bool, _ counts: inout CollapseCounts) -> CollapseResult? {
        guard folio.isAnonymous else { return .notAnonymous }
        if folio.isMaybeShared {
            counts.shared += 1
            if isScan, counts.shared > huge.settings.mostShared {
                huge.counts.tooManyShared += 1
                return .tooManyShared
            }
        }
        let record = folio.head.pointee
        if !record.has(.lru) { return .notOnList }
        // folio_expected_ref_count.
        let cached = record.has(.swapCache) ? Int32(folio.pageCount) : 0
        return record.refcount == folio.mapCount + cached ? nil : .isHeld
    }

    /// `__collapse_huge_page_swapin`: what lies in the swap area comes back first. - Returns: why not, else nil.
    private func readForCollapse(
        _ vma: Handle<VMArea>, _ address: VirtualAddress, _ entries: EntryPointer
    ) -> CollapseResult? {
        for index in 0..<512 {
            let place = address &+ UInt64(index) << 12
            switch EntryState(lastLevel: entries[index]) {
            case .none, .page, .special, .table, .huge: continue
            case .marker, .migration: return .failed
            case .swap(let swapped):
                switch faultSwapped(vma, place, entries + index, swapped.offset, []) {
                case .handled(let isMajor):
                    // A page that has to be waited for ends it.
                    if isMajor, swap.takeLastRead() == .waited { return .isLocked }
                case .signal, .outOfMemory: return .failed
                }
            }
        }
        drainBatches()
        return nil
    }

    /// `__collapse_huge_page_copy`: the contents, and the end of the single pages.
    private func copyForCollapse(_ vma: Handle<VMArea>, _ entries: EntryPointer, into folio: Folio) {
        for index in 0..<512 {
            guard case .page(let pfn) = EntryState(lastLevel: entries[index]) else {
                noteZeroUnmapped(vma.pointee.mm, PTE(rawValue: entries[index]))
                continue
            }
            frames.copyFrame(from: pfn, to: folio.pfn + UInt64(index))
            let old = self.folio(of: pfn)
            entries[index] = 0
            removeRmap(pfn, vma)
            if !old.isLarge, old.head.pointee.refcount > 1, old.head.pointee.has(.lru) {
                // It was taken off its list, and those who still have it find it in front.
                if old.head.pointee.has(.swapCache) { dropSwapCache(old.pfn) }
                moveOnLists(old.pfn, setting: [], clearing: [])
            }
            putPage(old.pfn, old.head)
        }
    }
}
