/// A mark on an entry of an ``XArray``: `PAGECACHE_TAG_*` (`include/linux/fs.h`).
enum XArrayMark: Int, CaseIterable {
    case dirty = 1
    case writeback = 2
    case toWrite = 3
}

/// A node of an ``XArray``: 64 slots, and for every slot one bit in each of four maps, of which map 0 says that the slot
/// is in use and the others are the marks. In an interior node a mark's bit says that something below has the mark.
struct XArrayNode: Equatable {
    let words: UnsafeMutablePointer<UInt64>

    /// Bytes of a pool block.
    static var blockBytes: Int { 576 }
    static var slotCount: Int { 64 }
    /// log2 of ``slotCount``.
    static var bitsPerLevel: UInt64 { 6 }
    static var mapCount: Int { 4 }

    @inline(__always)
    init(_ words: UnsafeMutablePointer<UInt64>) { self.words = words }

    /// An empty node.
    static func make(in pool: NodePool.Reference, parent: XArrayNode?, slot: Int) -> XArrayNode {
        // SAFETY: a block is `blockBytes` long and aligned to 64.
        let words = pool.allocate().bindMemory(to: UInt64.self, capacity: blockBytes / 8)
        words.update(repeating: 0, count: blockBytes / 8)
        let node = XArrayNode(words)
        node.parent = parent
        node.slotInParent = slot
        return node
    }

    /// A value, or in an interior node the address of a child; 0 for none.
    @inline(__always)
    subscript(slot: Int) -> UInt64 {
        // SAFETY: callers mask slots to 6 bits.
        get { words[slot] }
        nonmutating set { words[slot] = newValue }
    }

    /// The bits of map `map` (0 for use, else a mark's raw value).
    @inline(__always)
    func map(_ map: Int) -> UInt64 { words[Self.slotCount &+ map] }

    @inline(__always)
    func setBit(_ slot: Int, in map: Int) { words[Self.slotCount &+ map] |= 1 << UInt64(slot) }

    @inline(__always)
    func clearBit(_ slot: Int, in map: Int) { words[Self.slotCount &+ map] &= ~(1 << UInt64(slot)) }

    @inline(__always)
    func hasBit(_ slot: Int, in map: Int) -> Bool { words[Self.slotCount &+ map] >> UInt64(slot) & 1 != 0 }

    @inline(__always)
    var parent: XArrayNode? {
        get {
            // SAFETY: the word is 0 or the address of the live node above.
            UnsafeMutablePointer(bitPattern: UInt(words[68])).map { XArrayNode($0) }
        }
        nonmutating set { words[68] = UInt64(UInt(bitPattern: newValue?.words)) }
    }

    @inline(__always)
    var slotInParent: Int {
        get { Int(truncatingIfNeeded: words[69]) }
        nonmutating set { words[69] = UInt64(truncatingIfNeeded: newValue) }
    }

    /// Precondition: this is an interior node and the slot is in use.
    @inline(__always)
    func child(_ slot: Int) -> XArrayNode {
        // SAFETY: used slots of interior nodes hold addresses of live nodes.
        XArrayNode(UnsafeMutablePointer(bitPattern: UInt(words[slot])).unsafelyUnwrapped)
    }

    @inline(__always)
    var bits: UInt64 { UInt64(UInt(bitPattern: words)) }
}
