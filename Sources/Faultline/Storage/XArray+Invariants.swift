extension XArray {
    /// Returns what is wrong, or nil: use and mark bits against what is below, links, no empty nodes, the root's height, and entries
    /// of several slots.
    func checkInvariants() -> String? {
        guard let root else { return shift == 0 ? nil : "an empty array has height" }
        if root.parent != nil { return "the root has a parent" }
        if shift > 0, root.map(0) == 1, root.child(0) != nil {
            return "the root is taller than its highest index needs"
        }
        return check(root, shift)
    }

    private func check(_ node: XArrayNode, _ shift: UInt64) -> String? {
        if node.map(0) == 0 { return "a node is empty" }
        if let problem = checkSiblings(node) { return problem }
        for slot in 0..<XArrayNode.slotCount {
            if node.hasBit(slot, in: 0) != (node[slot] != 0) { return "a slot's use bit is wrong" }
            for mark in XArrayMark.allCases where node.hasBit(slot, in: mark.rawValue) && node[slot] == 0 {
                return "an empty slot is marked \(mark)"
            }
            if node.shadows >> UInt64(slot) & 1 != 0, shift > 0 || !XArrayValue.isValue(node[slot]) {
                return "a slot counts as a shadow, but holds none"
            }
            guard let child = node.child(slot) else { continue }
            if shift == 0 { return "a leaf has a child" }
            if child.parent != node || child.slotInParent != slot { return "a node's link upwards is wrong" }
            for mark in XArrayMark.allCases
            where (child.map(mark.rawValue) != 0) != node.hasBit(slot, in: mark.rawValue) {
                return "the mark \(mark) of a subtree is wrong"
            }
            if let problem = check(child, shift - XArrayNode.bitsPerLevel) { return problem }
        }
        return nil
    }

    /// An entry has 1, 2, 4 to 32 slots, aligned to as many, with one value, and marks in the first alone.
    private func checkSiblings(_ node: XArrayNode) -> String? {
        var slot = 0
        while slot < XArrayNode.slotCount {
            if node.siblings >> UInt64(slot) & 1 != 0 { return "an entry does not begin where its alignment says" }
            let more = (~((node.siblings >> 1) >> UInt64(slot))).trailingZeroBitCount
            let count = more + 1
            if count & more != 0 || slot & more != 0 { return "an entry has \(count) slots from slot \(slot) on" }
            for sibling in slot + 1..<slot + count {
                if node[sibling] != node[slot] { return "the slots of an entry differ" }
                for mark in XArrayMark.allCases where node.hasBit(sibling, in: mark.rawValue) {
                    return "a sibling is marked \(mark)"
                }
            }
            if count > 1, node.child(slot) != nil { return "a node has siblings" }
            slot += count
        }
        return nil
    }
}
