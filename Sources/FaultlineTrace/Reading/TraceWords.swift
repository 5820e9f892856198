/// The words of a line.
struct TraceWords {
    typealias Word = Slice<UnsafeRawBufferPointer>
    private let line: Word
    private let words: [Word]

    init(_ line: Word) {
        self.line = line
        words = line.split { $0 == 32 || $0 == 9 || $0 == 13 }
    }

    var isEmpty: Bool { words.isEmpty }
    var count: Int { words.count }
    subscript(_ index: Int) -> Word { words[index] }

    func firstIndex(of word: StaticString) -> Int? {
        let text = String(describing: word)
        return words.firstIndex { $0.elementsEqual(text.utf8) }
    }

    func number(_ index: Int) -> UInt64? { Self.number(words[index]) }
    func hex(_ index: Int) -> UInt64? { Self.hex(words[index]) }

    /// The parts between commas, colons and blanks.
    var parts: [Word] { line.split { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: ":") || $0 == 32 || $0 == 13 } }

    /// The line as an error shows it.
    var shown: String { TraceText.shown(line) }

    /// A decimal number of at most 18 digits.
    static func number(_ word: Word) -> UInt64? {
        guard !word.isEmpty, word.count <= 18 else { return nil }
        var value: UInt64 = 0
        for byte in word {
            guard byte >= 48, byte <= 57 else { return nil }
            value = value * 10 + UInt64(byte - 48)
        }
        return value
    }

    /// A number in hex of at most 16 digits, with 0x or without.
    static func hex(_ word: Word) -> UInt64? {
        let digits = word.starts(with: "0x".utf8) ? word.dropFirst(2) : word
        guard !digits.isEmpty, digits.count <= 16 else { return nil }
        var value: UInt64 = 0
        for byte in digits {
            let digit: UInt8
            switch byte {
            case 48...57: digit = byte - 48
            case 97...102: digit = byte - 87
            case 65...70: digit = byte - 55
            default: return nil
            }
            value = value << 4 | UInt64(digit)
        }
        return value
    }
}
