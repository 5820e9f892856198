/// Finding what stands for one address. Ranges are walked by ``TableCursor``.
extension Machine {
    /// Where a walk for one address ends.
    enum Lookup {
        /// No table, or an empty upper entry.
        case none
        /// A last-level entry, empty or not.
        case entry(EntryPointer)
        /// An upper entry that is neither empty nor a table.
        case huge(EntryPointer, level: UInt64)
    }

    /// The table under an upper entry; nil where it is empty or maps memory itself.
    @inline(__always)
    func table(under entry: EntryPointer) -> EntryPointer? {
        if case .table(let pfn) = EntryState(upperLevel: entry.pointee) { return frames.table(pfn) }
        return nil
    }

    /// `pgd_offset`.
    @inline(__always)
    func topEntry(_ mm: Handle<MMStruct>, _ address: VirtualAddress) -> EntryPointer {
        frames.table(mm.pointee.pgd) + PageTableLevel.index(address, PageTableLevel.pgd)
    }

    @inline(__always)
    func lookup(_ mm: Handle<MMStruct>, _ address: VirtualAddress) -> Lookup {
        let pgd = topEntry(mm, address)
        guard let puds = table(under: pgd) else { return .upper(pgd, PageTableLevel.pgd) }
        let pud = puds + PageTableLevel.index(address, PageTableLevel.pud)
        guard let pmds = table(under: pud) else { return .upper(pud, PageTableLevel.pud) }
        let pmd = pmds + PageTableLevel.index(address, PageTableLevel.pmd)
        guard let entries = table(under: pmd) else { return .upper(pmd, PageTableLevel.pmd) }
        return .entry(entries + PageTableLevel.index(address, PageTableLevel.pte))
    }

    /// The last-level entry for an address, for a caller that may change it: a huge page is split first. Nil where no table is.
    @inline(__always)
    func findPTE(_ mm: Handle<MMStruct>, _ address: VirtualAddress) -> EntryPointer? {
        switch lookup(mm, address) {
        case .none: return nil
        case .entry(let entry): return entry
        case .huge(let entry, let level): return splitPTE(mm, entry, level, address)
        }
    }

    @inline(never)
    private func splitPTE(
        _ mm: Handle<MMStruct>, _ entry: EntryPointer, _ level: UInt64, _ address: VirtualAddress
    ) -> EntryPointer? {
        splitHuge(mm, entry, level, address)
        return findPTE(mm, address)
    }

    /// The entry at an address, for a caller that only looks: of a huge page the part that stands there; none where no table is.
    @inline(__always)
    func readPTE(_ mm: Handle<MMStruct>, _ address: VirtualAddress) -> PTE {
        switch lookup(mm, address) {
        case .none: return .none
        case .entry(let entry): return PTE(rawValue: entry.pointee)
        case .huge(let entry, let level): return PTE.small(entry.pointee, level, address)
        }
    }
}

extension Machine.Lookup {
    @inline(__always)
    fileprivate static func upper(_ entry: EntryPointer, _ level: UInt64) -> Self {
        entry.pointee == 0 ? .none : .huge(entry, level: level)
    }
}
