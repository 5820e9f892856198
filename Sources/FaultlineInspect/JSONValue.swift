/// A value of a JSON text (RFC 8259) and the line that it begins on, for messages.
struct JSONValue: Equatable {
    /// One member of an object, in the order of the text.
    struct Member: Equatable {
        let name: String
        let line: Int
        let value: JSONValue
    }

    enum Content: Equatable {
        case null
        case bool(Bool)
        /// As it is written: a number may be larger than any type.
        case number(String)
        case string(String)
        case array([JSONValue])
        case object([Member])
    }

    let content: Content
    let line: Int

    /// What it is, for messages.
    var kind: String {
        switch content {
        case .null: "null"
        case .bool: "true or false"
        case .number: "a number"
        case .string: "a string"
        case .array: "a list"
        case .object: "an object"
        }
    }
}

/// Where a text stops being JSON.
struct JSONError: Error, Equatable {
    let line: Int
    let column: Int
    let message: String
}

/// Reads JSON. Nesting is limited, so that no text can exhaust the stack.
struct JSONParser {
    private static let maximumDepth = 32
    private let bytes: [UInt8]
    private var position = 0
    private var line = 1
    private var lineStart = 0

    static func parse(_ text: String) throws(JSONError) -> JSONValue {
        var parser = JSONParser(bytes: Array(text.utf8))
        let value = try parser.value(depth: 0)
        parser.skipSpace()
        if parser.position < parser.bytes.count { throw parser.error("one value and nothing behind it") }
        return value
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private func error(_ expected: String) -> JSONError {
        let found = current.map { $0 > 32 && $0 < 127 ? "'\(Character(UnicodeScalar($0)))'" : "byte \($0)" }
        return JSONError(
            line: line, column: position - lineStart + 1,
            message: "not JSON: expected \(expected), found \(found ?? "the end of the file")")
    }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d {
            position += 1
            if byte == 0x0a {
                line += 1
                lineStart = position
            }
        }
    }

    private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
        skipSpace()
        if depth > Self.maximumDepth { throw error("at most \(Self.maximumDepth) values inside each other") }
        let start = line
        let content: JSONValue.Content
        // No text has a byte 0 where a value could begin.
        switch current ?? 0 {
        case UInt8(ascii: "{"): content = .object(try object(depth: depth))
        case UInt8(ascii: "["): content = .array(try array(depth: depth))
        case UInt8(ascii: "\""): content = .string(try string())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): content = .number(try number())
        case UInt8(ascii: "t"): content = try word("true", .bool(true))
        case UInt8(ascii: "f"): content = try word("false", .bool(false))
        case UInt8(ascii: "n"): content = try word("null", .null)
        default: throw error("a value")
        }
        return JSONValue(content: content, line: start)
    }

    private mutating func word(_ word: String, _ content: JSONValue.Content) throws(JSONError) -> JSONValue.Content {
        for byte in word.utf8 {
            if current != byte { throw error(word) }
            position += 1
        }
        return content
    }

    private mutating func take(_ byte: Character) -> Bool {
        skipSpace()
        guard current == byte.asciiValue else { return false }
        position += 1
        return true
    }

    private mutating func object(depth: Int) throws(JSONError) -> [JSONValue.Member] {
        position += 1
        var members: [JSONValue.Member] = []
        if take("}") { return members }
        repeat {
            skipSpace()
            if current != UInt8(ascii: "\"") { throw error("a name in quotes") }
            let start = line
            let name = try string()
            if !take(":") { throw error("':'") }
            members.append(JSONValue.Member(name: name, line: start, value: try value(depth: depth + 1)))
        } while take(",")
        if !take("}") { throw error("',' or '}'") }
        return members
    }

    private mutating func array(depth: Int) throws(JSONError) -> [JSONValue] {
        position += 1
        var values: [JSONValue] = []
        if take("]") { return values }
        repeat { values.append(try value(depth: depth + 1)) } while take(",")
        if !take("]") { throw error("',' or ']'") }
        return values
    }

    private mutating func number() throws(JSONError) -> String {
        let start = position
        if current == UInt8(ascii: "-") { position += 1 }
        if current == UInt8(ascii: "0") { position += 1 } else { try digits() }
        if current == UInt8(ascii: ".") {
            position += 1
            try digits()
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            try digits()
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func digits() throws(JSONError) {
        let start = position
        while let byte = current, byte >= 0x30, byte <= 0x39 { position += 1 }
        if position == start { throw error("a digit") }
    }

    private mutating func string() throws(JSONError) -> String {
        position += 1
        var result: [UInt8] = []
        while let byte = current, byte != UInt8(ascii: "\"") {
            if byte < 0x20 { throw error("a character of a string") }
            position += 1
            if byte == UInt8(ascii: "\\") { try escape(&result) } else { result.append(byte) }
        }
        if current == nil { throw error("'\"'") }
        position += 1
        return String(decoding: result, as: UTF8.self)
    }

    private mutating func escape(_ result: inout [UInt8]) throws(JSONError) {
        let plain: [UInt8: UInt8] = [
            0x22: 0x22, 0x5c: 0x5c, 0x2f: 0x2f, 0x62: 0x08, 0x66: 0x0c, 0x6e: 0x0a, 0x72: 0x0d, 0x74: 0x09,
        ]
        guard let byte = current else { throw error("an escape") }
        if let meant = plain[byte] {
            position += 1
            result.append(meant)
            return
        }
        if byte != UInt8(ascii: "u") { throw error("an escape") }
        position += 1
        var units = [try hexadecimal()]
        if units[0] & 0xfc00 == 0xd800, current == UInt8(ascii: "\\"), position + 1 < bytes.count,
            bytes[position + 1] == UInt8(ascii: "u")
        {
            position += 2
            units.append(try hexadecimal())
        }
        result += Array(String(decoding: units, as: UTF16.self).utf8)
    }

    private mutating func hexadecimal() throws(JSONError) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = current, let digit = Character(UnicodeScalar(byte)).hexDigitValue else {
                throw error("four hexadecimal digits")
            }
            unit = unit << 4 | UInt16(digit)
            position += 1
        }
        return unit
    }
}
