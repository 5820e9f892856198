extension LineParser {
    /// How deep an expression may be nested, and how many operators it may have in a row.
    private static let depthLimit = 200

    /// An expression, by the precedence of C.
    mutating func expression() throws(ScenarioDiagnostic) -> Expression {
        try binary(minimumPrecedence: 1)
    }

    private mutating func binary(minimumPrecedence: Int) throws(ScenarioDiagnostic) -> Expression {
        try enter()
        defer { depth -= 1 }
        var left = try unary()
        var count = 0
        while let operation = current.binaryOperator, operation.precedence >= minimumPrecedence {
            count += 1
            if count > LineParser.depthLimit { throw tooLong() }
            let column = current.column
            advance()
            let right = try binary(minimumPrecedence: operation.precedence + 1)
            left = .binary(operation, left, right, column: column)
        }
        return left
    }

    private mutating func unary() throws(ScenarioDiagnostic) -> Expression {
        try enter()
        defer { depth -= 1 }
        if take(.minus) { return .unary(.negate, try unary()) }
        if take(.tilde) { return .unary(.complement, try unary()) }
        if take(.plus) { return try unary() }
        return try primary()
    }

    private mutating func primary() throws(ScenarioDiagnostic) -> Expression {
        let token = current
        switch token.kind {
        case .integer(let value):
            advance()
            return .literal(value)
        case .identifier(let word):
            return try word.beginsSmall ? name(word) : constant(word)
        case .symbol(.leftParenthesis):
            advance()
            let inner = try expression()
            if take(.rightParenthesis) { return inner }
            if current.isEnd {
                throw diagnostic("expected ')': the parenthesis of column \(token.column) is not closed")
            }
            throw diagnostic("expected an operator or ')', not \(current.description)")
        default:
            throw diagnostic("expected a number, a name, a constant or '(', not \(token.description)")
        }
    }

    private mutating func name(_ word: String) throws(ScenarioDiagnostic) -> Expression {
        if following.isSymbol(.leftParenthesis), CallName(rawValue: word) != nil {
            throw diagnostic("a call cannot be an argument: assign its result to a name first, NAME = \(word)(...)")
        }
        let column = current.column
        advance()
        return .name(word, column: column)
    }

    private mutating func constant(_ word: String) throws(ScenarioDiagnostic) -> Expression {
        guard let value = ScenarioConstant.value(of: word) else {
            throw diagnostic("no constant '\(word)'\(Suggestion.text(for: word, among: ScenarioConstant.names))")
        }
        advance()
        return .constant(word, value)
    }

    private mutating func enter() throws(ScenarioDiagnostic) {
        if depth >= LineParser.depthLimit { throw tooLong() }
        depth += 1
    }

    private func tooLong() -> ScenarioDiagnostic {
        diagnostic("the expression is too long or too deep; assign a part of it to a name first")
    }
}

extension Token {
    fileprivate var binaryOperator: Expression.BinaryOperator? {
        guard case .symbol(let symbol) = kind else { return nil }
        switch symbol {
        case .plus: return .add
        case .minus: return .subtract
        case .star: return .multiply
        case .slash: return .divide
        case .percent: return .remainder
        case .shiftLeft: return .shiftLeft
        case .shiftRight: return .shiftRight
        case .ampersand: return .and
        case .bar: return .or
        default: return nil
        }
    }
}

extension String {
    /// Whether it is the name of something that the program made. Precondition: it is a word of the language.
    var beginsSmall: Bool { utf8.first.map { UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 } ?? false }
}
