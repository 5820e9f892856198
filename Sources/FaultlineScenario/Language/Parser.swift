import Faultline

/// Makes a program of its text.
public enum Parser {
    /// The program, wholly checked: a program that parses has no error but those that only its run can show.
    ///
    /// - Throws: `ScenarioError` with everything that is wrong, at most one diagnostic a line.
    public static func parse(_ source: String) throws(ScenarioError) -> Program {
        try parse(source, mostKept: StatementList.mostKept)
    }

    /// The same; the statements of a program of more than `mostKept` are not kept.
    static func parse(_ source: String, mostKept: Int) throws(ScenarioError) -> Program {
        var statements: [Statement] = []
        var lines: [SourceText.Line] = []
        var callNames: Set<CallName> = []
        var diagnostics: [ScenarioDiagnostic] = []
        var validator = Validator()
        let bytes = Array(source.utf8)
        forEachLine(of: bytes) { line, range in
            do throws(ScenarioDiagnostic) {
                guard let statement = try statement(bytes, range, line: line) else { return }
                lines.append(SourceText.Line(start: range.lowerBound, number: line))
                validator.add(statement)
                if let name = statement.call?.name { callNames.insert(name) }
                if lines.count <= mostKept { statements.append(statement) } else { statements = [] }
            } catch {
                diagnostics.append(error)
            }
        }
        // After a syntax error, names that the faulty line would have assigned must not count as unknown.
        if diagnostics.isEmpty { diagnostics = validator.diagnostics }
        guard diagnostics.isEmpty else {
            let faulty = Set(diagnostics.map(\.line))
            var sourceLines: [Int: String] = [:]
            forEachLine(of: bytes) { line, range in
                if faulty.contains(line) { sourceLines[line] = String(decoding: bytes[range], as: UTF8.self) }
            }
            throw ScenarioError(diagnostics, sourceLines: sourceLines)
        }
        return lines.count <= mostKept
            ? Program(statements: statements) : Program(SourceText(bytes, lines: lines), callNames: callNames)
    }

    /// Every line with its number.
    private static func forEachLine(of bytes: [UInt8], _ body: (Int, Range<Int>) -> Void) {
        var start = 0
        var number = 1
        while start <= bytes.count {
            let (range, next) = line(of: bytes, from: start)
            body(number, range)
            start = next
            number += 1
        }
    }

    /// The line that begins at `start`, without the line feed and a carriage return before it, and where the next one begins.
    static func line(of bytes: [UInt8], from start: Int) -> (range: Range<Int>, next: Int) {
        let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
        let hasReturn = end > start && bytes[end - 1] == UInt8(ascii: "\r")
        return (start..<(hasReturn ? end - 1 : end), end + 1)
    }

    /// The statement of one line, or nil where it has none.
    static func statement(_ text: String, line: Int) throws(ScenarioDiagnostic) -> Statement? {
        let bytes = Array(text.utf8)
        return try statement(bytes, bytes.indices, line: line)
    }

    static func statement(
        _ bytes: [UInt8], _ range: Range<Int>, line: Int
    ) throws(ScenarioDiagnostic) -> Statement? {
        var lexer = Lexer(bytes, range, line: line)
        let (tokens, source) = try lexer.tokens()
        if source.isEmpty { return nil }
        var parser = LineParser(tokens: tokens, line: line)
        let (action, expectation) = try parser.statement()
        return Statement(
            line: line, source: String(decoding: bytes[source], as: UTF8.self), action: action, expectation: expectation
        )
    }
}

/// Reads the tokens of one line by recursive descent.
struct LineParser {
    private let tokens: [Token]
    private let line: Int
    private var index = 0
    /// How deep the expression being read is nested; bounded, so that no program can exhaust the stack.
    var depth = 0

    init(tokens: [Token], line: Int) {
        self.tokens = tokens
        self.line = line
    }

    /// The token that comes next; `.end` for ever after the last.
    var current: Token { tokens[index] }

    /// The token after the next.
    var following: Token { tokens[min(index + 1, tokens.count - 1)] }

    mutating func advance() { index = min(index + 1, tokens.count - 1) }

    /// Takes the sign if it comes next.
    mutating func take(_ symbol: Token.Symbol) -> Bool {
        guard tokens[index].isSymbol(symbol) else { return false }
        advance()
        return true
    }

    func diagnostic(_ message: String, at token: Token? = nil) -> ScenarioDiagnostic {
        ScenarioDiagnostic(line: line, column: (token ?? current).column, message: message)
    }

    /// `[PROCESS:] [NAME =] CALL(...) [=> OUTCOME]` or `NAME = EXPRESSION`, to the end of the line.
    mutating func statement() throws(ScenarioDiagnostic) -> (Statement.Action, Expectation?) {
        var process: Token?
        if case .identifier(let name) = current.kind, following.isSymbol(.colon) {
            try checkName(name, "process")
            process = current
            advance()
            advance()
        }
        var assigned: String?
        if case .identifier(let name) = current.kind, following.isSymbol(.equals) {
            try checkName(name, "name")
            assigned = name
            advance()
            advance()
        }
        let repetitions = try repetitions()
        if case .identifier(let name) = current.kind, following.isSymbol(.leftParenthesis) {
            var call = try call(name)
            call.repetitions = repetitions
            call.assignedName = assigned
            if let process, case .identifier(let name) = process.kind {
                call.process = name
                call.processColumn = process.column
            }
            let expectation = take(.arrow) ? try expectation(of: call) : nil
            if call.name == .assert, expectation == nil { throw expectedFigures() }
            try expectEnd(expectation == nil ? "'=> OUTCOME' or the end of the line" : "the end of the line")
            return (.call(call), expectation)
        }
        guard let assigned, repetitions == nil else { throw expectedStatement() }
        return (.assign(assigned, try assignment(process: process)), nil)
    }

    private mutating func assignment(process: Token?) throws(ScenarioDiagnostic) -> Expression {
        let value = try expression()
        if current.isSymbol(.arrow) {
            throw diagnostic("only a call can have an expectation; leave out '=> ...'")
        }
        try expectEnd("an operator or the end of the line")
        if let process {
            throw diagnostic("names are global; an assignment runs in no process: leave it out", at: process)
        }
        return value
    }

    private func expectedStatement() -> ScenarioDiagnostic {
        guard case .identifier(let name) = current.kind else {
            return diagnostic("expected a call such as munmap(W, 4K), or NAME = ..., not \(current.description)")
        }
        if CallName(rawValue: name) != nil {
            return diagnostic("expected '(' after '\(name)': write its arguments in parentheses", at: following)
        }
        return diagnostic(
            "expected '(' or '=' after '\(name)', not \(following.description): write CALL(...) or NAME = ...",
            at: following)
    }

    private func expectEnd(_ expected: String) throws(ScenarioDiagnostic) {
        if !current.isEnd { throw diagnostic("expected \(expected), not \(current.description)") }
    }

    private func checkName(_ name: String, _ what: String) throws(ScenarioDiagnostic) {
        guard name.beginsSmall else {
            throw diagnostic("a \(what) begins with a small letter; '\(name)' does not")
        }
    }
}
