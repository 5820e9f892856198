/// What a text is, which decides how it looks at a terminal.
enum TextKind: Sendable {
    /// Statements with their results, events and states.
    case transcript
    /// Columns below headers in capitals, or chains.
    case table
    /// A file of /proc: its lines stay as the kernel writes them.
    case file
    /// Lines that begin with `+`, `-` and `@@`.
    case diff
}

/// Gives a text colours and folds its long lines, as far as the terminal wants it.
struct TextPainter {
    private let kind: TextKind
    private let terminal: Terminal

    init(_ kind: TextKind, for terminal: Terminal) {
        self.kind = kind
        self.terminal = terminal
    }

    /// The text as the terminal gets it; the same where there is none.
    func paint(_ text: String) -> String {
        guard terminal.width != nil else { return text }
        return text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let line = String(line)
            guard let width = terminal.width, kind != .file else { return colour(line, of: line) }
            return LineFolder(width: width).fold(line).map { colour($0, of: line) }.joined(separator: "\n")
        }.joined(separator: "\n")
    }

    /// Colours a part of a line, which may be all of it.
    private func colour(_ part: String, of line: String) -> String {
        guard terminal.hasColours, !part.isEmpty else { return part }
        switch kind {
        case .transcript: return TranscriptLine(line).paint(part)
        case .diff: return Look.ofDifference(line).around(part)
        case .table: return Look.ofRow(line).around(part)
        case .file: return Look.ofFileLine(line).around(part)
        }
    }
}

/// A line of a transcript, taken apart by its form.
private struct TranscriptLine {
    private let whole: Look
    /// The statement's number with the spaces around it.
    private var number = ""
    /// A result that is a signal or an error.
    private var failure = ""

    init(_ line: String) {
        let indent = line.prefix { $0 == " " }.count
        let rest = line.dropFirst(indent)
        let digits = rest.prefix { $0.isWholeNumber }
        switch (indent, rest.first) {
        case (6, "^"), (6, "!"): whole = .red
        case (6, "?"), (6, "*"): whole = .yellow
        case (0, "e") where rest == "end" || rest.hasPrefix("end: "): whole = .bold
        case (2, "p") where rest.hasPrefix("process "): whole = .bold
        case (8, _): whole = .dim
        case _ where rest.hasSuffix(" expectations held"):
            let words = rest.split(separator: " ")
            whole = words.count > 2 && words[0] == words[2] ? .green : .red
        case _ where !digits.isEmpty && rest.dropFirst(digits.count).hasPrefix("  "):
            whole = .plain
            number = String(repeating: " ", count: indent) + digits + "  "
            if let gap = LineFolder.lastGap(of: line, from: number.count) {
                let result = line[gap.upperBound...]
                if result.hasPrefix("SIG") || result.hasPrefix("-1 E") { failure = String(result) }
            }
        default: whole = .plain
        }
    }

    func paint(_ part: String) -> String {
        guard whole == .plain else { return whole.around(part) }
        var middle = Substring(part)
        var (front, back) = ("", "")
        if !failure.isEmpty, middle.hasSuffix(failure) {
            middle = middle.dropLast(failure.count)
            back = Look.yellow.around(failure)
        }
        if !number.isEmpty, middle.hasPrefix(number) {
            middle = middle.dropFirst(number.count)
            front = Look.dim.around(number)
        }
        return front + middle + back
    }
}
