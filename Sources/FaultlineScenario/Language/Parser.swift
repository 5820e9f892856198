import Faultline

/// Makes a program of its text.
public enum Parser {
    /// The program, wholly checked: a program that parses has no error but those that only its run can show.
    ///
    /// - Throws: `ScenarioError` with everything that is wrong, at most one diagnostic a line.
    public static func parse(_ source: String) throws(ScenarioError) -> Program {
        var statements: [Statement] = []
        var diagnostics: [ScenarioDiagnostic] = []
        let lines = source.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        for (index, line) in lines.enumerated() {
            let text = line.unicodeScalars.last == "\r" ? String(line.unicodeScalars.dropLast()) : line
            do {
                if let statement = try statement(text, line: index + 1) { statements.append(statement) }
            } catch {
                diagnostics.append(error)
            }
        }
        let program = Program(statements: statements)
        // After a syntax error, names that the faulty line would have assigned must not count as unknown.
        if diagnostics.isEmpty { diagnostics = Validator.diagnostics(of: program) }
        guard diagnostics.isEmpty else {
            let faulty = Set(diagnostics.map(\.line))
            throw ScenarioError(
                diagnostics,
                sourceLines: Dictionary(uniqueKeysWithValues: faulty.map { ($0, lines[$0 - 1].droppingReturn) }))
        }
        return program
    }

    /// The statement of one line, or nil where it has none.
    static func statement(_ text: String, line: Int) throws(ScenarioDiagnostic) -> Statement? {
        let tokens = try Lexer.tokens(of: text, line: line)
        guard let first = tokens.first, let last = tokens.last, first.kind != .end else { return nil }
        var parser = LineParser(tokens: tokens, line: line)
        let (action, expectation) = try parser.statement()
        let end = text.index(text.startIndex, offsetBy: last.column - 1)
        let source = text[..<end].drop(while: \.isBlank)
        return Statement(
            line: line, source: String(source.prefix(source.count - source.reversed().prefix(while: \.isBlank).count)),
            action: action, expectation: expectation)
    }
}

extension Character {
    fileprivate var isBlank: Bool { self == " " || self == "\t" }
}

extension String {
    fileprivate var droppingReturn: String {
        unicodeScalars.last == "\r" ? String(unicodeScalars.dropLast()) : self
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
        guard current.kind == .symbol(symbol) else { return false }
        advance()
        return true
    }

    func diagnostic(_ message: String, at token: Token? = nil) -> ScenarioDiagnostic {
        ScenarioDiagnostic(line: line, column: (token ?? current).column, message: message)
    }

    /// `[PROCESS:] [NAME =] CALL(...) [=> OUTCOME]` or `NAME = EXPRESSION`, to the end of the line.
    mutating func statement() throws(ScenarioDiagnostic) -> (Statement.Action, Expectation?) {
        var process: Token?
        if case .identifier(let name) = current.kind, following.kind == .symbol(.colon) {
            try checkName(name, "process")
            process = current
            advance()
            advance()
        }
        var assigned: String?
        if case .identifier(let name) = current.kind, following.kind == .symbol(.equals) {
            try checkName(name, "name")
            assigned = name
            advance()
            advance()
        }
        let repetitions = try repetitions()
        if case .identifier(let name) = current.kind, following.kind == .symbol(.leftParenthesis) {
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
        if current.kind == .symbol(.arrow) {
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
        if current.kind != .end { throw diagnostic("expected \(expected), not \(current.description)") }
    }

    private func checkName(_ name: String, _ what: String) throws(ScenarioDiagnostic) {
        guard name.first.map({ $0.isLowercase }) == true else {
            throw diagnostic("a \(what) begins with a small letter; '\(name)' does not")
        }
    }
}
