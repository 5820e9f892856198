/// One page table of an address space.
public struct PageTableView: Sendable, Hashable {
    /// Whose entries it has: a PGD has `.pgd` entries.
    public var level: PageWalk.Level
    /// Its frame.
    public var frame: PFN
    /// The first address that it spans.
    public var start: VirtualAddress
    /// Entries that are not empty, of 512.
    public var usedEntries: Int
    /// Those among them that are tables.
    public var tables: Int
}

extension Machine {
    /// All page tables of a process, each before those below it, in the order of addresses.
    ///
    /// - Throws: ESRCH.
    public func pageTables(_ process: ProcessID) throws(Errno) -> [PageTableView] {
        var result: [PageTableView] = []
        append(table: try task(process.index).mm.pointee.pgd, .pgd, start: 0, to: &result)
        return result
    }

    private func append(table: PFN, _ level: PageWalk.Level, start: VirtualAddress, to result: inout [PageTableView]) {
        let place = result.count
        result.append(PageTableView(level: level, frame: table, start: start, usedEntries: 0, tables: 0))
        let entries = frames.table(table)
        // User space has the lower half of the top level.
        let count = level == .pgd ? 256 : 512
        for index in 0..<count where entries[index] != 0 {
            result[place].usedEntries += 1
            guard let below = level.below, case .table(let next) = EntryState(upperLevel: entries[index]) else {
                continue
            }
            result[place].tables += 1
            append(table: next, below, start: start + UInt64(index) << level.shift, to: &result)
        }
    }
}

extension PageWalk.Level {
    /// log2 of the bytes that an entry spans.
    public var shift: UInt64 {
        switch self {
        case .pgd: PageTableLevel.pgd
        case .pud: PageTableLevel.pud
        case .pmd: PageTableLevel.pmd
        case .pte: PageTableLevel.pte
        }
    }

    /// The level of the tables that this one's entries lead to; nil for the last.
    public var below: PageWalk.Level? {
        switch self {
        case .pgd: .pud
        case .pud: .pmd
        case .pmd: .pte
        case .pte: nil
        }
    }
}
