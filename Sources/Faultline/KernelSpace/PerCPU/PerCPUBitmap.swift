/// A bitmap as the allocator of per-CPU memory searches it (`lib/find_bit.c`).
struct PerCPUBitmap {
    let count: Int
    private var words: [UInt64]

    init(count: Int) {
        self.count = count
        words = Array(repeating: 0, count: (count + 63) / 64)
    }

    subscript(_ bit: Int) -> Bool {
        get { words[bit >> 6] >> UInt64(bit & 63) & 1 != 0 }
        set {
            if newValue {
                words[bit >> 6] |= 1 << UInt64(bit & 63)
            } else {
                words[bit >> 6] &= ~(1 << UInt64(bit & 63))
            }
        }
    }

    /// `bitmap_set`, `bitmap_clear`.
    mutating func fill(_ range: Range<Int>, _ value: Bool) {
        var bit = range.lowerBound
        while bit < range.upperBound {
            let (word, low) = (bit >> 6, bit & 63)
            let length = min(64 - low, range.upperBound - bit)
            let mask = (length == 64 ? UInt64.max : 1 << UInt64(length) - 1) << UInt64(low)
            if value { words[word] |= mask } else { words[word] &= ~mask }
            bit += length
        }
    }

    /// `find_next_bit`: the first bit of a value from `start` on; `end` where there is none.
    func next(_ value: Bool, from start: Int, to end: Int) -> Int {
        var bit = start
        while bit < end {
            let word = (value ? words[bit >> 6] : ~words[bit >> 6]) >> UInt64(bit & 63)
            if word != 0 { return min(bit + word.trailingZeroBitCount, end) }
            bit = (bit | 63) + 1
        }
        return max(end, start)
    }

    /// `find_last_bit`: the last bit that is set below `end`, from `start` on; nil where there is none.
    func last(from start: Int, to end: Int) -> Int? {
        var bit = end - 1
        while bit >= start {
            let word = words[bit >> 6] << UInt64(63 - bit & 63)
            if word != 0 {
                let found = bit - word.leadingZeroBitCount
                return found >= start ? found : nil
            }
            bit = (bit & ~63) - 1
        }
        return nil
    }

    /// How many bits are set in a range.
    func count(in range: Range<Int>) -> Int {
        var (found, bit) = (0, range.lowerBound)
        while bit < range.upperBound {
            let end = next(true, from: bit, to: range.upperBound)
            let stop = next(false, from: end, to: range.upperBound)
            found += stop - end
            bit = stop
        }
        return found
    }

    /// Ranges of bits of a value, ascending (`for_each_clear_bitrange`, `for_each_set_bitrange`).
    func ranges(of value: Bool, in range: Range<Int>) -> [Range<Int>] {
        var (found, bit): ([Range<Int>], Int) = ([], range.lowerBound)
        while true {
            let start = next(value, from: bit, to: range.upperBound)
            if start >= range.upperBound { return found }
            bit = next(!value, from: start, to: range.upperBound)
            found.append(start..<bit)
        }
    }
}
