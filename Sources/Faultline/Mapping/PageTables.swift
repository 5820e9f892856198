/// The last-level table that a fault used last.
struct LastTable {
    /// The frame of the top-level table and the number of the 2 MiB that the table maps; `none` for no table. It is forgotten
    /// when an upper entry loses its table (``Machine/setUpperEntry(_:_:)``) or an address space ends.
    let key: UInt64
    let entries: EntryPointer

    /// The key of no table: no frame has such a number.
    static var none: UInt64 { .max }

    @inline(__always)
    static func key(_ mm: Handle<MMStruct>, _ address: VirtualAddress) -> UInt64 {
        mm.pointee.pgd << 27 | address >> PageTableLevel.pmd
    }
}

extension Machine {
    func forgetLastTable() { lastTable = LastTable(key: LastTable.none, entries: lastTable.entries) }

    /// `set_pgd`, `set_pud`, `set_pmd`: the one place that writes an entry above the last level. What was remembered of the
    /// tables below a former value is forgotten.
    @inline(__always)
    func setUpperEntry(_ entry: EntryPointer, _ value: UInt64) {
        if entry.pointee != 0 { forgetLastTable() }
        entry.pointee = value
    }

    /// Moves the table under an upper entry, whole, to an entry of the same level.
    ///
    /// Precondition: nothing is under `target`.
    @inline(__always)
    func moveUpperEntry(_ source: EntryPointer, to target: EntryPointer) {
        let value = source.pointee
        setUpperEntry(source, 0)
        setUpperEntry(target, value)
    }

    // MARK: Lookup and allocation

    /// The table that an entry of an upper level points to, or nil.
    @inline(__always)
    func subtable(_ entry: UInt64) -> EntryPointer? {
        entry & PTE.presentBit == 0 ? nil : physical.table((entry & PTE.addressMask) >> 12)
    }

    /// The level-2 entry (`pmd_t`) for an address, or nil where no table is.
    @inline(__always)
    func findPMD(_ mm: Handle<MMStruct>, _ address: VirtualAddress) -> EntryPointer? {
        let pgd = physical.table(mm.pointee.pgd)
        guard let pud = subtable(pgd[PageTableLevel.index(address, PageTableLevel.pgd)]),
            let pmd = subtable(pud[PageTableLevel.index(address, PageTableLevel.pud)])
        else { return nil }
        return pmd + PageTableLevel.index(address, PageTableLevel.pmd)
    }

    /// The last-level entry for an address, or nil where no table is.
    @inline(__always)
    func findPTE(_ mm: Handle<MMStruct>, _ address: VirtualAddress) -> EntryPointer? {
        guard let pmd = findPMD(mm, address), let table = subtable(pmd.pointee) else { return nil }
        return table + PageTableLevel.index(address, PageTableLevel.pte)
    }

    /// The PTE at an address, or none.
    @inline(__always)
    func readPTE(_ mm: Handle<MMStruct>, _ address: VirtualAddress) -> PTE {
        findPTE(mm, address).map { PTE(rawValue: $0.pointee) } ?? .none
    }

    /// The level-2 entry, with the tables above it made where they lack; nil when no frame is free.
    @inline(__always)
    func allocatePMD(_ mm: Handle<MMStruct>, _ address: VirtualAddress) -> EntryPointer? {
        let pgd = physical.table(mm.pointee.pgd) + PageTableLevel.index(address, PageTableLevel.pgd)
        guard let puds = subtable(pgd.pointee) ?? makeTable(mm, pgd, address, .pudTableAllocated) else { return nil }
        let pud = puds + PageTableLevel.index(address, PageTableLevel.pud)
        guard let pmds = subtable(pud.pointee) ?? makeTable(mm, pud, address, .pmdTableAllocated) else { return nil }
        return pmds + PageTableLevel.index(address, PageTableLevel.pmd)
    }

    /// The last-level entry, with the tables above it made where they lack; nil when no frame is free.
    @inline(__always)
    func allocatePTE(_ mm: Handle<MMStruct>, _ address: VirtualAddress) -> EntryPointer? {
        // Faults come one after the other: most find the table of the last one.
        if let entry = lastTableEntry(mm, address) { return entry }
        guard let pmd = allocatePMD(mm, address),
            let table = subtable(pmd.pointee) ?? makeTable(mm, pmd, address, .pteTableAllocated)
        else { return nil }
        lastTable = LastTable(key: LastTable.key(mm, address), entries: table)
        return table + PageTableLevel.index(address, PageTableLevel.pte)
    }

    /// The last-level entry, if it is in the table that a fault used last.
    @inline(__always)
    func lastTableEntry(_ mm: Handle<MMStruct>, _ address: VirtualAddress) -> EntryPointer? {
        if LastTable.key(mm, address) != lastTable.key { return nil }
        return lastTable.entries + PageTableLevel.index(address, PageTableLevel.pte)
    }

    /// `__pte_alloc` and its like: a zeroed table under an upper entry.
    @inline(never)
    func makeTable(
        _ mm: Handle<MMStruct>, _ entry: EntryPointer, _ address: VirtualAddress, _ event: Event.Kind
    ) -> EntryPointer? {
        guard let pfn = physical.allocateTable() else { return nil }
        page(pfn).pointee.set(PageFlag.table)
        mm.pointee.tableFrames += 1
        setUpperEntry(entry, (pfn << 12) | PTE.table)
        emit(event, .none, address, pfn)
        if advisesHugePages, event == .pteTableAllocated, let vma = lookupVMA(mm, address) { meetHugePages(vma) }
        return physical.table(pfn)
    }

    /// Frees the table under an entry. Precondition: nothing is mapped through it.
    func freeTable(
        _ mm: Handle<MMStruct>, _ entry: EntryPointer, _ address: VirtualAddress, _ event: Event.Kind
    ) {
        let pfn = (entry.pointee & PTE.addressMask) >> 12
        setUpperEntry(entry, 0)
        mm.pointee.tableFrames -= 1
        emit(event, .none, address, pfn)
        putPage(pfn)
    }
}
