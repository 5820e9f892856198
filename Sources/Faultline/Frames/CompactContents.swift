import CShim

/// What a frame holds where none of its lines is real: one byte everywhere, but for up to five bytes that differ.
///
/// It lies in two words of the page record: a page that a program wrote a few bytes to, or that is full of one byte, takes no memory of the host beyond its record.
///
///     contents0  0-7 background   8-27 exception 0   28-47 exception 1   48-50 how many exceptions
///     contents1  0-19 exception 2   20-39 exception 3   40-59 exception 4
///
/// An exception is its offset in the frame (12 bits) and its byte (8 bits above).
struct CompactContents {
    private let record: UnsafeMutablePointer<fl_page>

    /// As many bytes as may differ from the background.
    static var capacity: Int { 5 }

    @inline(__always)
    init(_ record: UnsafeMutablePointer<fl_page>) { self.record = record }

    /// Makes every byte the same.
    @inline(__always)
    static func reset(_ record: UnsafeMutablePointer<fl_page>, to byte: UInt8 = 0) {
        record.pointee.contents0 = UInt64(byte)
        record.pointee.contents1 = 0
    }

    /// Copies what another frame holds.
    @inline(__always)
    static func copy(_ source: UnsafeMutablePointer<fl_page>, to target: UnsafeMutablePointer<fl_page>) {
        target.pointee.contents0 = source.pointee.contents0
        target.pointee.contents1 = source.pointee.contents1
    }

    @inline(__always) var background: UInt8 { UInt8(truncatingIfNeeded: record.pointee.contents0) }
    @inline(__always) var count: Int { Int(truncatingIfNeeded: record.pointee.contents0 >> 48 & 7) }

    @inline(__always)
    private func exception(_ index: Int) -> UInt64 {
        index < 2
            ? record.pointee.contents0 &>> UInt64(truncatingIfNeeded: 8 &+ 20 &* index) & 0xf_ffff
            : record.pointee.contents1 &>> UInt64(truncatingIfNeeded: 20 &* (index &- 2)) & 0xf_ffff
    }

    /// The byte of an exception.
    @inline(__always)
    func exceptionByte(_ index: Int) -> UInt8 { UInt8(truncatingIfNeeded: exception(index) >> 12) }

    private func setException(_ index: Int, _ value: UInt64) {
        let shift = UInt64(truncatingIfNeeded: index < 2 ? 8 &+ 20 &* index : 20 &* (index &- 2))
        if index < 2 {
            record.pointee.contents0 = record.pointee.contents0 & ~(0xf_ffff << shift) | value << shift
        } else {
            record.pointee.contents1 = record.pointee.contents1 & ~(0xf_ffff << shift) | value << shift
        }
    }

    /// The byte at an offset below 4096.
    @inline(__always)
    func byte(_ offset: UInt64) -> UInt8 {
        for index in 0..<count where exception(index) & 0xfff == offset {
            return UInt8(truncatingIfNeeded: exception(index) >> 12)
        }
        return background
    }

    /// Sets the byte at an offset below 4096. - Returns: false where there is no room for another one that differs.
    @inline(__always)
    func setByte(_ offset: UInt64, _ byte: UInt8) -> Bool {
        // The first byte of a fresh page, most of all.
        if record.pointee.contents0 == 0 {
            if byte != 0 { record.pointee.contents0 = 1 << 48 | (offset | UInt64(byte) << 12) << 8 }
            return true
        }
        return setFurther(offset, byte)
    }

    @inline(never)
    private func setFurther(_ offset: UInt64, _ byte: UInt8) -> Bool {
        let value = offset | UInt64(byte) << 12
        let count = count
        for index in 0..<count where exception(index) & 0xfff == offset {
            setException(index, value)
            return true
        }
        if byte == background { return true }
        if count == Self.capacity { return false }
        setException(count, value)
        record.pointee.contents0 += 1 << 48
        return true
    }

    /// Writes the bytes of a line of 64 bytes, the `line`-th of the frame.
    func write(line: Int, to place: UnsafeMutablePointer<UInt8>) {
        place.update(repeating: background, count: 64)
        for index in 0..<count where Int(exception(index) >> 6 & 63) == line {
            place[Int(exception(index) & 63)] = UInt8(truncatingIfNeeded: exception(index) >> 12)
        }
    }

    /// Writes the bytes that differ into a frame that is full of the background.
    func writeExceptions(to frame: UnsafeMutablePointer<UInt8>) {
        for index in 0..<count {
            frame[Int(exception(index) & 0xfff)] = UInt8(truncatingIfNeeded: exception(index) >> 12)
        }
    }

    /// Whether the line holds nothing but the background.
    func isPlain(line: Int) -> Bool {
        for index in 0..<count where Int(exception(index) >> 6 & 63) == line { return false }
        return true
    }
}
