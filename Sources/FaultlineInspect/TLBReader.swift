import Faultline

/// Tells how a machine's TLBs did.
public enum TLBReader {
    /// A table of lines: hits by level and kind of access, walks and what they read, flushes.
    public static func text(_ statistics: TLBStatistics) -> String {
        var table = TextTable(numbers: 3, leastWidths: [20, 12, 12, 12])
        table.separator = ""
        table.add(["tlb", "read", "write", "execute"])
        let hits = [
            ("first-level hits", statistics.l1Hits), ("  of 2M pages", statistics.l1LargeHits[0]),
            ("  of 1G pages", statistics.l1LargeHits[1]), ("second-level hits", statistics.l2Hits),
            ("  of 2M pages", statistics.l2LargeHits[0]), ("  of 1G pages", statistics.l2LargeHits[1]),
            ("walks", statistics.walks), ("  of 2M pages", statistics.fillsByKind[1]),
            ("  of 1G pages", statistics.fillsByKind[2]),
        ]
        // Large pages are rare: they have lines where there were any.
        for (name, counts) in hits where counts.sum > 0 || !name.hasPrefix("  ") {
            table.add(["  " + name] + [counts.read, counts.write, counts.execute].map { String($0) })
        }
        var lines = table.lines
        lines.append("  walks that faulted " + String(statistics.faults))
        lines.append("  entries read by walks " + named(["PT", "PD", "PDPT", "PML4"], statistics.walkLoads))
        lines.append("  entries that the paging-structure caches saved " + String(statistics.savedLoads))
        lines.append("  fills " + named(["4K", "2M", "1G"], statistics.fills))
        lines.append("  flushes " + named(["page", "context", "all"], statistics.flushes))
        return lines.joined(separator: "\n") + "\n"
    }

    private static func named(_ names: [String], _ numbers: [UInt64]) -> String {
        zip(names, numbers).map { "\($0)=\($1)" }.joined(separator: " ")
    }
}
