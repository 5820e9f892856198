/// Unmapping, copying and protecting memory of huge pages of the pool (`mm/hugetlb.c`).
extension Machine {
    /// `unmap_hugepage_range`: takes the pages of a part of a VMA away. Those that nobody has any more are freed behind the last one.
    ///
    /// - Parameter only: just the entry that maps this page, which the VMA has forfeited then.
    @inline(never)
    func zapPoolEntries(
        _ vma: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress, _ details: ZapDetails,
        only: PFN? = nil
    ) {
        let mm = vma.pointee.mm
        var isChanged = false
        forEachPoolEntry(mm, start, end) { address, entry in
            let raw = entry.pointee
            guard let folio = poolFolio(raw) else {
                if raw != 0, only == nil { setUpperEntry(entry, keptMark(raw, details)) }
                return
            }
            if let only {
                if folio.pfn != only { return }
                vma.pointee.hasForfeited = true
            }
            isChanged = true
            setUpperEntry(
                entry, details.keepsMarkers && raw & PTE.userfaultWPBit != 0 ? EntryMarker.userfaultWP.entry : 0)
            mm.pointee.poolPages -= 512
            folio.unmapEntire(mm: mm.pointee.context)
            renewPromise(vma, address, folio)
            hugePool.gathered.append(folio.pfn)
            if isTracing { emit(.pageUnmapped, details.reason, address, folio.pfn) }
        }
        if isChanged { flushTLB(mm, start, end, .zap, details.reason) }
        if !hugePool.isGathering { finishGathering() }
    }

    /// What a zap leaves of an entry that maps no page.
    private func keptMark(_ raw: UInt64, _ details: ZapDetails) -> UInt64 {
        guard details.keepsMarkers, case .marker(let marker) = EntryState(upperLevel: raw),
            marker.contains(.userfaultWP)
        else { return 0 }
        return EntryMarker.userfaultWP.entry
    }

    /// `copy_hugetlb_page_range`: a child maps the same pages, private ones write-protected on both sides. A pinned one is copied.
    ///
    /// - Returns: false where no frame was free for a table, or no huge page for a copy.
    @inline(never)
    func copyPoolEntries(from source: Handle<VMArea>, to target: Handle<VMArea>) -> Bool {
        let (parent, child) = (source.pointee.mm, target.pointee.mm)
        let isCopyOnWrite = !source.pointee.flags.has(.shared) && source.pointee.flags.has(.mayWrite)
        let isWatched = target.pointee.flags.has(.userfaultWP)
        var isDone = true
        forEachPoolEntry(parent, source.pointee.start, source.pointee.end) { address, entry in
            guard isDone else { return }
            guard let copy = allocatePMD(child, address) else {
                isDone = false
                return
            }
            if case .marker(let marker) = EntryState(upperLevel: entry.pointee) {
                let inherited = isWatched ? marker : marker.subtracting(.userfaultWP)
                if !inherited.isEmpty { setUpperEntry(copy, inherited.entry) }
                return
            }
            guard let folio = poolFolio(entry.pointee) else { return }
            if parent.pointee.hasPinned, isPinnedForOne(folio.pfn, folio.head) {
                isDone = copyPinnedPool(folio, to: target, copy, address)
                return
            }
            folio.get()
            folio.mapEntire(mm: child.pointee.context)
            if folio.isAnonymous { folio.head.pointee.clear(.anonExclusive) }
            if isCopyOnWrite { setUpperEntry(entry, entry.pointee & ~PTE.writeBit) }
            setUpperEntry(copy, entry.pointee & ~(isWatched ? 0 : PTE.userfaultWPBit))
            child.pointee.poolPages += 512
        }
        return isDone
    }

    /// The child's own copy of a page that is pinned for the parent.
    private func copyPinnedPool(
        _ source: Folio, to vma: Handle<VMArea>, _ entry: EntryPointer, _ address: VirtualAddress
    ) -> Bool {
        guard let folio = allocatePoolPage(reservedPlace(vma, address)) else { return false }
        copyPool(from: source, to: folio)
        prepareAnonVMA(vma)
        adoptPoolPage(folio, vma, address)
        setUpperEntry(entry, makePoolEntry(folio.pfn, pageProtection(vma), writable: vma.pointee.flags.has(.write)))
        emit(.cowCopied, .pinnedFrame, address, folio.pfn)
        return true
    }

    /// `copy_user_large_folio`.
    func copyPool(from source: Folio, to target: Folio) {
        for offset in 0..<source.pageCount { frames.copyFrame(from: source.pfn + offset, to: target.pfn + offset) }
        target.head.pointee.set(.uptodate)
    }

    /// `folio_zero_user`.
    func zeroPool(_ folio: Folio) {
        for frame in folio.frames { frames.zeroFrame(frame) }
        folio.head.pointee.set(.uptodate)
    }

    /// `hugetlb_add_new_anon_rmap`, with the counter. The caller writes the entry. Precondition: the VMA has an anon_vma.
    func adoptPoolPage(_ folio: Folio, _ vma: Handle<VMArea>, _ address: VirtualAddress) {
        guard let anonVMA = vma.pointee.anonVMA else { preconditionFailure("an anonymous page needs an anon_vma") }
        folio.head.pointee.clear(.restoresReserve)
        folio.head.pointee.set(.anonExclusive)
        folio.head.pointee.setAnonVMA(anonVMA, index: vma.pointee.pageIndex(address))
        folio.mapEntire(mm: vma.pointee.mm.pointee.context)
        vma.pointee.mm.pointee.poolPages += 512
    }

    /// `hugetlb_change_protection`.
    ///
    /// - Returns: false where no frame was free for a table.
    @inline(never)
    func protectPoolEntries(
        _ vma: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress, _ userfault: UserfaultChange
    ) -> Bool {
        let mm = vma.pointee.mm
        let protection = pageProtection(vma)
        if userfault == .protect {
            for address in stride(from: start, to: end, by: Int(PageSize.large)) {
                guard let entry = allocatePMD(mm, address) else { return false }
                if entry.pointee == 0 { setUpperEntry(entry, EntryMarker.userfaultWP.entry) }
            }
        }
        forEachPoolEntry(mm, start, end) { _, entry in
            switch EntryState(upperLevel: entry.pointee) {
            case .marker(let marker):
                if userfault == .resolve, marker == .userfaultWP { setUpperEntry(entry, 0) }
            case .huge:
                let kept = PTE.changeMask | PTE.pageSizeBit
                var new = entry.pointee & kept | protection & ~kept
                switch userfault {
                case .none: break
                case .protect: new = PTE(rawValue: new).writeProtected.rawValue
                case .resolve: new &= ~PTE.userfaultWPBit
                }
                setUpperEntry(entry, new)
            case .none, .table, .page, .special, .swap, .migration: break
            }
        }
        flushTLB(mm, start, end, .protect, userfault == .none ? .protect : .userfault)
        return true
    }

    /// `move_hugetlb_page_tables`. - Returns: bytes moved; less than the length when no frame was free for a table.
    func movePoolEntries(
        from source: Handle<VMArea>, _ oldStart: VirtualAddress, to newStart: VirtualAddress, length: UInt64
    ) -> UInt64 {
        let mm = source.pointee.mm
        let loses = losesUserfault(source)
        var moved = length
        forEachPoolEntry(mm, oldStart, oldStart &+ length) { address, entry in
            guard entry.pointee != 0, moved == length else { return }
            guard let target = allocatePMD(mm, newStart &+ (address &- oldStart)) else {
                moved = address &- oldStart
                return
            }
            var raw = entry.pointee
            if case .marker(.userfaultWP) = EntryState(upperLevel: raw) {
                if loses { raw = 0 }
            } else if loses, poolFolio(raw) != nil {
                raw &= ~PTE.userfaultWPBit
            }
            setUpperEntry(entry, 0)
            setUpperEntry(target, raw)
        }
        flushTLB(mm, oldStart, oldStart &+ length, .move, .move)
        return moved
    }
}
