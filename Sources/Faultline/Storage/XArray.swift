/// Values by index, sparse and ordered, with marks: `struct xarray` (`lib/xarray.c`), as the page cache uses it.
///
/// A radix tree of 64 slots a node, as tall as the highest index needs. A value is any word but 0 whose low bits are not 10: pointers
/// and shifted numbers, or what ``XArrayValue`` makes of a number. An entry may stand for 2^n indices (`XArray+Order.swift`). Nodes
/// come from a pool that all arrays of a machine share; an empty array owns none. Plain data: the owner calls ``destroy()``.
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
            let entry = node[Self.slot(index, shift)]
            guard XArrayNode.isNode(entry) else { return nil }
            node = XArrayNode.node(entry)
            shift &-= XArrayNode.bitsPerLevel
        }
        return node
    }

    /// The value at `index`, or 0 (`xa_load`).
    @inline(__always)
    func load(_ index: UInt64) -> UInt64 {
        guard var node = root, spans(index) else { return 0 }
        var shift = self.shift
        // A level down a round; the slots of a leaf hold no nodes.
        while true {
            let entry = node[Self.slot(index, shift)]
            guard XArrayNode.isNode(entry) else { return entry }
            node = XArrayNode.node(entry)
            shift &-= XArrayNode.bitsPerLevel
        }
    }

    /// Where the entry that covers an index begins.
    struct Place {
        let node: XArrayNode
        let slot: Int
        /// Of the node.
        let shift: UInt64
    }

    /// The place of the entry at `index`; nil where there is none.
    @inline(__always)
    func place(of index: UInt64) -> Place? {
        guard var node = root, spans(index) else { return nil }
        var shift = self.shift
        // As ``load(_:)``.
        while true {
            let slot = Self.slot(index, shift)
            let entry = node[slot]
            if entry == 0 { return nil }
            guard XArrayNode.isNode(entry) else { return Place(node: node, slot: node.firstSlot(slot), shift: shift) }
            node = XArrayNode.node(entry)
            shift &-= XArrayNode.bitsPerLevel
        }
    }

    /// Puts a value at `index`, where one may be already; marks stay as they are (`xa_store`).
    ///
    /// Precondition: the value is one (``erase(_:)`` removes), and no entry of several indices is there.
    @inline(__always)
    mutating func store(_ index: UInt64, _ value: UInt64) { store(index, value, in: leaf(for: index)) }

    /// The same for one who has looked the index up just now. Precondition: `leaf` is that of ``leaf(for:)``.
    @inline(__always)
    mutating func store(_ index: UInt64, _ value: UInt64, in leaf: XArrayNode?) {
        precondition(value != 0 && !XArrayNode.isNode(value), "0 stands for no value, the low bits 10 for a node")
        let leaf = leaf ?? makeNode(for: index, last: index, level: 0)
        let slot = Self.slot(index, 0)
        precondition(leaf.siblings >> UInt64(slot) & 3 == 0, "a part of an entry is replaced")
        leaf.forgetShadow(slot)
        leaf[slot] = value
        leaf.setBit(slot, in: 0)
    }

    /// The node of a level whose slots contain `index`, made where it is missing.
    @inline(never)
    mutating func makeNode(for index: UInt64, last: UInt64, level: UInt64) -> XArrayNode {
        var node = root ?? makeRoot()
        while !spans(last) || shift < level { node = addLevel(above: node) }
        var shift = self.shift
        while shift > level {
            let slot = Self.slot(index, shift)
            if node[slot] == 0 {
                node[slot] = XArrayNode.make(in: pool, parent: node, slot: slot).entry
                node.setBit(slot, in: 0)
            }
            guard let child = node.child(slot) else { preconditionFailure("a part of an entry is replaced") }
            node = child
            shift -= XArrayNode.bitsPerLevel
        }
        return node
    }

    private mutating func makeRoot() -> XArrayNode {
        let node = XArrayNode.make(in: pool, parent: nil, slot: 0)
        root = node
        shift = 0
        return node
    }

    /// A taller root. One without entries, which was made just now, only grows.
    private mutating func addLevel(above old: XArrayNode) -> XArrayNode {
        shift += XArrayNode.bitsPerLevel
        if old.map(0) == 0 { return old }
        let node = XArrayNode.make(in: pool, parent: nil, slot: 0)
        node[0] = old.entry
        for map in 0..<XArrayNode.mapCount where old.map(map) != 0 { node.setBit(0, in: map) }
        old.parent = node
        root = node
        return node
    }

    /// Removes the entry at `index`, with its marks, and returns it; 0 where there was nothing (`xa_erase`).
    @inline(__always)
    @discardableResult
    mutating func erase(_ index: UInt64) -> UInt64 {
        guard let place = place(of: index) else { return 0 }
        let node = place.node
        let slot = place.slot
        let value = node[slot]
        node[slot] = 0
        for map in 1..<XArrayNode.mapCount where node.hasBit(slot, in: map) { clearUpwards(node, slot, map) }
        node.clearBit(slot, in: 0)
        node.forgetShadow(slot)
        if (node.siblings >> 1) >> UInt64(slot) & 1 != 0 { eraseSiblings(node, slot) }
        if node.map(0) == 0 { dropEmpty(node) } else if place.shift > 0 { lowerRoot() }
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

    /// Frees a node without entries and all above it that this leaves without.
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
        lowerRoot()
    }

    /// `xas_shrink`: takes away a root that only leads to its first child.
    private mutating func lowerRoot() {
        while shift > 0, let top = root, top.map(0) == 1, let child = top.child(0) {
            child.parent = nil
            root = child
            shift -= XArrayNode.bitsPerLevel
            pool.deallocate(top.words)
        }
    }

    /// Frees all nodes; the array is empty afterwards (`xa_destroy`). What the values meant is the caller's.
    mutating func destroy() {
        if let root { free(root) }
        root = nil
        shift = 0
    }

    private func free(_ node: XArrayNode) {
        for slot in 0..<XArrayNode.slotCount { if let child = node.child(slot) { free(child) } }
        node.ticket = 0
        pool.deallocate(node.words)
    }
}

/// Numbers as values of an ``XArray``: `xa_mk_value`. They are odd, as no page's word is: what the page cache keeps of a page that is
/// gone (a swap entry, a shadow) is told from a page by this bit.
enum XArrayValue {
    /// Precondition: the number has at most 63 bits.
    @inline(__always)
    static func make(_ number: UInt64) -> UInt64 { number << 1 | 1 }

    /// `xa_is_value`.
    @inline(__always)
    static func isValue(_ entry: UInt64) -> Bool { entry & 1 != 0 }

    /// `xa_to_value`. Precondition: ``isValue(_:)``.
    @inline(__always)
    static func number(_ entry: UInt64) -> UInt64 { entry >> 1 }
}
