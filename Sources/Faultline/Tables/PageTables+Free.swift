extension Machine {
    /// `free_pgd_range`: frees the tables that only `[start, end)` uses, given that nothing is mapped from `floor` to
    /// `ceiling` outside of it; 0 as a ceiling is the end of the address space.
    func freeTables(
        _ mm: Handle<MMStruct>, _ start: VirtualAddress, _ rangeEnd: VirtualAddress, floor: VirtualAddress,
        ceiling: VirtualAddress
    ) {
        let mask = ~(PageTableLevel.pmdSize - 1)
        var address = start & mask
        var end = rangeEnd
        if address < floor {
            address &+= PageTableLevel.pmdSize
            if address == 0 { return }
        }
        var ceiling = ceiling
        if ceiling != 0 {
            ceiling &= mask
            if ceiling == 0 { return }
        }
        if end &- 1 > ceiling &- 1 { end &-= PageTableLevel.pmdSize }
        if address > end &- 1 { return }
        while address != end {
            let next = PageTableLevel.spanEnd(address, end, PageTableLevel.pgd)
            let entry = topEntry(mm, address)
            if let puds = table(under: entry) {
                freePUDs(mm, puds, address, next, floor, ceiling)
                if Self.mayFree(address, next, floor, ceiling, PageTableLevel.pgd) {
                    freeTable(mm, entry, address, .pudTableFreed)
                }
            }
            address = next
        }
    }

    private func freePUDs(
        _ mm: Handle<MMStruct>, _ puds: EntryPointer, _ start: VirtualAddress, _ end: VirtualAddress,
        _ floor: VirtualAddress, _ ceiling: VirtualAddress
    ) {
        var address = start
        while address != end {
            let next = PageTableLevel.spanEnd(address, end, PageTableLevel.pud)
            let entry = puds + PageTableLevel.index(address, PageTableLevel.pud)
            if let pmds = table(under: entry) {
                freePMDs(mm, pmds, address, next)
                if Self.mayFree(address, next, floor, ceiling, PageTableLevel.pud) {
                    freeTable(mm, entry, address, .pmdTableFreed)
                }
            }
            address = next
        }
    }

    private func freePMDs(
        _ mm: Handle<MMStruct>, _ pmds: EntryPointer, _ start: VirtualAddress, _ end: VirtualAddress
    ) {
        var address = start
        while address != end {
            let next = PageTableLevel.spanEnd(address, end, PageTableLevel.pmd)
            let entry = pmds + PageTableLevel.index(address, PageTableLevel.pmd)
            if table(under: entry) != nil { freeTable(mm, entry, address, .pteTableFreed) }
            address = next
        }
    }

    /// Whether the table whose parent entry spans `1 << shift` is used by nobody else.
    private static func mayFree(
        _ start: VirtualAddress, _ end: VirtualAddress, _ floor: VirtualAddress, _ ceiling: VirtualAddress,
        _ shift: UInt64
    ) -> Bool {
        let mask = ~((UInt64(1) << shift) &- 1)
        if start & mask < floor { return false }
        var ceiling = ceiling
        if ceiling != 0 {
            ceiling &= mask
            if ceiling == 0 { return false }
        }
        return !(end &- 1 > ceiling &- 1)
    }
}
