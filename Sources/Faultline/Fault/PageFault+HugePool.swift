/// Faults on memory of huge pages of the pool (`hugetlb_fault`).
extension Machine {
    /// `hugetlb_fault`.
    @inline(never)
    func faultPool(_ vma: Handle<VMArea>, _ address: VirtualAddress, _ flags: FaultFlags) -> FaultOutcome {
        let mm = vma.pointee.mm
        guard vma.pointee.hugePageBytes == PageSize.large else { return faultGigabyte(vma, address) }
        guard let entry = allocatePMD(mm, address) else { return .outOfMemory }
        switch EntryState(upperLevel: entry.pointee) {
        case .none: return mapMissingPool(vma, address, entry, flags)
        case .marker(let marker):
            if marker.contains(.poisoned) {
                emit(.signal, .poisoned, address)
                refuse(.signal("SIGBUS"), .poisonedPage(address))
                return .signal(.busError)
            }
            return mapMissingPool(vma, address, entry, flags)
        case .huge: break
        case .table, .page, .special, .swap, .migration:
            preconditionFailure("memory of huge pages has an entry of another kind")
        }
        let write = flags.contains(.write)
        let isReadOnly = entry.pointee & PTE.writeBit == 0
        if write, isReadOnly, entry.pointee & PTE.userfaultWPBit != 0, vma.pointee.flags.has(.userfaultWP) {
            if !isAsynchronous(vma) {
                return handleUserfault(vma, address, flags, .writeProtected, pageBytes: PageSize.large)
            }
            setUpperEntry(entry, entry.pointee & ~PTE.userfaultWPBit)
        }
        if isReadOnly, write || flags.contains(.unshare) { return writePool(vma, address, entry, flags) }
        setUpperEntry(entry, entry.pointee | (write ? PTE.accessedBit | PTE.dirtyBit : PTE.accessedBit))
        emit(.pageMapped, .spurious, address, PTE.small(entry.pointee, PageTableLevel.pmd, address).pfn)
        flushTLBPage(mm, address, .spurious, .spurious)
        return .handled(isMajor: false)
    }

    /// There are no pages of 1 GiB.
    private func faultGigabyte(_ vma: Handle<VMArea>, _ address: VirtualAddress) -> FaultOutcome {
        guard allocatePUD(vma.pointee.mm, address) != nil else { return .outOfMemory }
        return withoutPoolPage(address, free: 0, reserved: 0)
    }

    private func withoutPoolPage(_ address: VirtualAddress) -> FaultOutcome {
        withoutPoolPage(address, free: hugePool.free.count, reserved: hugePool.reserved)
    }

    private func withoutPoolPage(_ address: VirtualAddress, free: Int, reserved: Int64) -> FaultOutcome {
        emit(.signal, .hugePoolEmpty, address)
        refuse(.signal("SIGBUS"), .noHugePageForFault(address, free: free, reserved: reserved))
        return .signal(.busError)
    }

    /// `hugetlb_no_page`.
    private func mapMissingPool(
        _ vma: Handle<VMArea>, _ address: VirtualAddress, _ entry: EntryPointer, _ flags: FaultFlags
    ) -> FaultOutcome {
        if vma.pointee.hasForfeited {
            emit(.signal, .hugePageForfeited, address)
            refuse(.signal("SIGBUS"), .hugePageForfeited(address))
            return .signal(.busError)
        }
        guard let mapping = vma.pointee.file?.pointee.mapping else { return .signal(.busError) }
        let start = address & ~(PageSize.large - 1)
        let modes = vma.pointee.flags
        let index = vma.pointee.pageIndex(start)
        let mark = entry.pointee
        let folio: Folio
        if let cached = cachedPage(mapping, index) {
            if modes.has(.userfaultMinor) {
                return handleUserfault(vma, address, flags, .minor, pageBytes: PageSize.large)
            }
            folio = self.folio(of: cached)
            mapPoolFile(folio, vma)
        } else {
            if vma.pointee.hugeIndex(start) >= mapping.pointee.size / PageSize.large {
                emit(.signal, .beyondEnd, address)
                refuse(.signal("SIGBUS"), .beyondEnd(address, page: index, size: mapping.pointee.size))
                return .signal(.busError)
            }
            if modes.has(.userfaultMissing) {
                return handleUserfault(vma, address, flags, .missing, pageBytes: PageSize.large)
            }
            if !modes.has(.mayShare) { prepareAnonVMA(vma) }
            guard let made = allocatePoolPage(reservedPlace(vma, start)) else { return withoutPoolPage(address) }
            zeroPool(made)
            folio = made
            if modes.has(.mayShare) {
                addPoolPage(folio, to: mapping, index)
                mapPoolFile(folio, vma, isHeld: true)
            } else {
                adoptPoolPage(folio, vma, start)
            }
        }
        let isWritable = modes.isSuperset(of: [.write, .shared])
        var new = PTE(rawValue: makePoolEntry(folio.pfn, pageProtection(vma), writable: isWritable))
        if case .marker(let marker) = EntryState(upperLevel: mark), marker.contains(.userfaultWP) {
            new = new.writeProtected
        }
        setUpperEntry(entry, new.rawValue)
        emit(.hugePageMapped, .hugePool, start, folio.pfn)
        if flags.contains(.write), !modes.has(.shared) {
            // Without a second fault. What a userfaultfd protects waits for that one.
            if new.rawValue & PTE.userfaultWPBit != 0 { return .handled(isMajor: false) }
            return writePool(vma, address, entry, flags)
        }
        return .handled(isMajor: false)
    }

    /// `hugetlb_add_file_rmap`, with the counter.
    ///
    /// - Parameter isHeld: the reference that the entry needs is there.
    func mapPoolFile(_ folio: Folio, _ vma: Handle<VMArea>, isHeld: Bool = false) {
        if !isHeld { folio.get() }
        folio.mapEntire(mm: vma.pointee.mm.pointee.context)
        vma.pointee.mm.pointee.poolPages += 512
    }

    // MARK: Writes

    /// `hugetlb_wp`: a write through an entry that is read-only, or a fault that unshares.
    private func writePool(
        _ vma: Handle<VMArea>, _ address: VirtualAddress, _ entry: EntryPointer, _ flags: FaultFlags
    ) -> FaultOutcome {
        let start = address & ~(PageSize.large - 1)
        guard let old = poolFolio(entry.pointee) else { preconditionFailure("a write meets no huge page") }
        let unshares = flags.contains(.unshare)
        if vma.pointee.flags.has(.mayShare) {
            setUpperEntry(entry, entry.pointee | PTE.writeBit | PTE.dirtyBit | PTE.accessedBit)
            emit(.cowReused, .sharedWrite, start, old.pfn)
            return .handled(isMajor: false)
        }
        if reusePool(old, vma, start, entry, unshares: unshares) { return .handled(isMajor: false) }
        // Who mapped the memory has used up what it was promised here.
        let isOwners = vma.pointee.ownReservation != 0 && old.isAnonymous
        guard let new = allocatePoolPage(reservedPlace(vma, start), forOwner: isOwners) else {
            guard isOwners else { return withoutPoolPage(address) }
            takeFromOthers(old, vma, start)
            if reusePool(old, vma, start, entry, unshares: unshares) { return .handled(isMajor: false) }
            // Somebody has moved it to another address, where it is not looked for; the kernel tries for ever.
            return withoutPoolPage(address)
        }
        prepareAnonVMA(vma)
        copyPool(from: old, to: new)
        let mark = entry.pointee & PTE.userfaultWPBit
        old.unmapEntire(mm: vma.pointee.mm.pointee.context)
        vma.pointee.mm.pointee.poolPages -= 512
        adoptPoolPage(new, vma, start)
        let isWritable = !unshares && vma.pointee.flags.has(.write)
        var pte = PTE(rawValue: makePoolEntry(new.pfn, pageProtection(vma), writable: isWritable))
        if mark != 0 { pte = pte.writeProtected }
        setUpperEntry(entry, pte.rawValue)
        let wasAnonymous = old.isAnonymous
        flushTLB(
            vma.pointee.mm, start, start &+ PageSize.large, .copyOnWrite, wasAnonymous ? .sharedFrame : .privateWrite)
        emit(.cowCopied, wasAnonymous ? .sharedFrame : .privateWrite, start, new.pfn)
        putPage(old.pfn, old.head)
        return .handled(isMajor: false)
    }

    /// Takes a private page that only this entry maps. Pins and the like do not count, since a copy may be more than the pool has.
    private func reusePool(
        _ folio: Folio, _ vma: Handle<VMArea>, _ start: VirtualAddress, _ entry: EntryPointer, unshares: Bool
    ) -> Bool {
        guard folio.isAnonymous, folio.mapCount == 1 else { return false }
        if !folio.head.pointee.has(.anonExclusive) {
            // folio_move_anon_rmap
            if let anonVMA = vma.pointee.anonVMA { folio.head.pointee.mapping = anonVMA.bits | 1 }
            folio.head.pointee.set(.anonExclusive)
        }
        // set_huge_ptep_maybe_writable: what is forced upon read-only memory leaves it so.
        if !unshares, vma.pointee.flags.has(.write) {
            setUpperEntry(entry, entry.pointee | PTE.writeBit | PTE.dirtyBit | PTE.accessedBit)
        }
        emit(.cowReused, .soleOwner, start, folio.pfn)
        return true
    }

    /// `unmap_ref_private`: the pool is empty, so that the one who mapped the memory takes the page from those who came of it by fork. Their
    /// next touch of a place without a page is SIGBUS: zeros would look like lost data.
    private func takeFromOthers(_ folio: Folio, _ vma: Handle<VMArea>, _ start: VirtualAddress) {
        guard let mapping = vma.pointee.file?.pointee.mapping else { return }
        let index = vma.pointee.pageIndex(start)
        var others: [Handle<VMArea>] = []
        var iterator = mapping.pointee.mappers.overlapping(index, index)
        while let other = iterator.next() {
            if other == vma || other.pointee.flags.has(.mayShare) || other.pointee.ownReservation != 0 { continue }
            others.append(other)
        }
        for other in others {
            // The kernel takes the address of the one who writes, wherever the other has the memory.
            guard start >= other.pointee.start, start < other.pointee.end else { continue }
            zapPoolEntries(
                other, start, start &+ PageSize.large, ZapDetails(keepsMarkers: true, reason: .hugePageForfeited),
                only: folio.pfn)
        }
    }
}
