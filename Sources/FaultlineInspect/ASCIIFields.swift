/// Reads a line of a text of /proc field by field, in one pass over its bytes.
struct ASCIIFields {
    private var rest: ArraySlice<UInt8>

    init(_ line: ArraySlice<UInt8>) { rest = line }

    /// The next field, without the spaces before it; nil at the end of the line.
    mutating func next() -> ArraySlice<UInt8>? {
        rest = rest.drop { $0 == .space || $0 == .tab }
        if rest.isEmpty { return nil }
        let field = rest.prefix { $0 != .space && $0 != .tab }
        rest = rest[field.endIndex...]
        return field
    }

    /// All that follows the spaces after the last field; spaces at its end are its own.
    var remainder: ArraySlice<UInt8> { rest.drop { $0 == .space } }
}

extension UInt8 {
    static let space = UInt8(ascii: " ")
    static let tab = UInt8(ascii: "\t")
    static let newline = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")
}

extension UInt64 {
    /// A number in ASCII digits, all of `digits`; nil where it is not one or has more than 64 bits.
    init?(ascii digits: ArraySlice<UInt8>, radix: UInt64) {
        if digits.isEmpty { return nil }
        var value: UInt64 = 0
        for byte in digits {
            let digit: UInt64
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = UInt64(byte &- UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = UInt64(byte &- UInt8(ascii: "a")) + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = UInt64(byte &- UInt8(ascii: "A")) + 10
            default: return nil
            }
            guard digit < radix else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: radix)
            let (sum, carry) = product.addingReportingOverflow(digit)
            if overflow || carry { return nil }
            value = sum
        }
        self = value
    }
}

extension ArraySlice<UInt8> {
    /// For a reader; bytes that are no UTF-8 are replaced.
    var text: String { String(decoding: self, as: UTF8.self) }

    /// What stands between spaces and tabs.
    var words: [String] {
        var fields = ASCIIFields(self)
        var words: [String] = []
        while let word = fields.next() { words.append(word.text) }
        return words
    }

    /// The words with a space between them, which is how the kernel writes them.
    var joinedWords: String {
        guard let end = lastIndex(where: { $0 != .space }) else { return "" }
        let line = self[startIndex...end]
        let isPlain = !line.contains(.tab) && !zip(line, line.dropFirst()).contains { $0 == .space && $1 == .space }
        return isPlain ? line.text : words.joined(separator: " ")
    }

    /// What `separator` stands between; nil where it does not stand there once.
    func halves(at separator: UInt8) -> (ArraySlice<UInt8>, ArraySlice<UInt8>)? {
        guard let place = firstIndex(of: separator), place == lastIndex(of: separator) else { return nil }
        return (self[..<place], self[(place + 1)...])
    }
}
