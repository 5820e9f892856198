extension CallSiteReport {
    /// The table `faults by call site`: a row of counts, the code that touched the memory, and its callers under it.
    ///
    /// Frames of one function right above each other are one line, `recursive`: however deep a recursion is, it is one site here.
    ///
    /// - Parameters:
    ///   - sites: how many sites are shown; the last line says what is left out.
    ///   - callers: how many lines of each.
    public func text(sites limit: Int = 20, callers: Int = 12) -> String {
        var lines = ["faults by call site", row(["total"] + FaultKind.allCases.map(\.name), "who touched the memory")]
        let rows = foldedRows()
        for row in rows.prefix(limit) { lines += text(row, callers) }
        if lostTotal > 0 { lines.append(row(counts(lost), "call sites that found no room in the table")) }
        lines.append(row(counts(FaultKind.allCases.map { total($0) }), "all"))
        let hidden = rows.dropFirst(limit)
        if !hidden.isEmpty {
            let faults = hidden.map(\.total).reduce(0, +)
            lines.append("not shown: \(hidden.count) more call sites with \(faults) faults")
        }
        return lines.map { $0 + "\n" }.joined()
    }

    /// Sites whose lines are the same.
    private struct Row {
        let names: [String]
        var counts: [UInt64]
        var isCut = false
        var mayBeIncomplete = false

        var total: UInt64 { counts.reduce(0, +) }
    }

    private func foldedRows() -> [Row] {
        var rows: [Row] = []
        var places: [[String]: Int] = [:]
        for site in sites {
            let names = Self.names(site)
            let place = places[names] ?? rows.count
            if place == rows.count {
                places[names] = place
                rows.append(Row(names: names, counts: FaultKind.allCases.map { _ in 0 }))
            }
            for kind in FaultKind.allCases { rows[place].counts[Int(kind.rawValue)] += site.site.count(kind) }
            rows[place].isCut = rows[place].isCut || site.site.isCut
            rows[place].mayBeIncomplete = rows[place].mayBeIncomplete || site.site.mayBeIncomplete
        }
        return rows.enumerated().sorted { ($1.element.total, $0.offset) < ($0.element.total, $1.offset) }.map(\.element)
    }

    /// The lines of a site: the innermost frame, then its callers.
    private static func names(_ site: Site) -> [String] {
        let frames = Array(zip(site.site.frames, site.symbols))
        guard let first = frames.first else { return ["(no call chain)"] }
        var names = [name(first.0, first.1)]
        var index = 1
        while index < frames.count {
            let (frame, symbol) = frames[index]
            var end = index + 1
            while end < frames.count, symbol.isSameFunction(as: frames[end].1) { end += 1 }
            // The innermost frame stands for itself; what follows of its function is recursion too.
            let isRecursion = end > index + 1 || (index == 1 && symbol.isSameFunction(as: first.1))
            names.append(isRecursion ? recursiveName(symbol) : name(frame, symbol))
            index = end
        }
        return names
    }

    private static let width = 10

    private func row(_ cells: [String], _ last: String) -> String {
        cells.map { String(repeating: " ", count: max(Self.width - $0.utf8.count, 1)) + $0 }.joined() + "  " + last
    }

    private func counts(_ counts: [UInt64]) -> [String] {
        ["\(counts.reduce(0, +))"] + counts.map { $0 == 0 ? "-" : "\($0)" }
    }

    private func text(_ row: Row, _ callers: Int) -> [String] {
        let indent = String(repeating: " ", count: Self.width * (FaultKind.allCases.count + 1)) + "    "
        let shown = row.names.prefix(max(callers, 1))
        var lines = [self.row(counts(row.counts), shown[0])] + shown.dropFirst().map { indent + $0 }
        let more = row.names.count - shown.count
        if more > 0 {
            lines.append("\(indent)... \(more) more")
        } else if row.isCut {
            lines.append("\(indent)... cut here")
        }
        if row.mayBeIncomplete { lines.append("\(indent)(may be incomplete)") }
        return lines
    }

    /// `? function+0x1f in object (file.c:12)`.
    private static func name(_ frame: CallSite.Frame, _ symbol: Symbol) -> String {
        var text = (frame.isGuessed ? "? " : "") + symbol.name(of: frame.address)
        if symbol.function != nil {
            text += "+\(Symbol.hexadecimal(symbol.functionOffset))"
            if let object = symbol.objectName { text += " in \(object)" }
        }
        if let file = symbol.file { text += " (\(file.split(separator: "/").last ?? Substring(file)):\(symbol.line))" }
        return text
    }

    private static func recursiveName(_ symbol: Symbol) -> String {
        [symbol.function, symbol.objectName.map { "in \($0)" }, "(recursive)"].compactMap(\.self).joined(separator: " ")
    }
}

extension Symbol {
    /// Whether both lie in one function that has a name.
    fileprivate func isSameFunction(as other: Symbol) -> Bool {
        function != nil && function == other.function && object == other.object
    }
}
