/// Entries of huge pages of the pool: of a PMD, without a deposited table, since nobody splits them (`mm/hugetlb.c`).
extension Machine {
    /// `huge_pte_offset`: the entry of a PMD for an address; nil where no table holds it. It may be empty, or a mark.
    func poolEntry(_ mm: Handle<MMStruct>, _ address: VirtualAddress) -> EntryPointer? {
        guard let puds = table(under: topEntry(mm, address)) else { return nil }
        guard let pmds = table(under: puds + PageTableLevel.index(address, PageTableLevel.pud)) else { return nil }
        return pmds + PageTableLevel.index(address, PageTableLevel.pmd)
    }

    /// Calls `body` for the entry of each 2 MiB of a range, of which no table need hold any.
    func forEachPoolEntry(
        _ mm: Handle<MMStruct>, _ start: VirtualAddress, _ end: VirtualAddress,
        _ body: (VirtualAddress, EntryPointer) -> Void
    ) {
        var address = start
        while address < end {
            if let entry = poolEntry(mm, address) {
                body(address, entry)
                address &+= PageSize.large
            } else {
                // hugetlb_mask_last_page
                address = (address | (1 << PageTableLevel.pud - 1)) &+ 1
            }
        }
    }

    /// The folio of the pool that an entry maps; nil for an empty one and for a mark.
    @inline(__always)
    func poolFolio(_ entry: UInt64) -> Folio? {
        guard case .huge(let pfn) = EntryState(upperLevel: entry) else { return nil }
        return folio(of: pfn)
    }

    /// `make_huge_pte`: an entry that maps a page of the pool.
    func makePoolEntry(_ pfn: PFN, _ protection: UInt64, writable: Bool) -> UInt64 {
        let bits = protection & ~PTE.writeBit | PTE.accessedBit | PTE.pageSizeBit
        return pfn << 12 | bits | (writable ? PTE.writeBit | PTE.dirtyBit : 0)
    }
}
