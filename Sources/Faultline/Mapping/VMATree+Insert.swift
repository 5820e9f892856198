/// Adding ranges and changing their ends.
extension VMATree {
    /// Adds [start, end). Precondition: start < end, and the range overlaps none that is in the tree.
    @inline(__always)
    mutating func insert(start: UInt64, end: UInt64, payload: Payload) {
        precondition(start < end, "a range has at least one byte")
        countChanged(by: 1)
        var path = VMATreePath()
        guard let leaf = descend(to: start, &path) else {
            insertFirst(start, end, Self.bits(payload))
            return
        }
        let slot = leaf.leafRank(start)
        precondition(
            (slot == 0 || leaf.ends[slot &- 1] <= start) && (slot >= leaf.count || end <= leaf.starts[slot]),
            "two VMAs overlap")
        if leaf.count == VMATreeNode.leafCapacity {
            insertSplitting(leaf, slot, start, end, Self.bits(payload), path)
        } else {
            leaf.insertRange(at: slot, start: start, end: end, payload: Self.bits(payload))
            refresh(path, above: leaf)
        }
    }

    private mutating func insertFirst(_ start: UInt64, _ end: UInt64, _ payload: UInt64) {
        let leaf = VMATreeNode.make(in: pool, isLeaf: true)
        leaf.insertRange(at: 0, start: start, end: end, payload: payload)
        root = leaf
        height = 0
    }

    /// The slot at which a full node is cut when something goes to `slot`: the middle, but where insertions run up or
    /// down in sequence the place itself, so that nodes are left full behind it.
    private static func cut(_ node: VMATreeNode, _ slot: Int) -> Int {
        let last = node.lastInsertion
        if last >= 0, slot == last + 1 || slot == last { return min(max(slot, 1), node.count) }
        return node.count / 2
    }

    @inline(never)
    private mutating func insertSplitting(
        _ leaf: VMATreeNode, _ slot: Int, _ start: UInt64, _ end: UInt64, _ payload: UInt64, _ path: VMATreePath
    ) {
        let cut = Self.cut(leaf, slot)
        // In sequence upwards the new range begins the right leaf; downwards it ends the left one.
        let goesRight = slot > cut || (slot == cut && (slot == leaf.count || slot == leaf.lastInsertion + 1))
        let right = VMATreeNode.make(in: pool, isLeaf: true)
        if cut < leaf.count { leaf.moveRanges(from: cut, to: right) }
        right.next = leaf.next
        right.previous = leaf
        right.next?.previous = right
        leaf.next = right
        let target = goesRight ? right : leaf
        target.insertRange(at: goesRight ? slot - cut : slot, start: start, end: end, payload: payload)
        addSibling(of: leaf, leaf.leafSummary, right, right.leafSummary, path)
    }

    /// Enters `right`, split off `left`, in the nodes above, splitting those that are full.
    private mutating func addSibling(
        of left: VMATreeNode, _ leftSummary: VMATreeSummary, _ right: VMATreeNode, _ rightSummary: VMATreeSummary,
        _ path: VMATreePath
    ) {
        var left = left
        var leftSummary = leftSummary
        var right = right
        var rightSummary = rightSummary
        var step = path.depth - 1
        while step >= 0 {
            let node = path.node(step)
            let slot = path.slot(step)
            node.store(leftSummary, at: slot)
            if node.count < VMATreeNode.innerCapacity {
                node.insertChild(at: slot + 1, right, rightSummary)
                refresh(path, upFrom: step - 1, summary: node.innerSummary)
                return
            }
            let sibling = splitInner(node, adding: right, rightSummary, at: slot + 1)
            left = node
            leftSummary = node.innerSummary
            right = sibling
            rightSummary = sibling.innerSummary
            step -= 1
        }
        let newRoot = VMATreeNode.make(in: pool, isLeaf: false)
        newRoot.insertChild(at: 0, left, leftSummary)
        newRoot.insertChild(at: 1, right, rightSummary)
        newRoot.lastInsertion = -1
        root = newRoot
        height += 1
        precondition(height < VMATreePath.maximumDepth, "a VMA tree is deeper than any address space needs")
    }

    private func splitInner(
        _ node: VMATreeNode, adding child: VMATreeNode, _ summary: VMATreeSummary, at slot: Int
    ) -> VMATreeNode {
        let cut = Self.cut(node, slot)
        let goesRight = slot > cut || (slot == cut && slot == node.count)
        let sibling = VMATreeNode.make(in: pool, isLeaf: false)
        if cut < node.count { node.moveChildren(from: cut, to: sibling) }
        if goesRight {
            sibling.insertChild(at: slot - cut, child, summary)
        } else {
            node.insertChild(at: slot, child, summary)
        }
        return sibling
    }

    /// Gives the range that starts at `oldStart` new ends, in place.
    ///
    /// Precondition: the range exists, and with its new ends still lies between its neighbours without overlap.
    @inline(__always)
    func updateRange(oldStart: UInt64, newStart: UInt64, newEnd: UInt64) {
        precondition(newStart < newEnd, "a range has at least one byte")
        var path = VMATreePath()
        guard let leaf = descend(to: oldStart, &path) else { preconditionFailure("no such range") }
        let index = leaf.leafRank(oldStart) &- 1
        precondition(index >= 0 && leaf.starts[index] == oldStart, "no range starts there")
        leaf.starts[index] = newStart
        leaf.ends[index] = newEnd
        refresh(path, above: leaf)
    }
}
