/// Opening, closing and moving slots of a node. Counts and unused keys are kept right here.
extension VMATreeNode {
    /// A node without entries, from a pool.
    static func make(in pool: NodePool.Reference, isLeaf: Bool) -> VMATreeNode {
        // SAFETY: a block is `blockBytes` long and aligned to 64.
        let words = pool.allocate().bindMemory(to: UInt64.self, capacity: blockBytes / 8)
        let node = VMATreeNode(words)
        node.count = 0
        node.next = nil
        node.previous = nil
        node.lastInsertion = -1
        node.clearKeys(from: 0, to: isLeaf ? leafCapacity : innerCapacity)
        return node
    }

    @inline(__always)
    private func clearKeys(from first: Int, to limit: Int) {
        var slot = first
        while slot < limit {
            keys[slot] = .max
            slot &+= 1
        }
    }

    // SAFETY for all moves below: slots stay below the column's capacity, by the callers' preconditions.

    @inline(__always)
    private static func open(_ column: UnsafeMutablePointer<UInt64>, _ slot: Int, _ count: Int) {
        var index = count
        while index > slot {
            column[index] = column[index &- 1]
            index &-= 1
        }
    }

    @inline(__always)
    private static func close(_ column: UnsafeMutablePointer<UInt64>, _ slot: Int, _ count: Int) {
        var index = slot
        while index < count &- 1 {
            column[index] = column[index &+ 1]
            index &+= 1
        }
    }

    /// Precondition: the leaf is not full and `slot` is at most its count.
    @inline(__always)
    func insertRange(at slot: Int, start: UInt64, end: UInt64, payload: UInt64) {
        let count = self.count
        Self.open(starts, slot, count)
        Self.open(ends, slot, count)
        Self.open(payloads, slot, count)
        starts[slot] = start
        ends[slot] = end
        payloads[slot] = payload
        self.count = count &+ 1
        lastInsertion = slot
    }

    /// Precondition: `slot` is below the leaf's count.
    @inline(__always)
    func removeRange(at slot: Int) {
        let count = self.count
        Self.close(starts, slot, count)
        Self.close(ends, slot, count)
        Self.close(payloads, slot, count)
        starts[count &- 1] = .max
        self.count = count &- 1
        lastInsertion = -1
    }

    /// Precondition: the interior node is not full and `slot` is at most its count.
    func insertChild(at slot: Int, _ child: VMATreeNode, _ summary: VMATreeSummary) {
        let count = self.count
        Self.open(lows, slot, count)
        Self.open(highs, slot, count)
        Self.open(gaps, slot, count)
        Self.open(children, slot, count)
        store(summary, at: slot)
        children[slot] = child.bits
        self.count = count + 1
        lastInsertion = slot
    }

    /// Precondition: `slot` is below the interior node's count.
    func removeChild(at slot: Int) {
        let count = self.count
        Self.close(lows, slot, count)
        Self.close(highs, slot, count)
        Self.close(gaps, slot, count)
        Self.close(children, slot, count)
        lows[count - 1] = .max
        self.count = count - 1
        lastInsertion = -1
    }

    /// Moves the leaf's slots from `first` on to the end of `target`, a leaf.
    func moveRanges(from first: Int, to target: VMATreeNode) {
        let moved = count - first
        let at = target.count
        precondition(at + moved <= Self.leafCapacity, "a leaf overflows")
        (target.starts + at).update(from: starts + first, count: moved)
        (target.ends + at).update(from: ends + first, count: moved)
        (target.payloads + at).update(from: payloads + first, count: moved)
        finishMove(first, target, at + moved)
    }

    /// Moves the interior node's slots from `first` on to the end of `target`, an interior node.
    func moveChildren(from first: Int, to target: VMATreeNode) {
        let moved = count - first
        let at = target.count
        precondition(at + moved <= Self.innerCapacity, "an interior node overflows")
        (target.lows + at).update(from: lows + first, count: moved)
        (target.highs + at).update(from: highs + first, count: moved)
        (target.gaps + at).update(from: gaps + first, count: moved)
        (target.children + at).update(from: children + first, count: moved)
        finishMove(first, target, at + moved)
    }

    private func finishMove(_ first: Int, _ target: VMATreeNode, _ targetCount: Int) {
        clearKeys(from: first, to: count)
        count = first
        target.count = targetCount
        lastInsertion = -1
        target.lastInsertion = -1
    }
}
