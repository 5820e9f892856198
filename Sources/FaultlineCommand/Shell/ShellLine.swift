import FaultlineScenario

/// One line that a user typed: a command, or a statement of the program; where its answer goes.
struct ShellLine {
    /// What stands in front of ` | ` or ` > `.
    let text: String
    /// The rest of the line: where the answer goes.
    let target: Target

    /// Where an answer goes.
    enum Target: Equatable {
        case output
        /// `| PROGRAM`: a command line of /bin/sh.
        case program(String)
        /// `> FILE`.
        case file(String)
    }

    /// Takes a line apart. In a statement, `|` and `>` belong to its expressions.
    init(_ line: String) {
        let trimmed = Self.trimmed(line)
        guard ShellLine.action(of: trimmed) != nil, let place = Self.redirection(in: trimmed) else {
            (text, target) = (trimmed, .output)
            return
        }
        let rest = Self.trimmed(String(trimmed[trimmed.index(place, offsetBy: 3)...]))
        text = Self.trimmed(String(trimmed[..<place]))
        target = trimmed[trimmed.index(after: place)] == "|" ? .program(rest) : .file(rest)
    }

    /// Nothing stands there, or a remark.
    var isEmpty: Bool { text.isEmpty || text.hasPrefix("#") }

    /// The user wants to leave.
    var isEnd: Bool { ["quit", "exit", "q"].contains(text) }

    /// What the line's answer is.
    var kind: TextKind { Self.action(of: text)?.kind ?? .transcript }

    /// What the line prints.
    ///
    /// - Throws: ``ShellError``, and what the machine throws.
    func answer(_ shell: Shell) throws -> String {
        if isEmpty { return "" }
        guard let action = Self.action(of: text) else {
            let word = text.prefix { !$0.isWhitespace }
            guard text.contains(where: { "(=".contains($0) }) else {
                throw ShellError("there is no command '\(word)'; 'help' lists the commands")
            }
            return try shell.type(text)
        }
        var arguments = text.split(whereSeparator: \.isWhitespace).dropFirst().map(String.init)
        if let place = arguments.firstIndex(of: "--swift") {
            arguments.remove(at: place)
            return try action.libraryText(arguments, shell)
        }
        return try action.run(arguments, shell)
    }

    /// The command that a line begins with; nil where it is a statement, which goes on with `(`, `=` or `:`.
    static func action(of line: String) -> ShellAction? {
        let word = line.prefix { $0.isLetter || $0 == "_" }
        let next = line[word.endIndex...].first { !$0.isWhitespace }
        let glued = line[word.endIndex...].first
        if next == "=" || glued == "(" || glued == ":" { return nil }
        return ShellAction.named(word)
    }

    /// The parts between semicolons and newlines, none of which stands in quotes.
    static func split(_ text: String) -> [String] {
        var parts = [""]
        var isQuoted = false
        for character in text {
            if character == "\"" { isQuoted.toggle() }
            if character.isNewline || (character == ";" && !isQuoted) {
                parts.append("")
                isQuoted = false
            } else {
                parts[parts.count - 1].append(character)
            }
        }
        return parts
    }

    private static func redirection(in line: String) -> String.Index? {
        line.indices.first { index in [" | ", " > "].contains { line[index...].hasPrefix($0) } }
    }

    private static func trimmed(_ text: String) -> String {
        String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
