/// The contents of a simulated disk: 4 KiB blocks, each named by a word that is never 0.
///
/// A block whose bytes are all equal is its word alone and costs no memory; any other lies in a pool of blocks.
struct BlockStore: ~Copyable {
    private let pool = NodePool(blockBytes: wordCount * 8)

    private static var wordCount: Int { 512 }
    private static var everyByte: UInt64 { 0x0101_0101_0101_0101 }

    init() {}

    /// The word of a block that is full of one byte: odd, as no address in the pool is.
    @inline(__always)
    static func uniform(_ byte: UInt8) -> UInt64 { UInt64(byte) << 1 | 1 }

    /// Copies the blocks that take memory into an image.
    func save(into image: inout MemoryImage) -> NodePool.Position { pool.save(into: &image) }

    /// Goes back to where it was; the image brings the blocks.
    func restore(_ position: NodePool.Position) { pool.restore(position) }

    /// Blocks that take memory.
    var storedCount: Int { pool.liveCount }

    /// Writes a frame's 512 words; returns the block's word, which takes the place of `old` (0 for a new block).
    func write(_ frame: UnsafeMutablePointer<UInt64>, replacing old: UInt64) -> UInt64 {
        if let byte = Self.uniformByte(frame) {
            free(old)
            return Self.uniform(byte)
        }
        let isStored = old != 0 && old & 1 == 0
        let words = isStored ? Self.words(old) : pool.reference.allocate().assumingMemoryBound(to: UInt64.self)
        words.update(from: frame, count: Self.wordCount)
        return UInt64(UInt(bitPattern: words))
    }

    /// The same for a frame that is full of one byte.
    func write(uniform byte: UInt8, replacing old: UInt64) -> UInt64 {
        free(old)
        return Self.uniform(byte)
    }

    /// The byte that a block is full of, where its word says so.
    @inline(__always)
    static func uniformByte(ofBlock word: UInt64) -> UInt8? {
        word & 1 != 0 ? UInt8(truncatingIfNeeded: word >> 1) : nil
    }

    /// Reads a block into a frame. Precondition: the word came from this store and was not freed.
    func read(_ block: UInt64, into frame: UnsafeMutablePointer<UInt64>) {
        if block & 1 != 0 {
            frame.update(repeating: (block >> 1) &* Self.everyByte, count: Self.wordCount)
        } else {
            frame.update(from: Self.words(block), count: Self.wordCount)
        }
    }

    /// Gives a block back; 0 is none.
    @inline(__always)
    func free(_ block: UInt64) {
        if block != 0, block & 1 == 0 { pool.reference.deallocate(Self.words(block)) }
    }

    private static func words(_ block: UInt64) -> UnsafeMutablePointer<UInt64> {
        // SAFETY: an even word that is not 0 is the address of a live block of the pool.
        UnsafeMutablePointer(bitPattern: UInt(block)).unsafelyUnwrapped
    }

    private static func uniformByte(_ frame: UnsafeMutablePointer<UInt64>) -> UInt8? {
        let first = frame[0]
        if first != (first & 0xff) &* everyByte { return nil }
        for index in 1..<wordCount where frame[index] != first { return nil }
        return UInt8(truncatingIfNeeded: first)
    }
}
