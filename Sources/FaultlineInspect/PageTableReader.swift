import Faultline

/// Prints the page tables of a process as a tree, with how full they are and what they cost.
public enum PageTableReader {
    /// The tree, and sums by level.
    public static func text(_ tables: [PageTableView]) -> String {
        var text = "TABLE        FRAME         START        SPAN   USED TABLES\n"
        for (table, count) in zip(tables, tablesBelow(tables)) { text += line(table, tables: count) }
        text += "\nLEVEL TABLES     BYTES ENTRIES    USED\n"
        for level in PageWalk.Level.allCases { text += sum(level, tables.filter { $0.level == level }) }
        let counted = tables.count { $0.level != .pgd }
        return text + "\npgtables \(counted * 4) kB (the PGD is not counted)\n"
    }

    /// How many tables each one points to.
    private static func tablesBelow(_ tables: [PageTableView]) -> [Int] {
        var counts = [Int](repeating: 0, count: tables.count)
        // The latest table of each level is what the next one below hangs on.
        var latest: [PageWalk.Level: Int] = [:]
        for (index, table) in tables.enumerated() {
            latest[table.level] = index
            guard let depth = PageWalk.Level.allCases.firstIndex(of: table.level), depth > 0,
                let parent = latest[PageWalk.Level.allCases[depth - 1]]
            else { continue }
            counts[parent] += 1
        }
        return counts
    }

    private static func line(_ table: PageTableView, tables: Int) -> String {
        let depth = PageWalk.Level.allCases.firstIndex(of: table.level) ?? 0
        let name = (String(repeating: "  ", count: depth) + table.level.rawValue.uppercased()).left(10)
        return name + " " + table.frame.hex().right(7) + " " + table.start.hex().right(13) + " "
            + span(table.level).right(11) + " " + table.used.right(6) + " "
            + (table.level == .pte ? "-" : String(tables)).right(6) + "\n"
    }

    /// What a whole table spans; of the PGD the half that user space has.
    private static func span(_ level: PageWalk.Level) -> String {
        switch level {
        case .pgd: "128T"
        case .pud: "512G"
        case .pmd: "1G"
        case .pte: "2M"
        }
    }

    private static func sum(_ level: PageWalk.Level, _ tables: [PageTableView]) -> String {
        let entries = tables.count * (level == .pgd ? 256 : 512)
        let used = tables.reduce(0) { $0 + $1.used }
        return level.rawValue.uppercased().left(5) + " " + tables.count.right(6) + " " + (tables.count * 4096).right(9)
            + " "
            + entries.right(7) + " " + used.right(7) + "\n"
    }
}
