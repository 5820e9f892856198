/// Values by index, sparse and ordered, with marks: `struct xarray` (`lib/xarray.c`), as the page cache uses it.
///
/// A radix tree of 64 slots a node, as tall as the highest index needs. A value is any word but 0. Nodes come from a pool
/// that all arrays of a machine share; an empty array owns none. Plain data: the owner calls ``destroy()``.
struct XArray {
    var root: XArrayNode?
    /// How far an index is shifted right to give its slot in the root: 0 when the root is a leaf.
    var shift: UInt64 = 0
    let pool: NodePool.Reference

    /// An empty array. Precondition: `nodes` has blocks of ``XArrayNode/blockBytes``.
    @inline(__always)
    init(nodes: NodePool.Reference) { pool = nodes }

    @inline(__always)
    var isEmpty: Bool { root == nil }

    @inline(__always)
    static func slot(_ index: UInt64, _ shift: UInt64) -> Int {
        Int(truncatingIfNeeded: index &>> shift & 63)
    }

    /// Whether the root spans `index`.
    @inline(__always)
    func spans(_ index: UInt64) -> Bool { index >> (shift &+ XArrayNode.bitsPerLevel) == 0 }

    /// The leaf whose 64 indices contain `index`, if it exists.
    @inline(__always)
    func leaf(for index: UInt64) -> XArrayNode? {
        guard var node = root, spans(index) else { return nil }
        var shift = self.shift
        while shift > 0 {
            let slot = Self.slot(index, shift)
            if node[slot] == 0 { return nil }
            node = node.child(slot)
            shift &-= XArrayNode.bitsPerLevel
        }
        return node
    }

    /// The value at `index`, or 0 (`xa_load`).
    @inline(__always)
    func load(_ index: UInt64) -> UInt64 {
        guard let leaf = leaf(for: index) else { return 0 }
        return leaf[Self.slot(index, 0)]
    }

    /// Puts a value at `index`, where one may be already; marks stay as they are (`xa_store`).
    ///
    /// Precondition: the value is not 0; ``erase(_:)`` removes.
    @inline(__always)
    mutating func store(_ index: UInt64, _ value: UInt64) { store(index, value, in: leaf(for: index)) }

    /// The same for one who has looked the index up just now. Precondition: `leaf` is that of ``leaf(for:)``.
    @inline(__always)
    mutating func store(_ index: UInt64, _ value: UInt64, in leaf: XArrayNode?) {
        precondition(value != 0, "0 stands for no value")
        let leaf = leaf ?? makeLeaf(for: index)
        let slot = Self.slot(index, 0)
        leaf[slot] = value
        leaf.setBit(slot, in: 0)
    }

    @inline(never)
    private mutating func makeLeaf(for index: UInt64) -> XArrayNode {
        var node = root ?? makeRoot(for: index)
        while !spans(index) { node = addLevel(above: node) }
        var shift = self.shift
        while shift > 0 {
            let slot = Self.slot(index, shift)
            if node[slot] == 0 {
                node[slot] = XArrayNode.make(in: pool, parent: node, slot: slot).bits
                node.setBit(slot, in: 0)
            }
            node = node.child(slot)
            shift -= XArrayNode.bitsPerLevel
        }
        return node
    }

    private mutating func makeRoot(for index: UInt64) -> XArrayNode {
        let node = XArrayNode.make(in: pool, parent: nil, slot: 0)
        root = node
        shift = 0
        while !spans(index) { shift += XArrayNode.bitsPerLevel }
        return node
    }

    private mutating func addLevel(above old: XArrayNode) -> XArrayNode {
        let node = XArrayNode.make(in: pool, parent: nil, slot: 0)
        node[0] = old.bits
        for map in 0..<XArrayNode.mapCount where old.map(map) != 0 { node.setBit(0, in: map) }
        old.parent = node
        root = node
        shift += XArrayNode.bitsPerLevel
        return node
    }

    /// Removes what is at `index`, with its marks, and returns it; 0 where there was nothing (`xa_erase`).
    @inline(__always)
    @discardableResult
    mutating func erase(_ index: UInt64) -> UInt64 {
        guard let leaf = leaf(for: index) else { return 0 }
        let slot = Self.slot(index, 0)
        let value = leaf[slot]
        if value == 0 { return 0 }
        leaf[slot] = 0
        for map in 1..<XArrayNode.mapCount where leaf.hasBit(slot, in: map) { clearUpwards(leaf, slot, map) }
        leaf.clearBit(slot, in: 0)
        if leaf.map(0) == 0 { dropEmpty(leaf) }
        return value
    }

    /// Clears a bit, and the bits above that only it kept set.
    func clearUpwards(_ node: XArrayNode, _ slot: Int, _ map: Int) {
        var node = node
        var slot = slot
        // One level up a round.
        while true {
            node.clearBit(slot, in: map)
            guard node.map(map) == 0, let parent = node.parent else { return }
            slot = node.slotInParent
            node = parent
        }
    }

    /// Frees a node without entries and all above it that this leaves without, and lowers a root that is too tall.
    @inline(never)
    private mutating func dropEmpty(_ empty: XArrayNode) {
        var node = empty
        while node.map(0) == 0 {
            let parent = node.parent
            let slot = node.slotInParent
            pool.deallocate(node.words)
            guard let parent else {
                root = nil
                shift = 0
                return
            }
            parent[slot] = 0
            parent.clearBit(slot, in: 0)
            node = parent
        }
        while shift > 0, let top = root, top.map(0) == 1 {
            let child = top.child(0)
            child.parent = nil
            root = child
            shift -= XArrayNode.bitsPerLevel
            pool.deallocate(top.words)
        }
    }

    /// Frees all nodes; the array is empty afterwards (`xa_destroy`). What the values meant is the caller's.
    mutating func destroy() {
        if let root { free(root, shift) }
        root = nil
        shift = 0
    }

    private func free(_ node: XArrayNode, _ shift: UInt64) {
        if shift > 0 {
            for slot in 0..<XArrayNode.slotCount where node.hasBit(slot, in: 0) {
                free(node.child(slot), shift - XArrayNode.bitsPerLevel)
            }
        }
        pool.deallocate(node.words)
    }
}
