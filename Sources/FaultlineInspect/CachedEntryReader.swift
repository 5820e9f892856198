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
            + "(\(EntryFlags.names(rights)))\n"
    }

    private static func span(_ bytes: UInt64) -> String {
        let units: [(UInt64, String)] = [(1 << 30, "G"), (1 << 20, "M"), (1 << 10, "K")]
        return units.first { bytes >= $0.0 }.map { "\(bytes / $0.0)\($0.1)" } ?? "\(bytes)"
    }
}
