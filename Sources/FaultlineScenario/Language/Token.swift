/// A word, number or sign of a program's line.
struct Token: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        case identifier(String)
        case integer(UInt64)
        case string(String)
        case symbol(Symbol)
        case end
    }

    /// The signs of the language. A longer sign comes before one that it begins with.
    enum Symbol: String, Sendable, CaseIterable {
        case arrow = "=>"
        case shiftLeft = "<<"
        case shiftRight = ">>"
        case equals = "="
        case leftParenthesis = "("
        case rightParenthesis = ")"
        case comma = ","
        case colon = ":"
        case plus = "+"
        case minus = "-"
        case star = "*"
        case slash = "/"
        case percent = "%"
        case ampersand = "&"
        case bar = "|"
        case tilde = "~"
    }

    var kind: Kind
    /// Where it begins in its line, from 1.
    var column: Int
    /// The column after its last character.
    var endColumn: Int

    /// How an error message names it.
    var description: String {
        switch kind {
        case .identifier(let name): "'\(name)'"
        case .integer(let value): "the number \(value)"
        case .string(let text): "the string \"\(text)\""
        case .symbol(let symbol): "'\(symbol.rawValue)'"
        case .end: "the end of the line"
        }
    }
}
