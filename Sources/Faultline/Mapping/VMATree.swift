/// The VMAs of an address space by address: the place of the maple tree `mm_mt` (`lib/maple_tree.c`).
///
/// A B+-tree of ranges [start, end) that do not overlap, each with a payload of one word. Interior nodes keep for
/// every child its extent and its greatest inner gap, so that lookup and gap search are logarithmic. Nodes come from a
/// pool that all trees of a machine share; an empty tree owns none.
///
/// The tree is plain data: copying the value does not copy the nodes. Its owner calls ``destroy()``.
struct VMATree<Payload: BitwiseCopyable> {
    /// Nil when the tree is empty; a leaf when `height` is 0.
    var root: VMATreeNode?
    /// Levels of interior nodes above the leaves.
    var height = 0
    /// Ranges in the tree.
    private(set) var count = 0
    let pool: NodePool.Reference

    /// An empty tree. Precondition: `nodes` has blocks of ``VMATreeNode/blockBytes``.
    init(nodes: NodePool.Reference) {
        precondition(MemoryLayout<Payload>.size == MemoryLayout<UInt64>.size, "a payload is one word")
        pool = nodes
    }

    @inline(__always)
    var isEmpty: Bool { count == 0 }

    @inline(__always)
    mutating func countChanged(by delta: Int) { count &+= delta }

    @inline(__always)
    static func payload(_ bits: UInt64) -> Payload { unsafeBitCast(bits, to: Payload.self) }

    @inline(__always)
    static func bits(_ payload: Payload) -> UInt64 { unsafeBitCast(payload, to: UInt64.self) }

    // MARK: Lookup

    /// The leaf where `address` belongs. Precondition: the tree is not empty.
    @inline(__always)
    func leaf(for address: UInt64) -> VMATreeNode? {
        guard var node = root else { return nil }
        var level = height
        while level > 0 {
            node = node.child(node.slot(for: address))
            level &-= 1
        }
        return node
    }

    /// The payload of the range that contains `address` (`vma_lookup`).
    @inline(__always)
    func find(_ address: UInt64) -> Payload? {
        guard let leaf = leaf(for: address) else { return nil }
        let index = leaf.leafRank(address) &- 1
        guard index >= 0, leaf.ends[index] > address else { return nil }
        return Self.payload(leaf.payloads[index])
    }

    /// The bounds of the range that contains `address`, which the tree knows without a look at the payload's record.
    @inline(__always)
    func findBounds(_ address: UInt64) -> (start: UInt64, end: UInt64)? {
        guard let leaf = leaf(for: address) else { return nil }
        let index = leaf.leafRank(address) &- 1
        guard index >= 0, leaf.ends[index] > address else { return nil }
        return (leaf.starts[index], leaf.ends[index])
    }

    /// The payload of the lowest range that ends above `address`, which may begin above it too (`find_vma`).
    @inline(__always)
    func findFirst(endingAfter address: UInt64) -> Payload? {
        guard let leaf = leaf(for: address) else { return nil }
        let rank = leaf.leafRank(address)
        if rank > 0, leaf.ends[rank &- 1] > address { return Self.payload(leaf.payloads[rank &- 1]) }
        if rank < leaf.count { return Self.payload(leaf.payloads[rank]) }
        guard let next = leaf.next else { return nil }
        return Self.payload(next.payloads[0])
    }

    /// The payload of the highest range that starts below `address` (`find_vma_prev` when `address` is a VMA's start).
    @inline(__always)
    func previous(before address: UInt64) -> Payload? {
        guard address > 0, let leaf = leaf(for: address &- 1) else { return nil }
        let rank = leaf.leafRank(address &- 1)
        // Only the leftmost leaf is entered with an address below its first start.
        return rank > 0 ? Self.payload(leaf.payloads[rank &- 1]) : nil
    }

    /// Whether no range overlaps [start, end). Precondition: start < end.
    @inline(__always)
    func isFree(_ start: UInt64, _ end: UInt64) -> Bool {
        guard let leaf = leaf(for: end &- 1) else { return true }
        let rank = leaf.leafRank(end &- 1)
        return rank == 0 || leaf.ends[rank &- 1] <= start
    }

    // MARK: The whole tree

    /// Frees all nodes; the tree is empty afterwards. Payloads are the caller's.
    mutating func destroy() {
        if let root { free(root, level: height) }
        root = nil
        height = 0
        count = 0
    }

    private func free(_ node: VMATreeNode, level: Int) {
        if level > 0 {
            for slot in 0..<node.count { free(node.child(slot), level: level - 1) }
        }
        pool.deallocate(node.words)
    }
}
