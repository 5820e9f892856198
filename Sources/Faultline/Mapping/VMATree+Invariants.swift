/// Checking the whole tree against its own rules.
extension VMATree {
    /// Returns what is wrong, or nil: order, overlap, summaries, counts, leaf links, equal depth of all leaves.
    func checkInvariants() -> String? {
        guard let root else {
            return count == 0 && height == 0 ? nil : "an empty tree counts \(count) ranges at height \(height)"
        }
        var state = Check()
        if let problem = check(root, level: height, isRoot: true, &state) { return problem }
        if state.count != count { return "the tree counts \(count) ranges and holds \(state.count)" }
        if state.lastLeaf?.next != nil { return "the last leaf has a successor" }
        return nil
    }

    private struct Check {
        var count = 0
        var end: UInt64 = 0
        var lastLeaf: VMATreeNode?
    }

    private func check(_ node: VMATreeNode, level: Int, isRoot: Bool, _ state: inout Check) -> String? {
        if level == 0 { return checkLeaf(node, &state) }
        guard (isRoot ? 2 : 1)...VMATreeNode.innerCapacity ~= node.count else {
            return "an interior node has \(node.count) children"
        }
        for slot in node.count..<VMATreeNode.innerCapacity where node.keys[slot] != .max {
            return "an unused slot of an interior node has a key"
        }
        for slot in 0..<node.count {
            let child = node.child(slot)
            if let problem = check(child, level: level - 1, isRoot: false, &state) { return problem }
            let summary = level == 1 ? child.leafSummary : child.innerSummary
            if node.storedSummary(slot) != summary {
                return "a summary says \(node.storedSummary(slot)), the subtree \(summary)"
            }
        }
        return nil
    }

    private func checkLeaf(_ leaf: VMATreeNode, _ state: inout Check) -> String? {
        guard 1...VMATreeNode.leafCapacity ~= leaf.count else { return "a leaf has \(leaf.count) ranges" }
        if leaf.previous != state.lastLeaf { return "a leaf's link to the left is wrong" }
        if let last = state.lastLeaf, last.next != leaf { return "a leaf's link to the right is wrong" }
        for index in 0..<leaf.count {
            let start = leaf.starts[index]
            if start < state.end { return "the range at \(start) begins below the end \(state.end) of the one before" }
            if leaf.ends[index] <= start { return "the range at \(start) is empty" }
            state.end = leaf.ends[index]
        }
        for index in leaf.count..<VMATreeNode.leafCapacity where leaf.keys[index] != .max {
            return "an unused slot of a leaf has a key"
        }
        state.count += leaf.count
        state.lastLeaf = leaf
        return nil
    }
}
