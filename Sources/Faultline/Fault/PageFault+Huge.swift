/// Faults on memory that 2 MiB may be mapped to by one entry (`__handle_mm_fault` and `mm/huge_memory.c`).
extension Machine {
    /// What `__handle_mm_fault` does with an entry of a PMD that is no table.
    ///
    /// - Returns: nil where the fault goes on with single pages.
    @inline(never)
    func faultHuge(_ vma: Handle<VMArea>, _ address: VirtualAddress, _ flags: FaultFlags) -> FaultOutcome? {
        let mm = vma.pointee.mm
        if lastTableEntry(mm, address) != nil { return nil }
        guard let entry = allocatePMD(mm, address) else { return .outOfMemory }
        switch EntryState(upperLevel: entry.pointee) {
        case .table: return nil
        case .none: return mayHaveWholePages(vma, .fault) ? createHuge(vma, address, flags) : nil
        case .huge, .special:
            if isHinted(entry.pointee, in: vma) { return faultHintedHuge(vma, address, entry) }
            if flags.contains(.write), entry.pointee & PTE.userfaultWPBit != 0, vma.pointee.flags.has(.userfaultWP) {
                if !isAsynchronous(vma) { return handleUserfault(vma, address, flags, .writeProtected) }
                splitHuge(mm, entry, PageTableLevel.pmd, address)
                return nil
            }
            if flags.contains(.write), entry.pointee & PTE.writeBit == 0 { return writeHuge(vma, address, entry) }
            if flags.contains(.unshare), entry.pointee & PTE.writeBit == 0 { return unshareHuge(vma, address, entry) }
            touchHuge(mm, entry, address, write: flags.contains(.write))
            return .handled(isMajor: false)
        case .migration:
            // pmd_migration_entry_wait
            finishMigration()
            return .handled(isMajor: false)
        case .page, .swap, .marker:
            preconditionFailure("an entry of a PMD is neither a table nor memory")
        }
    }

    /// `do_huge_pmd_anonymous_page`: 2 MiB at once, of zeros for a read.
    private func createHuge(_ vma: Handle<VMArea>, _ address: VirtualAddress, _ flags: FaultFlags) -> FaultOutcome? {
        let start = address & ~(PageSize.large - 1)
        guard start >= vma.pointee.start, start &+ PageSize.large <= vma.pointee.end else { return nil }
        prepareAnonVMA(vma)
        enterScanList(vma)
        if vma.pointee.flags.has(.userfaultMissing) { return handleUserfault(vma, address, flags, .missing) }
        if !flags.contains(.write), huge.settings.usesZeroPage { return mapHugeZero(vma, start) }
        guard let folio = allocateForFault(vma) else { return nil }
        guard mapNewHugePage(folio, vma, start) else { return .outOfMemory }
        huge.counts.faults += 1
        emit(.hugePageMapped, .anonymous, start, folio.pfn)
        return .handled(isMajor: false)
    }

    /// `set_huge_zero_folio`.
    private func mapHugeZero(_ vma: Handle<VMArea>, _ start: VirtualAddress) -> FaultOutcome? {
        guard takeHugeZero() else {
            huge.counts.fallbacks += 1
            return nil
        }
        let bits = pageProtection(vma) | PTE.specialBit
        guard mapHuge(vma.pointee.mm, start, PageTableLevel.pmd, huge.zeroFrame, bits) else { return .outOfMemory }
        emit(.hugePageMapped, .zeroPage, start, huge.zeroFrame)
        return .handled(isMajor: false)
    }

    /// `get_huge_zero_folio`: it is made for the first who reads, and stays.
    private func takeHugeZero() -> Bool {
        if huge.zeroFrame != 0 { return true }
        var request = AllocationRequest.hugePage
        request.flags = request.flags.union(.directReclaim).union(.zero).subtracting(.movable)
        guard let pfn = allocatePage(request) else {
            huge.counts.failedZeroPages += 1
            return false
        }
        huge.counts.zeroPages += 1
        huge.zeroFrame = pfn
        for frame in Folio.make(pfn, order: 9, in: frames).frames { page(frame).pointee.set(.reserved) }
        return true
    }

    /// `huge_pmd_set_accessed` (`touch_pmd`): only the bits are missing that hardware would set.
    func touchHuge(_ mm: Handle<MMStruct>, _ entry: EntryPointer, _ address: VirtualAddress, write: Bool) {
        entry.pointee |= write ? PTE.accessedBit | PTE.dirtyBit : PTE.accessedBit
        emit(.pageMapped, .spurious, address, PTE.small(entry.pointee, PageTableLevel.pmd, address).pfn)
        flushTLBPage(mm, address, .spurious, .spurious)
    }

    /// `do_huge_pmd_wp_page`: a write through an entry of a PMD that is read-only. Memory that nobody else has stays whole; else the entry
    /// is split, and one page copied.
    private func writeHuge(_ vma: Handle<VMArea>, _ address: VirtualAddress, _ entry: EntryPointer) -> FaultOutcome? {
        let mm = vma.pointee.mm
        let start = address & ~(PageSize.large - 1)
        if isHugeZero(entry), let outcome = writeHugeZero(vma, start, entry) { return outcome }
        if let folio = hugeFolio(entry), mayReuseHuge(folio, vma) {
            var new = entry.pointee | PTE.accessedBit | PTE.dirtyBit
            if vma.pointee.flags.has(.write) { new |= PTE.writeBit }
            entry.pointee = new
            emit(.cowReused, .exclusive, start, folio.pfn)
            return .handled(isMajor: false)
        }
        splitHuge(mm, entry, PageTableLevel.pmd, address)
        return nil
    }

    /// `do_huge_pmd_wp_page` of a fault that unshares: memory that nobody else has becomes the process's own; else the entry is split, and
    /// one page copied.
    private func unshareHuge(_ vma: Handle<VMArea>, _ address: VirtualAddress, _ entry: EntryPointer) -> FaultOutcome? {
        if let folio = hugeFolio(entry), mayReuseHuge(folio, vma) { return .handled(isMajor: false) }
        splitHuge(vma.pointee.mm, entry, PageTableLevel.pmd, address)
        return nil
    }

    /// `do_huge_zero_wp_pmd`: memory of its own in the place of the page of zeros; nil where there is none.
    private func writeHugeZero(_ vma: Handle<VMArea>, _ start: VirtualAddress, _ entry: EntryPointer) -> FaultOutcome? {
        prepareAnonVMA(vma)
        guard let folio = allocateForFault(vma) else { return nil }
        var bits = pageProtection(vma) | PTE.accessedBit | PTE.dirtyBit
        if vma.pointee.flags.has(.write) { bits |= PTE.writeBit }
        replaceHuge(entry, folio.pfn, bits)
        adoptHugePage(folio, vma, start)
        huge.counts.faults += 1
        flushTLB(vma.pointee.mm, start, start &+ PageSize.large, .copyOnWrite, .zeroPageCopy)
        emit(.hugePageMapped, .zeroPageCopy, start, folio.pfn)
        return .handled(isMajor: false)
    }

    private func mayReuseHuge(_ folio: Folio, _ vma: Handle<VMArea>) -> Bool {
        let head = folio.head
        if head.pointee.has(.anonExclusive) { return true }
        guard head.pointee.refcount == 1, !head.pointee.has(.swapCache) else { return false }
        // folio_move_anon_rmap: from now on it is found through this VMA alone.
        if let anonVMA = vma.pointee.anonVMA { head.pointee.mapping = anonVMA.bits | 1 }
        head.pointee.set(.anonExclusive)
        return true
    }

    /// `vma_alloc_anon_folio_pmd`: zeroed 2 MiB for a fault, charged to the group.
    private func allocateForFault(_ vma: Handle<VMArea>) -> Folio? {
        var request = AllocationRequest.hugePage
        request.flags = hugePageFlags(vma)
        guard let folio = allocateLarge(request, isZeroed: true) else {
            huge.counts.fallbacks += 1
            return nil
        }
        guard chargeLarge(folio) else {
            huge.counts.fallbacks += 1
            huge.counts.fallbackCharges += 1
            return nil
        }
        return folio
    }
}
