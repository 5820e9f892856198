/// One thing that is wrong with a program, and where.
public struct ScenarioDiagnostic: Sendable, Hashable {
    /// The line, from 1.
    public var line: Int
    /// The column in characters, from 1.
    public var column: Int
    /// What is wrong, what was expected and how to mend it.
    public var message: String

    /// Makes a diagnostic.
    public init(line: Int, column: Int, message: String) {
        self.line = line
        self.column = column
        self.message = message
    }
}

/// Why a program cannot run: at least one diagnostic, with the text of each line that has one.
public struct ScenarioError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong, in the order of lines.
    public let diagnostics: [ScenarioDiagnostic]
    /// The text of the lines that the diagnostics name, by line.
    public let sourceLines: [Int: String]

    /// Makes an error; `diagnostics` is not empty.
    public init(_ diagnostics: [ScenarioDiagnostic], sourceLines: [Int: String]) {
        precondition(!diagnostics.isEmpty, "an error says what is wrong")
        self.diagnostics = diagnostics.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
        self.sourceLines = sourceLines
    }

    /// The diagnostics, each with its line's text and a caret below the column.
    public var description: String { report(file: nil) }

    /// The diagnostics, each as `FILE:LINE:COLUMN: error: MESSAGE`, the line's text and a caret below the column.
    public func report(file: String?) -> String {
        diagnostics.map { diagnostic in
            let prefix = (file.map { $0 + ":" } ?? "") + "\(diagnostic.line):\(diagnostic.column)"
            var text = "\(prefix): error: \(diagnostic.message)"
            if let line = sourceLines[diagnostic.line] {
                let (shown, column) = window(of: line, around: diagnostic.column)
                text += "\n    \(shown)\n    \(caret(below: shown, column: column))"
            }
            return text
        }.joined(separator: "\n")
    }

    /// A line that a screen holds; of a longer one the part around the column, and the column in it.
    private func window(of line: String, around column: Int) -> (text: String, column: Int) {
        let limit = 160
        if line.count <= limit { return (line, column) }
        let first = max(0, min(column - 1 - limit / 2, line.count - limit))
        let isCutBehind = first + limit < line.count
        let part = line.dropFirst(first).prefix(limit)
        let before = first > 0 ? "... " : ""
        return (before + part + (isCutBehind ? " ..." : ""), column - first + before.count)
    }

    /// Blanks and a caret; a tab stays a tab, so that the caret stands below its column whatever a tab's width.
    private func caret(below line: String, column: Int) -> String {
        var padding = String(line.prefix(column - 1).map { $0 == "\t" ? "\t" : " " })
        padding += String(repeating: " ", count: max(0, column - 1 - padding.count))
        return padding + "^"
    }
}
