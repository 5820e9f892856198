/// A mark on an entry of an ``XArray``: `PAGECACHE_TAG_*` (`include/linux/fs.h`).
enum XArrayMark: Int, CaseIterable {
    case dirty = 1
    case writeback = 2
    case toWrite = 3
}

/// A node of an ``XArray`` (`struct xa_node`): 64 slots, and for every slot one bit in each of five maps.
///
///     word  0...63   the slots
///     word  64       map 0: the slot is in use
///     word  65...67  maps 1 to 3: the marks; in the slot of a child, that something below has the mark
///     word  68       the node above, or 0
///     word  69       bits 0-7 the slot that this node has there, above them its ticket
///     word  70       siblings: the slot belongs to the entry of the nearest slot below it that is not one
///     word  71       shadows: the slot holds what an evicted page left
///
/// An entry of 2^n indices has 2^(n mod 6) slots side by side, of a node where a slot stands for 2^(n - n mod 6) indices. All of
/// them hold its value, so that a look-up need not know; its marks stand in the first.
struct XArrayNode: Equatable {
    let words: UnsafeMutablePointer<UInt64>

    /// Bytes of a pool block.
    static var blockBytes: Int { 576 }
    static var slotCount: Int { 64 }
    /// log2 of ``slotCount``.
    static var bitsPerLevel: UInt64 { 6 }
    /// Bit maps about the slots: use and marks.
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

    /// A value, the word of a child (``entry``), or 0.
    @inline(__always)
    subscript(slot: Int) -> UInt64 {
        // SAFETY: callers mask slots to 6 bits.
        get { words[slot] }
        nonmutating set { words[slot] = newValue }
    }

    // MARK: Children

    /// `xa_is_node`: the low bits 10, which no value has.
    @inline(__always)
    static func isNode(_ entry: UInt64) -> Bool { entry & 3 == 2 }

    /// The node of such a word. Precondition: ``isNode(_:)``.
    @inline(__always)
    static func node(_ entry: UInt64) -> XArrayNode {
        // SAFETY: only words of live nodes have these bits.
        XArrayNode(UnsafeMutablePointer(bitPattern: UInt(entry &- 2)).unsafelyUnwrapped)
    }

    /// This node as the word of a slot above.
    @inline(__always)
    var entry: UInt64 { UInt64(UInt(bitPattern: words)) | 2 }

    /// The child in a slot; nil where there is none.
    @inline(__always)
    func child(_ slot: Int) -> XArrayNode? { Self.isNode(words[slot]) ? Self.node(words[slot]) : nil }

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
        get { Int(truncatingIfNeeded: words[69] & 0xff) }
        nonmutating set { words[69] = words[69] & ~0xff | UInt64(truncatingIfNeeded: newValue) }
    }

    // MARK: Maps

    /// The bits of map `map` (0 for use, else a mark's raw value).
    @inline(__always)
    func map(_ map: Int) -> UInt64 { words[Self.slotCount &+ map] }

    @inline(__always)
    func setBit(_ slot: Int, in map: Int) { words[Self.slotCount &+ map] |= 1 << UInt64(slot) }

    @inline(__always)
    func clearBit(_ slot: Int, in map: Int) { words[Self.slotCount &+ map] &= ~(1 << UInt64(slot)) }

    @inline(__always)
    func hasBit(_ slot: Int, in map: Int) -> Bool { words[Self.slotCount &+ map] >> UInt64(slot) & 1 != 0 }

    // MARK: Shadows

    @inline(__always) var shadows: UInt64 { words[71] }

    /// Tells a node that is on a list of those with nothing but shadows; 0 for one that is on none.
    @inline(__always)
    var ticket: UInt64 {
        get { words[69] >> 8 }
        nonmutating set { words[69] = words[69] & 0xff | newValue << 8 }
    }

    /// Whether nothing is in it but what evicted pages left.
    var hasOnlyShadows: Bool { shadows != 0 && shadows == map(0) }

    @inline(__always)
    func noteShadow(_ slot: Int) { words[71] |= 1 << UInt64(slot) }

    /// Something else comes into a slot, or nothing: the node is on no list any more.
    @inline(__always)
    func forgetShadow(_ slot: Int) {
        if shadows == 0 { return }
        words[71] &= ~(1 << UInt64(slot))
        ticket = 0
    }

    // MARK: Entries of several slots

    @inline(__always)
    var siblings: UInt64 {
        get { words[70] }
        nonmutating set { words[70] = newValue }
    }

    /// The first slot of the entry that a slot belongs to.
    @inline(__always)
    func firstSlot(_ slot: Int) -> Int {
        if siblings >> UInt64(slot) & 1 == 0 { return slot }
        return 63 &- (~siblings & (1 << UInt64(slot) &- 1)).leadingZeroBitCount
    }

    /// log2 of the slots of the entry that begins in a slot.
    @inline(__always)
    func slotOrder(_ slot: Int) -> UInt64 {
        let more = (~((siblings >> 1) >> UInt64(slot))).trailingZeroBitCount
        return UInt64(truncatingIfNeeded: (more &+ 1).trailingZeroBitCount)
    }
}
