/// One page table of an address space.
public struct PageTableView: Sendable, Hashable {
    /// Which kind it is.
    public let level: PageWalk.Level
    /// The frame that it is, which takes 4 KiB.
    public let frame: PFN
    /// The first address that it is for.
    public let start: VirtualAddress
    /// Entries that are not empty, of 512.
    public let used: Int

    /// Bytes of addresses that one of its entries is for.
    public var entrySpan: UInt64 {
        switch level {
        case .pgd: 1 << PageTableLevel.pgd
        case .pud: 1 << PageTableLevel.pud
        case .pmd: 1 << PageTableLevel.pmd
        case .pte: 1 << PageTableLevel.pte
        }
    }
}

extension Machine {
    /// The page tables of a process: each before those that it points to, in the order of addresses. Those of the kernel's half,
    /// which all processes share, are not among them.
    ///
    /// - Throws: ESRCH.
    public func pageTables(_ process: ProcessID) throws(Errno) -> [PageTableView] {
        var result: [PageTableView] = []
        list(try task(process.index).mm.pointee.pgd, .pgd, 0, &result)
        return result
    }

    private func list(
        _ table: PFN, _ level: PageWalk.Level, _ start: VirtualAddress, _ result: inout [PageTableView]
    ) {
        let entries = frames.table(table)
        // The upper half of the PGD is the kernel's.
        let indices = 0..<(level == .pgd ? 256 : 512)
        let used = indices.count { entries[$0] != 0 }
        let view = PageTableView(level: level, frame: table, start: start, used: used)
        result.append(view)
        guard let next = PageWalk.Level.allCases.drop(while: { $0 != level }).dropFirst().first else { return }
        for index in indices {
            if case .table(let pfn) = EntryState(upperLevel: entries[index]) {
                list(pfn, next, start + UInt64(index) * view.entrySpan, &result)
            }
        }
    }
}
