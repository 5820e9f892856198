/// Tables come into being on the way to an entry.
extension Machine {
    /// The level-3 entry (`pud_t`), with the table that holds it made where it lacks; nil when no frame is free.
    @inline(__always)
    func allocatePUD(_ mm: Handle<MMStruct>, _ address: VirtualAddress) -> EntryPointer? {
        let pgd = topEntry(mm, address)
        guard let puds = table(under: pgd) ?? fillUpperEntry(mm, pgd, PageTableLevel.pgd, address) else { return nil }
        return puds + PageTableLevel.index(address, PageTableLevel.pud)
    }

    /// The level-2 entry (`pmd_t`), with the tables above it made where they lack; nil when no frame is free.
    @inline(__always)
    func allocatePMD(_ mm: Handle<MMStruct>, _ address: VirtualAddress) -> EntryPointer? {
        guard let pud = allocatePUD(mm, address),
            let pmds = table(under: pud) ?? fillUpperEntry(mm, pud, PageTableLevel.pud, address)
        else { return nil }
        return pmds + PageTableLevel.index(address, PageTableLevel.pmd)
    }

    /// The last-level entry, with the tables above it made where they lack; nil when no frame is free.
    @inline(__always)
    func allocatePTE(_ mm: Handle<MMStruct>, _ address: VirtualAddress) -> EntryPointer? {
        // Faults come one after the other: most find the table of the last one.
        if let entry = lastTableEntry(mm, address) { return entry }
        guard let entry = allocateEntry(mm, address) else { return nil }
        cpu.lastTable = LastTable(
            key: LastTable.key(mm, address), entries: entry - PageTableLevel.index(address, PageTableLevel.pte))
        return entry
    }

    /// The same for callers that go through many tables: what faults remember stays.
    @inline(__always)
    func allocateEntry(_ mm: Handle<MMStruct>, _ address: VirtualAddress) -> EntryPointer? {
        guard let pmd = allocatePMD(mm, address),
            let entries = table(under: pmd) ?? fillUpperEntry(mm, pmd, PageTableLevel.pmd, address)
        else { return nil }
        return entries + PageTableLevel.index(address, PageTableLevel.pte)
    }

    /// Makes the table that would hold the entry of an address at a level; false when no frame is free. Nothing is needed for
    /// the top level.
    func allocateTables(_ mm: Handle<MMStruct>, _ address: VirtualAddress, holding level: UInt64) -> Bool {
        switch level {
        case PageTableLevel.pgd: true
        case PageTableLevel.pud: allocatePUD(mm, address) != nil
        default: allocatePMD(mm, address) != nil
        }
    }

    /// `__pmd_alloc`, `__pte_alloc` and their like: a table in the place of an upper entry that is not one. What the entry maps
    /// itself is split, so that the table maps it.
    @inline(never)
    private func fillUpperEntry(
        _ mm: Handle<MMStruct>, _ entry: EntryPointer, _ level: UInt64, _ address: VirtualAddress
    ) -> EntryPointer? {
        if entry.pointee != 0 {
            splitHuge(mm, entry, level, address)
            if let table = table(under: entry) { return table }
        }
        guard let pfn = level == PageTableLevel.pmd ? installableTable(mm) : makeTable(mm) else { return nil }
        setUpperEntry(entry, pfn << 12 | PTE.table)
        let event: Event.Kind =
            switch level {
            case PageTableLevel.pgd: .pudTableAllocated
            case PageTableLevel.pud: .pmdTableAllocated
            default: .pteTableAllocated
            }
        emit(event, .none, address, pfn)
        return frames.table(pfn)
    }

    /// The table that the fault took before (``takeSpareTable(_:_:)``), or a new one.
    private func installableTable(_ mm: Handle<MMStruct>) -> PFN? {
        guard let spare = cpu.spareTable else { return makeTable(mm) }
        cpu.spareTable = nil
        mm.pointee.tableFrames += 1
        return spare
    }

    /// `pte_alloc_one` with `mm_inc_nr_ptes`: a table that is counted in `pgtables_bytes`.
    func makeTable(_ mm: Handle<MMStruct>, isDeposit: Bool = false) -> PFN? {
        guard let pfn = makeTableFrame(isDeposit: isDeposit) else { return nil }
        mm.pointee.tableFrames += 1
        return pfn
    }

    /// `pte_alloc_one`: a zeroed frame that is a table.
    func makeTableFrame(isDeposit: Bool = false) -> PFN? {
        guard let pfn = allocateTableFrame(isDeposit: isDeposit) else { return nil }
        page(pfn).pointee.set(PageFlag.table)
        nodeStatistics.pageTables += 1
        return pfn
    }

    /// `pte_free`: gives a table's frame back. Precondition: no entry points to it.
    func dropTable(_ mm: Handle<MMStruct>, _ pfn: PFN) {
        mm.pointee.tableFrames -= 1
        nodeStatistics.pageTables -= 1
        putPage(pfn)
    }

    /// Frees the table under an entry. Precondition: nothing is mapped through it.
    func freeTable(
        _ mm: Handle<MMStruct>, _ entry: EntryPointer, _ address: VirtualAddress, _ event: Event.Kind
    ) {
        guard case .table(let pfn) = EntryState(upperLevel: entry.pointee) else {
            preconditionFailure("a page table is freed where none is")
        }
        precondition(page(pfn).pointee.deposited == 0, "a page table is freed that still has huge pages")
        setUpperEntry(entry, 0)
        emit(event, .none, address, pfn)
        gatherTable(mm, address, event)
        dropTable(mm, pfn)
    }
}
