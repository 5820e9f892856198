/// Removing ranges.
extension VMATree {
    /// A node with fewer entries than this joins a sibling if both fit in ``mergeLimit`` slots.
    private static var sparse: Int { 6 }
    private static var leafMergeLimit: Int { 16 }
    private static var innerMergeLimit: Int { 12 }

    /// Removes the range that starts at `start` and returns its payload; nil where no range starts there.
    @inline(__always)
    @discardableResult
    mutating func remove(start: UInt64) -> Payload? {
        var path = VMATreePath()
        guard let leaf = descend(to: start, &path) else { return nil }
        let slot = leaf.leafRank(start) &- 1
        guard slot >= 0, leaf.starts[slot] == start else { return nil }
        let payload = leaf.payloads[slot]
        leaf.removeRange(at: slot)
        countChanged(by: -1)
        if leaf.count < Self.sparse {
            repairLeaf(leaf, path)
        } else {
            refresh(path, above: leaf)
        }
        return Self.payload(payload)
    }

    /// After a removal left few ranges in a leaf: drops it when empty, or joins it with a sibling.
    @inline(never)
    private mutating func repairLeaf(_ leaf: VMATreeNode, _ path: VMATreePath) {
        if path.depth == 0 {
            if leaf.count == 0 {
                pool.deallocate(leaf.words)
                root = nil
            }
            return
        }
        let step = path.depth - 1
        let parent = path.node(step)
        let slot = path.slot(step)
        if leaf.count == 0 {
            unlinkAndFree(leaf)
            removeChild(path, step, slot)
        } else if slot + 1 < parent.count, leaf.count + parent.child(slot + 1).count <= Self.leafMergeLimit {
            joinLeaves(parent, slot, path)
        } else if slot > 0, leaf.count + parent.child(slot - 1).count <= Self.leafMergeLimit {
            joinLeaves(parent, slot - 1, path)
        } else {
            refresh(path, above: leaf)
        }
    }

    private func unlinkAndFree(_ leaf: VMATreeNode) {
        leaf.previous?.next = leaf.next
        leaf.next?.previous = leaf.previous
        pool.deallocate(leaf.words)
    }

    /// Moves the ranges of the leaf right of `slot` into the one at `slot`.
    private mutating func joinLeaves(_ parent: VMATreeNode, _ slot: Int, _ path: VMATreePath) {
        let left = parent.child(slot)
        let right = parent.child(slot + 1)
        right.moveRanges(from: 0, to: left)
        unlinkAndFree(right)
        parent.store(left.leafSummary, at: slot)
        removeChild(path, path.depth - 1, slot + 1)
    }

    /// Takes a child out of the interior node at `step` of the path, and repairs what that leaves, up to the root.
    private mutating func removeChild(_ path: VMATreePath, _ step: Int, _ slot: Int) {
        let node = path.node(step)
        node.removeChild(at: slot)
        if step == 0 {
            shortenRoot(node)
            return
        }
        let parent = path.node(step - 1)
        let place = path.slot(step - 1)
        if node.count == 0 {
            pool.deallocate(node.words)
            removeChild(path, step - 1, place)
        } else if node.count < Self.sparse, place + 1 < parent.count,
            node.count + parent.child(place + 1).count <= Self.innerMergeLimit
        {
            joinInner(parent, place, path, step - 1)
        } else if node.count < Self.sparse, place > 0,
            node.count + parent.child(place - 1).count <= Self.innerMergeLimit
        {
            joinInner(parent, place - 1, path, step - 1)
        } else {
            refresh(path, upFrom: step - 1, summary: node.innerSummary)
        }
    }

    private mutating func joinInner(_ parent: VMATreeNode, _ slot: Int, _ path: VMATreePath, _ step: Int) {
        let left = parent.child(slot)
        let right = parent.child(slot + 1)
        right.moveChildren(from: 0, to: left)
        pool.deallocate(right.words)
        parent.store(left.innerSummary, at: slot)
        removeChild(path, step, slot + 1)
    }

    /// A root with one child gives way to it; one without any leaves an empty tree.
    private mutating func shortenRoot(_ oldRoot: VMATreeNode) {
        var node = oldRoot
        while height > 0, node.count == 1 {
            let child = node.child(0)
            pool.deallocate(node.words)
            node = child
            height -= 1
        }
        if node.count == 0 {
            pool.deallocate(node.words)
            root = nil
            height = 0
        } else {
            root = node
        }
    }
}
