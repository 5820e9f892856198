extension ForkForecast {
    /// The forecast as `faultline fork` prints it: what holds in all, a line for each VMA, and what is not known.
    public var text: String {
        // Words to the left, numbers to the right.
        var table = TextTable(
            [.left, .left, .right, .right, .left, .right, .right, .right, .right, .right, .right, .left])
        for row in rows { table.add(row) }
        var lines = totals + [""] + table.lines
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
