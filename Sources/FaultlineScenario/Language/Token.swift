/// A word, number or sign of a program's line.
struct Token: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        case identifier(String)
        case integer(UInt64)
        case string(String)
        case symbol(Symbol)
        case end
    }

    /// The signs of the language. A longer sign is taken before one that it begins with.
    enum Symbol: UInt8, Sendable {
        case arrow, shiftLeft, shiftRight, equals, leftParenthesis, rightParenthesis, comma, colon
        case plus, minus, star, slash, percent, ampersand, bar, tilde

        /// As a program writes it.
        var text: String {
            switch self {
            case .arrow: "=>"
            case .shiftLeft: "<<"
            case .shiftRight: ">>"
            case .equals: "="
            case .leftParenthesis: "("
            case .rightParenthesis: ")"
            case .comma: ","
            case .colon: ":"
            case .plus: "+"
            case .minus: "-"
            case .star: "*"
            case .slash: "/"
            case .percent: "%"
            case .ampersand: "&"
            case .bar: "|"
            case .tilde: "~"
            }
        }
    }

    var kind: Kind
    /// Where it begins in its line, from 1.
    var column: Int
    /// The column after its last character.
    var endColumn: Int

    /// Whether it is the sign.
    @inline(__always)
    func isSymbol(_ symbol: Symbol) -> Bool {
        if case .symbol(let own) = kind { own.rawValue == symbol.rawValue } else { false }
    }

    /// Whether the line ends here.
    @inline(__always)
    var isEnd: Bool { if case .end = kind { true } else { false } }

    /// How an error message names it.
    var description: String {
        switch kind {
        case .identifier(let name): "'\(name)'"
        case .integer(let value): "the number \(value)"
        case .string(let text): "the string \"\(text)\""
        case .symbol(let symbol): "'\(symbol.text)'"
        case .end: "the end of the line"
        }
    }
}
