/// Goes through the bytes of whole lines.
///
/// Reads words of 8 bytes: the bytes behind the last line are readable, see ``TraceBytes/padding``.
struct LineCursor {
    private let base: UnsafeRawPointer
    let end: Int
    var index = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        // SAFETY: an empty buffer is never read.
        base = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 8)!
        end = bytes.count
    }

    var isAtEnd: Bool { index >= end }

    /// The byte at a place from here. - Precondition: within the lines or their padding.
    @inline(__always)
    func byte(_ offset: Int = 0) -> UInt8 {
        // SAFETY: see init and the precondition.
        base.load(fromByteOffset: index &+ offset, as: UInt8.self)
    }

    /// The same for 8 bytes, the first of them lowest.
    @inline(__always)
    func word(_ offset: Int = 0) -> UInt64 {
        // SAFETY: see init.
        UInt64(littleEndian: base.loadUnaligned(fromByteOffset: index &+ offset, as: UInt64.self))
    }

    /// Goes behind the end of the line.
    @inline(__always)
    mutating func skipLine() {
        while index < end {
            // SAFETY: see init.
            let byte = base.load(fromByteOffset: index, as: UInt8.self)
            index &+= 1
            if byte == 10 { return }
        }
    }

    /// The bytes up to the end of the line, which is gone behind.
    mutating func takeLine() -> Slice<UnsafeRawBufferPointer> {
        let start = index
        skipLine()
        // SAFETY: within the lines.
        let all = UnsafeRawBufferPointer(start: base, count: end)
        let stop = index > start && all[index - 1] == 10 ? index - 1 : index
        return all[start..<stop]
    }

    /// A number in hex up to a byte that ends it, of at most 16 digits; nil, and nothing is gone over, where there is none.
    @inline(__always)
    mutating func hexNumber(endedBy stop: UInt8) -> UInt64? {
        let first = word()
        let pattern = 0x0101_0101_0101_0101 &* UInt64(stop)
        var digits = HexWord.length(first, pattern)
        guard digits == 8 else {
            guard digits > 0, let value = HexWord.value(first, digits) else { return nil }
            index &+= digits &+ 1
            return value
        }
        let second = word(8)
        digits = HexWord.length(second, pattern)
        guard let high = HexWord.value(first, 8) else { return nil }
        if digits == 0 {
            index &+= 9
            return high
        }
        guard let low = HexWord.value(second, digits) else { return nil }
        if digits == 8, byte(16) != stop { return nil }
        index &+= digits &+ 9
        return high << UInt64(truncatingIfNeeded: 4 &* digits) | low
    }

    /// A decimal number up to a byte that ends it, below 2^40; nil, and nothing is gone over, where there is none.
    @inline(__always)
    mutating func number(endedBy stop: UInt8) -> UInt64? {
        var value = UInt64(byte() &- 48)
        if value > 9 { return nil }
        if byte(1) == stop {
            index &+= 2
            return value
        }
        var offset = 1
        while byte(offset) != stop {
            let digit = UInt64(byte(offset) &- 48)
            if digit > 9 || value >> 40 != 0 { return nil }
            value = value &* 10 &+ digit
            offset &+= 1
        }
        index &+= offset &+ 1
        return value
    }
}

/// Hex digits, 8 in a word, the first of them in its lowest byte.
enum HexWord {
    private static var ones: UInt64 { 0x0101_0101_0101_0101 }
    private static var tops: UInt64 { 0x8080_8080_8080_8080 }

    /// How many bytes stand before the first that equals those of the pattern; 8 where none does.
    @inline(__always)
    static func length(_ word: UInt64, _ pattern: UInt64) -> Int {
        let other = word ^ pattern
        // The lowest top bit that is set is right; those above it may not be.
        return ((other &- ones) & ~other & tops).trailingZeroBitCount >> 3
    }

    /// The value of all 8 bytes; nil where one is no digit.
    @inline(__always)
    static func value(_ word: UInt64) -> UInt64? { value(word, 8) }

    /// The value of the first so many bytes, 1 to 8; nil where one is no digit.
    @inline(__always)
    static func value(_ word: UInt64, _ digits: Int) -> UInt64? {
        // The digits go to the top; below them zeros come in.
        let shift = UInt64(truncatingIfNeeded: 64 &- 8 &* digits)
        let text = word << shift
        // Bytes are below 0x80, so that no sum carries into the next.
        let lower = text | 0x2020_2020_2020_2020
        let isDigit = (text &+ 0x5050_5050_5050_5050) & ~(text &+ 0x4646_4646_4646_4646)
        let isLetter = (lower &+ 0x1f1f_1f1f_1f1f_1f1f) & ~(lower &+ 0x1919_1919_1919_1919)
        let wanted = tops << shift
        if (isDigit | isLetter) & wanted != wanted || text & tops != 0 { return nil }
        var value = (text & 0x0f0f_0f0f_0f0f_0f0f) &+ (text >> 6 & ones) &* 9
        value = (value << 4 | value >> 8) & 0x00ff_00ff_00ff_00ff
        value = (value << 8 | value >> 16) & 0x0000_ffff_0000_ffff
        return (value << 16 | value >> 32) & 0xffff_ffff
    }
}
