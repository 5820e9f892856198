extension CallSiteReport {
    /// The table `faults by call site`: a row of counts, the function that touched the memory, and its callers under it.
    ///
    /// - Parameters:
    ///   - sites: how many sites are shown; the last line says what is left out.
    ///   - callers: how many frames of each.
    public func text(sites limit: Int = 20, callers: Int = 12) -> String {
        var lines = ["faults by call site", row(["total"] + FaultKind.allCases.map(\.name), "who touched the memory")]
        for site in sites.prefix(limit) { lines += rows(site, callers) }
        if lostTotal > 0 {
            lines.append(
                row(counts(lostTotal) { lost[Int($0.rawValue)] }, "call sites that found no room in the table"))
        }
        lines.append(row(counts(total()) { total($0) }, "all"))
        let hidden = sites.dropFirst(limit)
        if !hidden.isEmpty {
            let faults = hidden.map(\.site.total).reduce(0, +)
            lines.append("not shown: \(hidden.count) more call sites with \(faults) faults")
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private static let width = 10

    private func row(_ cells: [String], _ last: String) -> String {
        cells.map { String(repeating: " ", count: max(Self.width - $0.utf8.count, 1)) + $0 }.joined() + "  " + last
    }

    private func counts(_ total: UInt64, _ count: (FaultKind) -> UInt64) -> [String] {
        ["\(total)"] + FaultKind.allCases.map { count($0) == 0 ? "-" : "\(count($0))" }
    }

    private func rows(_ site: Site, _ callers: Int) -> [String] {
        let indent = String(repeating: " ", count: Self.width * (FaultKind.allCases.count + 1)) + "    "
        var names = zip(site.site.frames, site.symbols).prefix(max(callers, 1)).map { Self.name($0, $1) }
        if names.isEmpty { names = ["(no call chain)"] }
        var lines = [row(counts(site.site.total, site.site.count), names[0])]
        lines += names.dropFirst().map { indent + $0 }
        let more = site.symbols.count - names.count
        if more > 0 {
            lines.append("\(indent)... \(more) more")
        } else if site.site.isCut {
            lines.append("\(indent)... cut here")
        }
        if site.site.mayBeIncomplete { lines.append("\(indent)(may be incomplete)") }
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
}
