extension ForkForecast {
    /// The forecast as `faultline fork` prints it: what holds in all, a line for each VMA, and what is not known.
    public var text: String {
        let widths = Column.widths(rows)
        var lines = totals + [""]
        for row in rows { lines.append(Column.line(row, widths)) }
        for area in areas {
            for sentence in area.unknown { lines.append("not known: \(area.start) \(area.name): \(sentence)") }
        }
        for note in notes { lines.append("note: \(note)") }
        return lines.map { $0 + "\n" }.joined()
    }

    private var totals: [String] {
        [
            "page tables    the child gets \(child.pageTablesKiB) kB; the process has \(parentBefore.pageTablesKiB) kB (VmPTE)",
            "entries        \(sum(\.copiedEntries)) copied, \(sum(\.writeProtectedEntries)) write-protected in the parent; "
                + "\(sum(\.copiedSwapEntries)) of swapped pages",
            "parent         Rss \(parentBefore.residentKiB) kB, \(Self.change(parentBefore, parentAfter))",
            "child          Rss \(child.residentKiB) kB" + (child.proportionalKiB.map { ", Pss \($0) kB" } ?? ""),
            "not copied     \(size(.refilled)) kB found again by faults, \(size(.wiped)) kB wiped, \(size(.leftOut)) kB left out",
            "Committed_AS   +\(commitment.chargedKiB) kB, "
                + (commitment.isAllowed.map { $0 ? "allowed: " : "REFUSED: " } ?? "not judged: ") + commitment.reason,
            "if written     by the child \(sum(\.childWriteFaults)) faults, +\(sum(\.growthOfChildKiB)) kB; by the parent "
                + "+\(sum(\.growthOfParentKiB)) kB; by both +\(sum(\.growthOfBothKiB)) kB (private pages that are there now)",
        ]
    }

    private static func change(_ before: Side, _ after: Side) -> String {
        guard let old = before.proportionalKiB, let new = after.proportionalKiB else {
            return "Pss not known: who else maps the pages is not"
        }
        return "Pss \(old) kB before, \(new) kB after"
    }

    private func size(_ action: Action) -> Int {
        areas.reduce(0) { $0 + ($1.action == action ? $1.residentKiB : 0) }
    }

    private var rows: [[String]] {
        let head = [
            "VMA", "perm", "size K", "Rss K", "at fork", "copied", "protected", "commit K", "child K", "parent K",
            "both K",
            "name",
        ]
        let lines = areas.map { area in
            [
                "\(area.start.dropFirst(2))-\(area.end.dropFirst(2))", area.permissions, "\(area.sizeKiB)",
                "\(area.residentKiB)", area.action.rawValue, "\(area.copiedEntries)", "\(area.writeProtectedEntries)",
                "\(area.committedKiB)", "\(area.growthOfChildKiB)", "\(area.growthOfParentKiB)",
                "\(area.growthOfBothKiB)", area.name,
            ]
        }
        let all = [
            "in all", "", "\(sum(\.sizeKiB))", "\(sum(\.residentKiB))", "", "\(sum(\.copiedEntries))",
            "\(sum(\.writeProtectedEntries))", "\(sum(\.committedKiB))", "\(sum(\.growthOfChildKiB))",
            "\(sum(\.growthOfParentKiB))", "\(sum(\.growthOfBothKiB))", "",
        ]
        return [head] + lines + [all]
    }
}

/// Lays a table out: words to the left, numbers to the right.
private enum Column {
    private static let words: Set<Int> = [0, 1, 4, 11]

    static func widths(_ rows: [[String]]) -> [Int] {
        (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    }

    static func line(_ row: [String], _ widths: [Int]) -> String {
        var line = row.indices.map { column in
            let padding = String(repeating: " ", count: widths[column] - row[column].count)
            return words.contains(column) ? row[column] + padding : padding + row[column]
        }.joined(separator: "  ")
        while line.last == " " { line.removeLast() }
        return line
    }
}
