/// What is known of a stretch of a chunk's bitmap without reading it: `struct pcpu_block_md` of `mm/percpu-internal.h`. A block covers a
/// page; a chunk has one for all of it, too. Units are bits, each of 4 bytes.
struct PerCPUBlock: Equatable {
    /// PCPU_BITMAP_BLOCK_BITS.
    static let bits = 1024

    /// The largest free area that is known before the largest one, and where it begins; 0 for none.
    var scanHint = 0
    var scanHintStart = 0
    /// The largest free area, and where it begins.
    var contigHint: Int
    var contigHintStart = 0
    /// Free bits at either end.
    var leftFree: Int
    var rightFree: Int
    /// The first free bit.
    var firstFree = 0
    let bitCount: Int

    /// `pcpu_init_md_block`: all is free.
    init(bits: Int) {
        (contigHint, leftFree, rightFree, bitCount) = (bits, bits, bits, bits)
    }

    /// Nothing is free.
    mutating func setFull() { (scanHint, contigHint, leftFree, rightFree) = (0, 0, 0, 0) }

    /// All is free, in the middle of a range that was given back.
    mutating func setEmpty() {
        (firstFree, scanHint, contigHintStart) = (0, 0, 0)
        (contigHint, leftFree, rightFree) = (bitCount, bitCount, bitCount)
    }

    /// `pcpu_check_block_hint`: whether an area fits into the largest free one.
    func fits(_ bits: Int, align: Int) -> Bool {
        Self.up(contigHintStart, align) - contigHintStart + bits <= contigHint
    }

    /// `pcpu_next_hint`: where a search begins.
    func searchStart(_ bits: Int) -> Int {
        if scanHint != 0, contigHintStart > scanHintStart, bits > scanHint { return scanHintStart + scanHint }
        return firstFree
    }

    /// `pcpu_block_update`: there is a free area, from `start` to before `end`, and none goes on there.
    mutating func note(free start: Int, _ end: Int) {
        // Below 0 where the caller counts its ends from different places, see `noteFreed`.
        let length = end - start
        firstFree = min(firstFree, start)
        if start == 0 { leftFree = length }
        if end == bitCount { rightFree = length }
        if length > contigHint {
            noteLarger(start, length)
        } else if length == contigHint {
            noteEqual(start, length)
        } else if start < contigHintStart, length > scanHint || (length == scanHint && start > scanHintStart) {
            (scanHintStart, scanHint) = (start, length)
        }
    }

    /// The largest one so far is the best known before it, if it does lie before it.
    private mutating func noteLarger(_ start: Int, _ length: Int) {
        if start > contigHintStart {
            if contigHint > scanHint {
                (scanHintStart, scanHint) = (contigHintStart, contigHint)
            } else if start < scanHintStart {
                scanHint = 0
            }
        } else {
            scanHint = 0
        }
        (contigHintStart, contigHint) = (start, length)
    }

    /// Of two that are as large the better aligned one counts.
    private mutating func noteEqual(_ start: Int, _ length: Int) {
        if contigHintStart != 0,
            start == 0 || start.trailingZeroBitCount > contigHintStart.trailingZeroBitCount
        {
            contigHintStart = start
            if start < scanHintStart, contigHint > scanHint { scanHint = 0 }
        } else if start > scanHintStart || contigHint > scanHint {
            (scanHintStart, scanHint) = (start, length)
        }
    }

    /// ALIGN.
    static func up(_ value: Int, _ align: Int) -> Int { (value + align - 1) & ~(align - 1) }

    /// `pcpu_region_overlap`.
    static func overlap(_ start: Int, _ length: Int, _ other: Range<Int>) -> Bool {
        start < other.upperBound && other.lowerBound < start + length
    }
}
