/// Collapsing 2 MiB of shared memory: one folio takes the place of all that the file has there (`mm/khugepaged.c`).
extension Machine {
    /// `hpage_collapse_scan_file` and, where the folio is there, `collapse_pte_mapped_thp`.
    ///
    /// - Parameter isScan: khugepaged looks, with its limits, and leaves the mapping to faults; else a program asked for it.
    func collapseFile(_ vma: Handle<VMArea>, _ address: VirtualAddress, isScan: Bool) -> CollapseResult {
        guard let mapping = vma.pointee.file?.pointee.mapping else { return .failed }
        let first = vma.pointee.pageIndex(address)
        var result = lookAtFile(mapping, first, isScan: isScan)
        if result == .succeeded { result = collapseFile(mapping, first, address, isScan: isScan) }
        if result == .succeeded, isScan { return result }
        guard result == .succeeded || result == .alreadyLarge else { return result }
        return mapCollapsed(vma, mapping, address, installs: !isScan)
    }

    /// The loop of `hpage_collapse_scan_file`. - Returns: `.succeeded` where it is worth it.
    private func lookAtFile(_ mapping: Handle<FileMapping>, _ first: UInt64, isScan: Bool) -> CollapseResult {
        var (present, swapped) = (0, 0)
        var next = first
        while next < first + 512, let found = mapping.pointee.pages.next(from: next, through: first + 511) {
            next = found.lastIndex + 1
            guard found.cached.isPage else {
                swapped += 1 << Int(found.order)
                if isScan, swapped > huge.settings.mostSwapped {
                    huge.counts.tooManySwapped += 1
                    return .tooManySwapped
                }
                continue
            }
            let folio = folio(of: found.cached.head)
            if folio.order == 9 { return .alreadyLarge }
            if !folio.head.pointee.has(.lru) { return .notOnList }
            if folio.head.pointee.refcount != folio.mapCount + Int32(folio.pageCount) { return .isHeld }
            present += Int(folio.pageCount)
        }
        if isScan, present < 512 - huge.settings.mostEmpty {
            huge.counts.tooManyEmpty += 1
            return .tooManyEmpty
        }
        return .succeeded
    }

    /// `collapse_file`.
    private func collapseFile(
        _ mapping: Handle<FileMapping>, _ first: UInt64, _ address: VirtualAddress, isScan: Bool
    ) -> CollapseResult {
        let (made, refusal) = allocateForCollapse(isScan: isScan)
        guard let folio = made else { return refusal }
        var taken: [Folio] = []
        var empty: UInt64 = 0
        var result = take(mapping, first, &taken, &empty)
        if result == .succeeded, empty > 0 {
            if mapping.pointee.chargesByPage, !mayChargeShmem(mapping, empty) {
                result = .failed
            } else if isAwaited(mapping, first) {
                if mapping.pointee.chargesByPage { unchargeShmemPages(mapping, empty) }
                result = .tooManyEmpty
            }
        }
        guard result == .succeeded else {
            for old in taken { putBackByBatch(old.pfn, old.head) }
            putPage(folio.pfn, folio.head)
            return result
        }
        for old in taken { replace(old, in: mapping, by: folio, first) }
        mapping.pointee.pages.eraseAll(from: first, through: first + 511)
        folio.head.pointee.set(PageFlag.uptodate.union(.dirty))
        addLargeToCache(folio, mapping, first)
        retractTables(mapping, first)
        for old in taken {
            old.head.pointee.clear(PageFlag.active.union(.unevictable))
            putPage(old.pfn, old.head)
        }
        emit(.hugePageCollapsed, .collapse, address, folio.pfn)
        return .succeeded
    }

    /// The loop over what the file has there: it is off its lists then, mapped by nobody, and held.
    private func take(
        _ mapping: Handle<FileMapping>, _ first: UInt64, _ taken: inout [Folio], _ empty: inout UInt64
    ) -> CollapseResult {
        if mapping.pointee.pages.next(from: first, through: first + 511) == nil { return .failed }
        var index = first
        while index < first + 512 {
            let word = mapping.pointee.pages.load(index)
            if word == 0 {
                empty += 1
                index += 1
                continue
            }
            if !CacheEntry(rawValue: word).isPage || !page(CacheEntry(rawValue: word).head).pointee.has(.uptodate) {
                let page = passingOver { () throws(Errno) in try shmemPage(mapping, index, .cache) }
                if page == nil { return .failed }
                drainBatches()
            }
            let old = folio(of: CacheEntry(rawValue: mapping.pointee.pages.load(index)).head)
            if old.order == 9 { return .alreadyLarge }
            guard old.head.pointee.has(.lru) else { return .notOnList }
            isolate(old.pfn, old.head)
            unmapFileFolio(old, .collapse)
            if old.head.pointee.refcount != 1 + Int32(old.pageCount) {
                putBackByBatch(old.pfn, old.head)
                return .isHeld
            }
            taken.append(old)
            index += old.pageCount
        }
        return .succeeded
    }

    /// Whether a reader of a userfaultfd waits to hear of the first touch of a page there.
    private func isAwaited(_ mapping: Handle<FileMapping>, _ first: UInt64) -> Bool {
        var iterator = mapping.pointee.mappers.overlapping(first, first + 512)
        while let vma = iterator.next() { if vma.pointee.flags.has(.userfaultMissing) { return true } }
        return false
    }

    /// The contents go over, and the old folio is the file's no more; who took it off its list still holds it.
    private func replace(_ old: Folio, in mapping: Handle<FileMapping>, by folio: Folio, _ first: UInt64) {
        let place = old.head.pointee.index - first
        for frame in old.frames { frames.copyFrame(from: frame, to: folio.pfn + place + (frame - old.pfn)) }
        noteLeft(old, mapping)
        old.head.pointee.mapping = 0
        old.head.pointee.clear(.dirty)
        old.head.pointee.refcount -= Int32(old.pageCount)
    }

    /// `retract_page_tables`: tables that map nothing any more go, so that faults map the folio whole.
    private func retractTables(_ mapping: Handle<FileMapping>, _ first: UInt64) {
        var iterator = mapping.pointee.mappers.overlapping(first, first)
        while let vma = iterator.next() {
            let address = vma.pointee.address(ofPage: first)
            guard vma.pointee.anonVMA == nil, address & (PageSize.large - 1) == 0,
                vma.pointee.end >= address &+ PageSize.large, !vma.pointee.flags.has(.userfaultWP)
            else { continue }
            freeEmptyTable(vma.pointee.mm, address)
        }
    }

    private func freeEmptyTable(_ mm: Handle<MMStruct>, _ address: VirtualAddress) {
        guard case .entry = lookup(mm, address), let entry = allocatePMD(mm, address) else { return }
        freeTable(mm, entry, address, .pteTableFreed)
        flushTLB(mm, .tablesFreed)
    }

    /// `collapse_pte_mapped_thp`: a table that maps pages of the folio goes; with `installs` an entry of the PMD maps it then.
    private func mapCollapsed(
        _ vma: Handle<VMArea>, _ mapping: Handle<FileMapping>, _ address: VirtualAddress, installs: Bool
    ) -> CollapseResult {
        let mm = vma.pointee.mm
        let place = lookup(mm, address)
        if case .huge = place { return .alreadyHuge }
        if !mayHaveWholePages(vma, .collapse) { return .notAllowed }
        if vma.pointee.flags.has(.userfaultWP) { return .writeProtected }
        let cached = CacheEntry(rawValue: mapping.pointee.pages.load(vma.pointee.pageIndex(address)))
        guard cached.isPage else { return .noPage }
        let folio = folio(of: cached.head)
        if folio.order != 9 { return .noPage }
        if case .entry(let entries) = place {
            if let refusal = clearTable(vma, entries, folio, address) { return refusal }
            freeEmptyTable(mm, address)
        } else if !hasPMDTable(mm, address) {
            return .noTables
        }
        if !installs { return .succeeded }
        return mapHugeFile(folio, vma, address, write: false) ? .succeeded : .failed
    }

    /// Takes the folio's pages out of a table that maps nothing else. - Returns: why not, else nil.
    private func clearTable(
        _ vma: Handle<VMArea>, _ entries: EntryPointer, _ folio: Folio, _ address: VirtualAddress
    ) -> CollapseResult? {
        for index in 0..<512 {
            switch EntryState(lastLevel: entries[index]) {
            case .none: continue
            case .page(let pfn): if pfn != folio.pfn + UInt64(index) { return .failed }
            case .special, .table, .huge: return .failed
            case .swap, .marker, .migration: return .notPresent
            }
        }
        for index in 0..<512 where entries[index] != 0 {
            entries[index] = 0
            removeRmap(folio.pfn + UInt64(index), vma)
            putPage(folio.pfn, folio.head)
        }
        flushTLB(vma.pointee.mm, address, address &+ PageSize.large, .zap, .collapse)
        return nil
    }
}
