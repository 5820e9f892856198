/// How a text looks at a terminal with colours (ECMA-48, SGR).
enum Look: String {
    case plain = ""
    case bold = "1"
    case dim = "2"
    case red = "31"
    case green = "32"
    case yellow = "33"
    case cyan = "36"

    /// The text with the codes around it.
    func around(_ text: String) -> String {
        self == .plain || text.isEmpty ? text : "\u{1b}[\(rawValue)m\(text)\u{1b}[0m"
    }

    /// Of a line of a unified diff.
    static func ofDifference(_ line: String) -> Look {
        if line.hasPrefix("+") { return .green }
        if line.hasPrefix("-") { return .red }
        return line.hasPrefix("@@") ? .cyan : .plain
    }

    /// Of a row: headers are words in capitals; a table of VMAs has sums below it; reasons begin with the statement, and may refuse.
    static func ofRow(_ line: String) -> Look {
        if ["VMA  ", "in all", "line "].contains(where: line.hasPrefix) { return .bold }
        if line.hasPrefix("refused ") { return .red }
        let isHeader = line.allSatisfy { $0.isUppercase || " _%/".contains($0) } && line.contains { $0.isUppercase }
        return isHeader ? .bold : .plain
    }

    /// Of a line of /proc: a VMA's first line stands out, what is 0 recedes.
    static func ofFileLine(_ line: String) -> Look {
        let first = line.prefix { $0 != " " }
        let bounds = first.split(separator: "-")
        if bounds.count == 2, bounds.allSatisfy({ $0.count >= 8 && $0.allSatisfy(\.isHexDigit) }) { return .bold }
        guard first.hasSuffix(":") else { return .plain }
        let words = line.split(whereSeparator: \.isWhitespace).dropFirst()
        return words.first == "0" && (words.count == 1 || words.last == "kB") ? .dim : .plain
    }
}
