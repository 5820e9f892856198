/// Cuts one line of a program into tokens.
///
/// It works on bytes: outside of strings and comments the language is ASCII. Columns count characters.
struct Lexer {
    private let bytes: [UInt8]
    /// The line's bytes.
    private let range: Range<Int>
    private let line: Int
    private let isASCII: Bool
    private var index: Int

    init(_ bytes: [UInt8], _ range: Range<Int>, line: Int) {
        self.bytes = bytes
        self.range = range
        self.line = line
        isASCII = bytes[range].allSatisfy { $0 < 0x80 }
        index = range.lowerBound
    }

    /// The tokens of a line; the last one is `.end`, at the comment or after the last character.
    ///
    /// - Returns: the tokens, and the bytes that they span, without the blanks around them.
    mutating func tokens() throws(ScenarioDiagnostic) -> (tokens: [Token], bytes: Range<Int>) {
        var tokens: [Token] = []
        // Most lines have fewer.
        tokens.reserveCapacity(16)
        skipBlanks()
        let start = index
        var end = start
        while true {
            let token = try next()
            tokens.append(token)
            if case .end = token.kind { return (tokens, start..<end) }
            end = index
            skipBlanks()
        }
    }

    private mutating func skipBlanks() {
        while let byte = peek, byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") { index += 1 }
    }

    /// Precondition: no blank comes next.
    private mutating func next() throws(ScenarioDiagnostic) -> Token {
        let start = index
        guard let first = peek, first != UInt8(ascii: "#") else { return token(.end, from: start) }
        if first.isLanguageLetter { return token(.identifier(text(takeWord())), from: start) }
        if first.isLanguageDigit { return try integer(from: start) }
        if first == UInt8(ascii: "\"") { return try string(from: start) }
        guard let symbol = symbol(first) else { throw unexpectedCharacter(at: start) }
        index += symbol.text.utf8.count
        return token(.symbol(symbol), from: start)
    }

    /// The sign that comes next, of which this is the first byte.
    private func symbol(_ first: UInt8) -> Token.Symbol? {
        let second = index + 1 < range.upperBound ? bytes[index + 1] : 0
        switch first {
        case UInt8(ascii: "="): return second == UInt8(ascii: ">") ? .arrow : .equals
        case UInt8(ascii: "<"): return second == first ? .shiftLeft : nil
        case UInt8(ascii: ">"): return second == first ? .shiftRight : nil
        case UInt8(ascii: "("): return .leftParenthesis
        case UInt8(ascii: ")"): return .rightParenthesis
        case UInt8(ascii: ","): return .comma
        case UInt8(ascii: ":"): return .colon
        case UInt8(ascii: "+"): return .plus
        case UInt8(ascii: "-"): return .minus
        case UInt8(ascii: "*"): return .star
        case UInt8(ascii: "/"): return .slash
        case UInt8(ascii: "%"): return .percent
        case UInt8(ascii: "&"): return .ampersand
        case UInt8(ascii: "|"): return .bar
        case UInt8(ascii: "~"): return .tilde
        default: return nil
        }
    }

    private var peek: UInt8? { index < range.upperBound ? bytes[index] : nil }

    private func text(_ part: Range<Int>) -> String { String(decoding: bytes[part], as: UTF8.self) }

    /// The column of a byte, from 1.
    private func column(_ offset: Int) -> Int {
        isASCII ? offset - range.lowerBound + 1 : text(range.lowerBound..<offset).count + 1
    }

    private func token(_ kind: Token.Kind, from start: Int) -> Token {
        Token(kind: kind, column: column(start), endColumn: column(index))
    }

    private func diagnostic(_ message: String, at offset: Int) -> ScenarioDiagnostic {
        ScenarioDiagnostic(line: line, column: column(offset), message: message)
    }

    private mutating func takeWord() -> Range<Int> {
        let start = index
        while let next = peek, next.isLanguageLetter || next.isLanguageDigit { index += 1 }
        return start..<index
    }

    private mutating func string(from start: Int) throws(ScenarioDiagnostic) -> Token {
        index += 1
        while let next = peek, next != UInt8(ascii: "\"") {
            guard next >= 0x20, next != 0x7f, next != UInt8(ascii: "\\") else {
                throw diagnostic("a string cannot hold a control character or a backslash; leave it out", at: index)
            }
            index += 1
        }
        guard peek != nil else {
            throw diagnostic("the string does not end in this line; close it with a '\"'", at: start)
        }
        index += 1
        return token(.string(text((start + 1)..<(index - 1))), from: start)
    }

    private func unexpectedCharacter(at start: Int) -> ScenarioDiagnostic {
        guard let character = text(start..<range.upperBound).first else {
            return diagnostic("the line ends", at: start)
        }
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
        let isHex = word.count > 1 && bytes[start] == UInt8(ascii: "0") && bytes[start + 1] | 0x20 == UInt8(ascii: "x")
        let first = isHex ? start + 2 : start
        var place = first
        var value: UInt64 = 0
        var fits = true
        while place < word.upperBound, let digit = bytes[place].digit(isHex: isHex) {
            let (product, isTooLong) = value.multipliedReportingOverflow(by: isHex ? 16 : 10)
            let (sum, isTooLarge) = product.addingReportingOverflow(digit)
            fits = fits && !isTooLong && !isTooLarge
            value = sum
            place += 1
        }
        guard place > first else {
            let prefix = text(start..<first)
            throw diagnostic("no hexadecimal digits after \(prefix); write for example 0x1000", at: start)
        }
        if !isHex, place > first + 1, bytes[first] == UInt8(ascii: "0") {
            let remedy = octalRemedy(text(first..<place))
            throw diagnostic("numbers are decimal or hexadecimal, not octal: \(remedy)", at: start)
        }
        let shift = try shift(ofSuffix: place..<word.upperBound)
        guard fits, value.leadingZeroBitCount >= shift else {
            throw diagnostic(
                "\(text(word)) does not fit in 64 bits; the largest number is 0xffffffffffffffff", at: start)
        }
        return token(.integer(value << UInt64(shift)), from: start)
    }

    private func shift(ofSuffix suffix: Range<Int>) throws(ScenarioDiagnostic) -> Int {
        if suffix.isEmpty { return 0 }
        switch suffix.count == 1 ? bytes[suffix.lowerBound] : 0 {
        case UInt8(ascii: "K"): return 10
        case UInt8(ascii: "M"): return 20
        case UInt8(ascii: "G"): return 30
        default:
            throw diagnostic(
                "unknown suffix '\(text(suffix))'; a number may end in K, M or G (2^10, 2^20, 2^30)",
                at: suffix.lowerBound)
        }
    }

    private func octalRemedy(_ digits: String) -> String {
        let decimal = String(digits.drop { $0 == "0" })
        let asDecimal = "leave out the leading 0"
        guard let octal = UInt64(decimal, radix: 8) else { return asDecimal }
        return "write \(octal) for the octal number, or \(asDecimal)"
    }
}

extension UInt8 {
    /// `[A-Za-z_]`.
    fileprivate var isLanguageLetter: Bool {
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= self | 0x20 || self == UInt8(ascii: "_")
    }

    /// `[0-9]`.
    fileprivate var isLanguageDigit: Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= self }

    /// Its value as a decimal or hexadecimal digit; nil where it is none.
    fileprivate func digit(isHex: Bool) -> UInt64? {
        if isLanguageDigit { return UInt64(self - UInt8(ascii: "0")) }
        let letter = self | 0x20
        guard isHex, UInt8(ascii: "a")...UInt8(ascii: "f") ~= letter else { return nil }
        return UInt64(letter - UInt8(ascii: "a")) + 10
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
