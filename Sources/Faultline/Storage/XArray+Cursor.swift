/// Repeated access to neighbouring indices of an ``XArray``, which looks a leaf of 64 up once: `struct xa_state`.
///
/// Valid until the array is changed.
struct XArrayCursor {
    private let array: XArray
    private var leaf: XArrayNode?
    /// The index of `leaf`'s first slot; no multiple of 64 before the first access.
    private var base: UInt64 = 1

    @inline(__always)
    init(_ array: XArray) { self.array = array }

    @inline(__always)
    private mutating func moveTo(_ index: UInt64) {
        if index & ~63 == base { return }
        base = index & ~63
        leaf = array.leaf(for: index)
    }

    /// The value at `index`, or 0.
    @inline(__always)
    mutating func load(_ index: UInt64) -> UInt64 {
        moveTo(index)
        guard let leaf else { return 0 }
        return leaf[XArray.slot(index, 0)]
    }

    /// Whether the value at `index` has the mark.
    @inline(__always)
    mutating func isMarked(_ index: UInt64, _ mark: XArrayMark) -> Bool {
        moveTo(index)
        return leaf?.hasBit(XArray.slot(index, 0), in: mark.rawValue) ?? false
    }
}

extension XArray {
    /// Returns what is wrong, or nil: use and mark bits against what is below, links, no empty nodes, the root's height.
    func checkInvariants() -> String? {
        guard let root else { return shift == 0 ? nil : "an empty array has height" }
        if root.parent != nil { return "the root has a parent" }
        if shift > 0, root.map(0) == 1 { return "the root is taller than its highest index needs" }
        return check(root, shift)
    }

    private func check(_ node: XArrayNode, _ shift: UInt64) -> String? {
        if node.map(0) == 0 { return "a node is empty" }
        for slot in 0..<XArrayNode.slotCount {
            if node.hasBit(slot, in: 0) != (node[slot] != 0) { return "a slot's use bit is wrong" }
            for mark in XArrayMark.allCases where node.hasBit(slot, in: mark.rawValue) && node[slot] == 0 {
                return "an empty slot is marked \(mark)"
            }
            guard shift > 0, node[slot] != 0 else { continue }
            let child = node.child(slot)
            if child.parent != node || child.slotInParent != slot { return "a node's link upwards is wrong" }
            for mark in XArrayMark.allCases
            where (child.map(mark.rawValue) != 0) != node.hasBit(slot, in: mark.rawValue) {
                return "the mark \(mark) of a subtree is wrong"
            }
            if let problem = check(child, shift - XArrayNode.bitsPerLevel) { return problem }
        }
        return nil
    }
}
