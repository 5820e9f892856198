import CShim

/// What two frames hold, side by side. Frames that the host has no memory for stay so.
extension FrameTable {
    /// `memcmp_pages`: below 0, 0 or above 0 as the first byte that differs is smaller or larger.
    func compareFrames(_ first: PFN, _ second: PFN) -> Int {
        if first == second { return 0 }
        let (one, other) = (page(first), page(second))
        if one.pointee.lines == 0, other.pointee.lines == 0 {
            if one.pointee.contents0 == other.pointee.contents0, one.pointee.contents1 == other.pointee.contents1 {
                return 0
            }
            if let a = uniformByte(first), let b = uniformByte(second) { return Int(a) - Int(b) }
        }
        for line in 0..<64 {
            for word in 0..<8 {
                let (a, b) = (self.word(first, line, word), self.word(second, line, word))
                if a != b { return a.byteSwapped < b.byteSwapped ? -1 : 1 }
            }
        }
        return 0
    }

    /// A number that equal contents have in common, and others almost certainly do not: in the place of `calc_checksum` of `mm/ksm.c`.
    /// Never 0.
    func checksum(_ pfn: PFN) -> UInt64 {
        var sum: UInt64 = 0x9e37_79b9_7f4a_7c15
        if let byte = uniformByte(pfn) {
            let word = UInt64(byte) &* 0x0101_0101_0101_0101
            for _ in 0..<512 { sum = Self.mixed(sum, word) }
        } else {
            for line in 0..<64 { for word in 0..<8 { sum = Self.mixed(sum, self.word(pfn, line, word)) } }
        }
        return sum == 0 ? 1 : sum
    }

    /// That of a page of zeros (`zero_checksum`).
    static let zeroChecksum: UInt64 = {
        var sum: UInt64 = 0x9e37_79b9_7f4a_7c15
        for _ in 0..<512 { sum = mixed(sum, 0) }
        return sum == 0 ? 1 : sum
    }()

    @inline(__always)
    private static func mixed(_ sum: UInt64, _ word: UInt64) -> UInt64 {
        let product = (sum ^ word) &* 0xff51_afd7_ed55_8ccd
        return product ^ product >> 29
    }

    /// Eight bytes of a frame: the `word`-th of its `line`-th line.
    @inline(__always)
    private func word(_ pfn: PFN, _ line: Int, _ word: Int) -> UInt64 {
        let record = page(pfn)
        if record.pointee.lines >> UInt64(line) & 1 != 0 { return table(pfn)[line << 3 + word] }
        let contents = CompactContents(record)
        if contents.count == 0 || contents.isPlain(line: line) {
            return UInt64(contents.background) &* 0x0101_0101_0101_0101
        }
        var result: UInt64 = 0
        let first = UInt64(line << 6 + word << 3)
        for place in 0..<8 as Range<UInt64> { result |= UInt64(contents.byte(first + place)) << (place << 3) }
        return result
    }
}
