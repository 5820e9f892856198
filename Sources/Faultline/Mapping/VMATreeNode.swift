/// What an interior node of a ``VMATree`` knows about a subtree.
struct VMATreeSummary: Equatable {
    /// Start of the subtree's lowest range.
    var low: UInt64
    /// End of its highest range.
    var high: UInt64
    /// Length of the greatest gap between two neighbouring ranges inside it; 0 when there is none.
    var gap: UInt64
}

/// A node of a ``VMATree``: one pool block, seen as a leaf or as an interior node (the tree knows its height).
///
/// Both kinds hold arrays, whose first one is the search key, in ascending order, and then a header:
/// a leaf `start, end, payload`, an interior node `low, high, gap, child`. Key slots beyond the count hold `UInt64.max`,
/// so that a search looks at a fixed number of slots without branches.
struct VMATreeNode: Equatable {
    let words: UnsafeMutablePointer<UInt64>

    /// Bytes of a pool block.
    static var blockBytes: Int { 640 }
    /// Ranges in a leaf, at most. Key searches go in groups of ``group``.
    static var leafCapacity: Int { 24 }
    /// Children of an interior node, at most.
    static var innerCapacity: Int { 18 }
    /// The header stands behind the columns: the key column then fills whole cache lines, which a search asks for at once.
    private static var header: Int { 72 }

    @inline(__always)
    init(_ words: UnsafeMutablePointer<UInt64>) { self.words = words }

    @inline(__always)
    init?(bits: UInt64) {
        // SAFETY: the bits are 0 or those of a live node of the same tree.
        guard let words = UnsafeMutablePointer<UInt64>(bitPattern: UInt(bits)) else { return nil }
        self.words = words
    }

    @inline(__always)
    var bits: UInt64 { UInt64(UInt(bitPattern: words)) }

    // MARK: Header

    @inline(__always)
    var count: Int {
        get { Int(truncatingIfNeeded: words[Self.header]) }
        nonmutating set { words[Self.header] = UInt64(truncatingIfNeeded: newValue) }
    }
    /// The next leaf to the right; of leaves only.
    @inline(__always)
    var next: VMATreeNode? {
        get { VMATreeNode(bits: words[Self.header &+ 1]) }
        nonmutating set { words[Self.header &+ 1] = newValue?.bits ?? 0 }
    }
    /// The next leaf to the left; of leaves only.
    @inline(__always)
    var previous: VMATreeNode? {
        get { VMATreeNode(bits: words[Self.header &+ 2]) }
        nonmutating set { words[Self.header &+ 2] = newValue?.bits ?? 0 }
    }
    /// Where the latest insertion went: tells sequential filling from random.
    @inline(__always)
    var lastInsertion: Int {
        get { Int(truncatingIfNeeded: words[Self.header &+ 3]) }
        nonmutating set { words[Self.header &+ 3] = UInt64(truncatingIfNeeded: newValue) }
    }

    // MARK: Columns

    @inline(__always)
    var keys: UnsafeMutablePointer<UInt64> { words }
    @inline(__always)
    var starts: UnsafeMutablePointer<UInt64> { keys }
    @inline(__always)
    var ends: UnsafeMutablePointer<UInt64> { keys + Self.leafCapacity }
    @inline(__always)
    var payloads: UnsafeMutablePointer<UInt64> { keys + 2 * Self.leafCapacity }
    @inline(__always)
    var lows: UnsafeMutablePointer<UInt64> { keys }
    @inline(__always)
    var highs: UnsafeMutablePointer<UInt64> { keys + Self.innerCapacity }
    @inline(__always)
    var gaps: UnsafeMutablePointer<UInt64> { keys + 2 * Self.innerCapacity }
    @inline(__always)
    var children: UnsafeMutablePointer<UInt64> { keys + 3 * Self.innerCapacity }

    @inline(__always)
    func child(_ slot: Int) -> VMATreeNode {
        // SAFETY: slots below the count hold live nodes.
        VMATreeNode(UnsafeMutablePointer(bitPattern: UInt(children[slot])).unsafelyUnwrapped)
    }

    // MARK: Search

    /// Keys of the first `capacity` slots that are at or below `address`, which is their number since they ascend.
    @inline(__always)
    private func rank(_ address: UInt64, capacity: Int) -> Int {
        // SAFETY: both capacities are multiples of the group, so every probed slot is inside the key column.
        let keys = self.keys
        var group = 0
        var probe = 6
        while probe < capacity {
            group &+= keys[probe] <= address ? 6 : 0
            probe &+= 6
        }
        let base = keys + group
        var rank = group
        rank &+= base[0] <= address ? 1 : 0
        rank &+= base[1] <= address ? 1 : 0
        rank &+= base[2] <= address ? 1 : 0
        rank &+= base[3] <= address ? 1 : 0
        rank &+= base[4] <= address ? 1 : 0
        rank &+= base[5] <= address ? 1 : 0
        return rank
    }

    /// Ranges of this leaf that start at or below `address`.
    @inline(__always)
    func leafRank(_ address: UInt64) -> Int { rank(address, capacity: Self.leafCapacity) }

    /// The child whose ranges lie around `address`: the last that begins at or below it, else the first.
    @inline(__always)
    func slot(for address: UInt64) -> Int { max(rank(address, capacity: Self.innerCapacity) &- 1, 0) }

    // MARK: Summaries

    var leafSummary: VMATreeSummary {
        let count = self.count
        let starts = self.starts
        let ends = self.ends
        var gap: UInt64 = 0
        for index in 1..<max(count, 1) { gap = max(gap, starts[index] &- ends[index &- 1]) }
        return VMATreeSummary(low: starts[0], high: ends[count - 1], gap: gap)
    }

    var innerSummary: VMATreeSummary {
        let count = self.count
        let lows = self.lows
        let highs = self.highs
        let gaps = self.gaps
        var gap = gaps[0]
        for slot in 1..<max(count, 1) { gap = max(gap, gaps[slot], lows[slot] &- highs[slot &- 1]) }
        return VMATreeSummary(low: lows[0], high: highs[count - 1], gap: gap)
    }

    @inline(__always)
    func storedSummary(_ slot: Int) -> VMATreeSummary {
        VMATreeSummary(low: lows[slot], high: highs[slot], gap: gaps[slot])
    }

    @inline(__always)
    func store(_ summary: VMATreeSummary, at slot: Int) {
        lows[slot] = summary.low
        highs[slot] = summary.high
        gaps[slot] = summary.gap
    }
}
