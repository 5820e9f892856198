/// Cuts one line of a program into tokens.
struct Lexer {
    private let characters: [Character]
    private let line: Int
    private var index = 0

    init(_ text: String, line: Int) {
        characters = Array(text)
        self.line = line
    }

    /// The tokens of a line; the last one is `.end`, at the comment or after the last character.
    static func tokens(of text: String, line: Int) throws(ScenarioDiagnostic) -> [Token] {
        var lexer = Lexer(text, line: line)
        var tokens: [Token] = []
        while true {
            let token = try lexer.next()
            tokens.append(token)
            if token.kind == .end { return tokens }
        }
    }

    private mutating func next() throws(ScenarioDiagnostic) -> Token {
        while let blank = peek, blank == " " || blank == "\t" { index += 1 }
        let start = index
        guard let first = peek, first != "#" else { return token(.end, from: start) }
        if first == "\"" { return try string(from: start) }
        if first.isLanguageDigit { return try integer(from: start) }
        if first.isLanguageLetter { return token(.identifier(takeWord()), from: start) }
        for (symbol, sign) in Self.signs where sign[0] == first && characters[index...].starts(with: sign) {
            index += sign.count
            return token(.symbol(symbol), from: start)
        }
        throw unexpectedCharacter(first, at: start)
    }

    private static let signs = Token.Symbol.allCases.map { (symbol: $0, characters: Array($0.rawValue)) }

    private var peek: Character? { index < characters.count ? characters[index] : nil }

    private func token(_ kind: Token.Kind, from start: Int) -> Token {
        Token(kind: kind, column: start + 1, endColumn: index + 1)
    }

    private func diagnostic(_ message: String, at start: Int) -> ScenarioDiagnostic {
        ScenarioDiagnostic(line: line, column: start + 1, message: message)
    }

    private mutating func takeWord() -> String {
        let start = index
        while let next = peek, next.isLanguageLetter || next.isLanguageDigit { index += 1 }
        return String(characters[start..<index])
    }

    private mutating func string(from start: Int) throws(ScenarioDiagnostic) -> Token {
        index += 1
        while let next = peek, next != "\"" {
            guard next.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7f && $0 != "\\" }) else {
                throw diagnostic("a string cannot hold a control character or a backslash; leave it out", at: index)
            }
            index += 1
        }
        guard peek != nil else {
            throw diagnostic("the string does not end in this line; close it with a '\"'", at: start)
        }
        index += 1
        return token(.string(String(characters[(start + 1)..<(index - 1)])), from: start)
    }

    private func unexpectedCharacter(_ character: Character, at start: Int) -> ScenarioDiagnostic {
        let remedy =
            switch character {
            case "^": "the language has no exclusive or; its operators are + - * / % << >> & | ~"
            case "<", ">": "the language has no comparisons; a shift is << or >>"
            case "!": "the language has no logical not; ~ is the bitwise one"
            case ";": "statements end with their line; write the next one on a line of its own"
            case "{", "}", "[", "]": "group with ( and )"
            case "'": "a string is written in double quotes"
            default:
                "the language is written with letters, digits, \"strings\" and the signs ( ) , : = => + - * / % << >> & | ~"
            }
        let shown = character.isASCII && character.asciiValue.map { $0 >= 0x20 && $0 != 0x7f } == true
        let name = shown ? "'\(character)'" : character.unicodeScalars.map(\.hexName).joined(separator: " ")
        return diagnostic("unexpected character \(name): \(remedy)", at: start)
    }
}

extension Lexer {
    /// Decimal or hexadecimal digits and a suffix.
    private mutating func integer(from start: Int) throws(ScenarioDiagnostic) -> Token {
        let word = takeWord()
        // Most numbers are one digit, or decimal without a suffix.
        if word.utf8.count == 1 || word.utf8.first != UInt8(ascii: "0"), let value = UInt64(word) {
            return token(.integer(value), from: start)
        }
        let isHex = word.hasPrefix("0x") || word.hasPrefix("0X")
        let digits = (isHex ? word.dropFirst(2) : word[...]).prefix { isHex ? $0.isHexDigit : $0.isLanguageDigit }
        let suffix = word[digits.endIndex...]
        guard !digits.isEmpty else {
            throw diagnostic("no hexadecimal digits after \(word.prefix(2)); write for example 0x1000", at: start)
        }
        if !isHex && digits.count > 1 && digits.hasPrefix("0") {
            throw diagnostic("numbers are decimal or hexadecimal, not octal: \(octalRemedy(digits))", at: start)
        }
        let shift = try shift(ofSuffix: suffix, at: start + word.count - suffix.count)
        guard
            let value = UInt64(digits, radix: isHex ? 16 : 10),
            case let (product, overflow) = value.multipliedReportingOverflow(by: 1 << shift), !overflow
        else {
            throw diagnostic("\(word) does not fit in 64 bits; the largest number is 0xffffffffffffffff", at: start)
        }
        return token(.integer(product), from: start)
    }

    private func shift(ofSuffix suffix: Substring, at start: Int) throws(ScenarioDiagnostic) -> UInt64 {
        switch suffix {
        case "": return 0
        case "K": return 10
        case "M": return 20
        case "G": return 30
        default:
            throw diagnostic("unknown suffix '\(suffix)'; a number may end in K, M or G (2^10, 2^20, 2^30)", at: start)
        }
    }

    private func octalRemedy(_ digits: Substring) -> String {
        let decimal = String(digits.drop { $0 == "0" })
        let asDecimal = "leave out the leading 0"
        guard let octal = UInt64(decimal, radix: 8) else { return asDecimal }
        return "write \(octal) for the octal number, or \(asDecimal)"
    }
}

extension Character {
    /// `[A-Za-z_]`.
    fileprivate var isLanguageLetter: Bool {
        // asciiValue calls a line's end of two characters a line feed, which is no letter.
        guard let value = asciiValue else { return false }
        return UInt8(ascii: "a")...UInt8(ascii: "z") ~= value | 0x20 || value == UInt8(ascii: "_")
    }
    /// `[0-9]`.
    fileprivate var isLanguageDigit: Bool {
        guard let value = asciiValue else { return false }
        return UInt8(ascii: "0")...UInt8(ascii: "9") ~= value
    }
}

extension Unicode.Scalar {
    /// Such as `U+00A0`.
    fileprivate var hexName: String {
        let digits = String(value, radix: 16, uppercase: true)
        return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}

extension ScenarioDiagnostic: Error {}
