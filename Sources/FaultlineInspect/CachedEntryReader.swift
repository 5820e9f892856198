import Faultline

/// Prints what the TLBs and paging-structure caches hold.
public struct CachedEntryReader {
    private let machine: Machine
    private let processName: (Int) -> String

    /// Makes a reader.
    public init(_ machine: Machine, processName: @escaping (Int) -> String) {
        self.machine = machine
        self.processName = processName
    }

    /// Every array with its shape and how many of its ways are in use.
    public func shapes() -> String {
        let entries = machine.cachedEntries
        var text = "ARRAY  SETS  WAYS    USED\n"
        for array in TLBGeometry.Array.allCases {
            let (sets, ways) = machine.cacheShape(array)
            if sets == 0 { continue }
            let used = entries.count { $0.array == array }
            text += "\("\(array)".left(6)) \(sets.right(4)) \(ways.right(5)) \(used.right(7))\n"
        }
        return text
    }

    /// Entries that a condition holds of, a line each; nil where there is none.
    public func contents(where isWanted: (CachedEntry) -> Bool = { _ in true }) -> String? {
        let entries = machine.cachedEntries.filter(isWanted)
        if entries.isEmpty { return nil }
        let header = "ARRAY   SET WAY PROCESS       ADDRESS      PHYSICAL  SPAN FLAGS\n"
        return header + entries.map(line).joined()
    }

    private func line(_ entry: CachedEntry) -> String {
        let owner = entry.isGlobal ? "(all)" : machine.owner(of: entry).map { processName($0.index) } ?? "(gone)"
        let rights = entry.rights | EntryFlags.present
        return "\("\(entry.array)".left(6)) \(entry.set.right(4)) \(entry.way.right(3)) \(owner.left(8)) "
            + "\(entry.address.hex().right(12)) \(entry.physicalAddress.hex().right(13)) \(Self.span(entry.span).right(5)) "
            + "(\(EntryFlags.names(rights)))\(staleness(of: entry).map { " stale: \($0)" } ?? "")\n"
    }

    /// What the page tables say by now where they no longer say what an entry for a page does.
    private func staleness(of entry: CachedEntry) -> String? {
        let structures: Set<TLBGeometry.Array> = [.pde, .pdpte, .pml4e]
        guard !structures.contains(entry.array), !entry.isGlobal else { return nil }
        guard let owner = machine.owner(of: entry) else { return "its address space is gone" }
        guard let walk = try? machine.walk(owner, at: entry.address), let physical = walk.physicalAddress,
            let last = walk.entries.last, last.rawValue & EntryFlags.present != 0
        else { return "no page is there" }
        if physical != entry.physicalAddress { return "the page is at \(physical.hex())" }
        let allowed = walk.entries.reduce(EntryFlags.writable) { $0 & $1.rawValue }
        switch (entry.rights & EntryFlags.writable != 0, allowed != 0) {
        case (true, false): return "writes are not allowed"
        case (false, true): return "writes are allowed"
        default: break
        }
        let isData = walk.entries.contains { $0.rawValue & EntryFlags.noExecute != 0 }
        return isData && entry.rights & EntryFlags.noExecute == 0 ? "execution is not allowed" : nil
    }

    private static func span(_ bytes: UInt64) -> String {
        let units: [(UInt64, String)] = [(1 << 30, "G"), (1 << 20, "M"), (1 << 10, "K")]
        return units.first { bytes >= $0.0 }.map { "\(bytes / $0.0)\($0.1)" } ?? "\(bytes)"
    }
}
