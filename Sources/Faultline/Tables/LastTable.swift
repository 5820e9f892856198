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
    func forgetLastTable() { cpu.lastTable = LastTable(key: LastTable.none, entries: cpu.lastTable.entries) }

    /// The last-level entry, if it is in the table that a fault used last.
    @inline(__always)
    func lastTableEntry(_ mm: Handle<MMStruct>, _ address: VirtualAddress) -> EntryPointer? {
        if LastTable.key(mm, address) != cpu.lastTable.key { return nil }
        return cpu.lastTable.entries + PageTableLevel.index(address, PageTableLevel.pte)
    }

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
}
