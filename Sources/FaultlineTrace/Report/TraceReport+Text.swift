import Faultline
import FaultlineInspect

extension TraceReport {
    /// Tables for people.
    public var text: String {
        var lines = head
        for tlb in tlbs {
            lines.append("")
            lines += tlb.lines(accesses)
        }
        for curve in curves {
            lines.append("")
            lines += curve.lines
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private var head: [String] {
        let pages =
            mapping == .demand
            ? "pages of 4K, by faults of the simulated kernel" : "a fixed mapping, pages: \(pageSize.rawValue)"
        var lines = [
            "\(accesses.all) accesses (\(format.rawValue)): \(accesses.loads) loads, \(accesses.stores) stores, "
                + "\(accesses.fetches) fetches; \(pages)"
        ]
        if accesses.crossings > 0 {
            lines.append("  \(accesses.crossings) lie in two pages or more: each counts once a page")
        }
        if accesses.refused > 0 {
            lines.append("  \(accesses.refused) refused by the kernel or the processor, left out")
        }
        for (what, count) in accesses.leftOut.sorted(by: { $0.key < $1.key }) {
            lines.append("  left out: \(what): \(count)")
        }
        for process in processes {
            guard let kernel = process.kernel else { continue }
            lines.append(
                "process \(process.number): \(kernel.minorFaults) minor faults, \(kernel.majorFaults) major; "
                    + "Rss=\(kernel.residentBytes >> 10)K tables=\(kernel.tableBytes >> 10)K")
        }
        if processes.count > 1, mapping == .fixed { lines.append("\(processes.count) processes") }
        return lines
    }
}

extension TraceReport.TLB {
    fileprivate func lines(_ accesses: TraceReport.Accesses) -> [String] {
        var lines = ["tlb \(name)"]
        lines.append("  reach " + reach.map { "\($0.array)=\(Self.size($0.bytes))" }.joined(separator: " "))
        lines += hits(accesses)
        lines.append("  walks that faulted \(statistics.faults)")
        let levels = zip(["PT", "PD", "PDPT", "PML4"], statistics.walkLoads).map { "\($0)=\($1)" }
        lines.append("  entries read by walks " + levels.joined(separator: " "))
        lines.append("  entries that the paging-structure caches saved \(statistics.savedLoads)")
        lines += Self.places("pages", pages)
        lines += Self.places("instructions", callSites)
        return lines
    }

    /// Hits by level and size, and walks that found a page, with their part of all accesses of the kind.
    private func hits(_ accesses: TraceReport.Accesses) -> [String] {
        var table = TextTable(numbers: 6, leastWidths: [20, 12, 9, 12, 9, 12, 9])
        table.separator = ""
        table.add(["  accesses", "load", "", "store", "", "fetch", ""])
        let of = [accesses.loads, accesses.stores, accesses.fetches]
        let rows =
            Self.bySize("first-level hits", statistics.l1Hits, statistics.l1LargeHits)
            + Self.bySize("second-level hits", statistics.l2Hits, statistics.l2LargeHits)
            + [("walks of 4K pages", statistics.fillsByKind[0]), ("walks of 2M pages", statistics.fillsByKind[1])]
        for (name, counts) in rows where counts.sum > 0 {
            let cells = zip([counts.read, counts.write, counts.execute], of)
            table.add(["  " + name] + cells.flatMap { [String($0), Self.percent($0, $1)] })
        }
        return table.lines
    }

    private static func bySize(
        _ name: String, _ all: TLBStatistics.ByKind, _ large: [TLBStatistics.ByKind]
    ) -> [(String, TLBStatistics.ByKind)] {
        var small = all
        small.read -= large[0].read + large[1].read
        small.write -= large[0].write + large[1].write
        small.execute -= large[0].execute + large[1].execute
        return [(name + " 4K", small), (name + " 2M", large[0])]
    }

    private static func places(_ name: String, _ places: [TraceReport.Place]?) -> [String] {
        guard let places, !places.isEmpty else { return [] }
        var table = TextTable([.right, .right, .right, .right, .left, .left])
        table.add(["walks", "load", "store", "fetch", name, ""])
        for place in places {
            let process = place.process == 0 ? "" : "\(place.process):"
            let sum = place.loads + place.stores + place.fetches
            table.add(
                [sum, place.loads, place.stores, place.fetches].map { String($0) }
                    + [process + String(place.address, radix: 16), place.area ?? ""])
        }
        return ["  with the most walks:"] + table.lines.map { "  " + $0 }
    }

    private static func size(_ bytes: UInt64) -> String {
        bytes >= 1 << 30 ? "\(bytes >> 30)G" : bytes >= 1 << 20 ? "\(bytes >> 20)M" : "\(bytes >> 10)K"
    }

    private static func percent(_ part: UInt64, _ all: UInt64) -> String {
        all == 0 ? "" : Decimals.text(100 * Double(part) / Double(all), 2) + "%"
    }
}

extension TraceReport.Curve {
    fileprivate var lines: [String] {
        let what = replacement == .lru ? "LRU, fully associative" : "tree PLRU, \(ways ?? 0) ways"
        var table = TextTable(numbers: 2, leastWidths: [10])
        table.add(["  entries", "misses", "of all"])
        for point in points {
            let error = point.standardError > 0 ? " +- \(Decimals.text(100 * point.standardError, 4))%" : ""
            table.add([
                "  \(point.entries)", "\(UInt64(point.misses.rounded()))",
                Decimals.text(100 * point.missRatio, 4) + "%" + error,
            ])
        }
        let note = points.contains { $0.standardError > 0 } ? "; +- is the standard error where sets were sampled" : ""
        return ["miss ratio by size: \(what), \(pages) pages of 4K\(note)"] + table.lines
    }
}
