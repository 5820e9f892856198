/// Searching for unmapped space (`mas_empty_area`, `mas_empty_area_rev` in `lib/maple_tree.c`).
///
/// The search knows ranges only; alignment and the guard gaps of stacks are the caller's (`vm_unmapped_area`), who asks
/// again with narrower bounds.
extension VMATree {
    /// The highest address in [low, high) at which `length` bytes are free and end at or below `high`; nil where no gap
    /// is long enough.
    func highestGap(length: UInt64, low: UInt64, high: UInt64) -> UInt64? {
        guard low < high, high - low >= length, length > 0 else { return nil }
        var path = VMATreePath()
        guard let leaf = descend(to: high - 1, &path) else { return high - length }
        let rank = leaf.leafRank(high - 1)
        if rank == 0 { return high - length }
        // The space between the last range that starts below `high`, and `high` itself.
        let floor = max(leaf.ends[rank - 1], low)
        if floor < high, high - floor >= length { return high - length }
        guard let top = highestCeiling(length, leaf, rank - 1, path), top >= low, top - low >= length else {
            return nil
        }
        return top - length
    }

    /// The start of the highest range at or below `leaf[index]` that has at least `length` bytes free in front of it.
    private func highestCeiling(
        _ length: UInt64, _ leaf: VMATreeNode, _ index: Int, _ path: VMATreePath
    ) -> UInt64? {
        if let start = Self.ceiling(in: leaf, from: index, length) { return start }
        var lowest = leaf.starts[0]
        var step = path.depth - 1
        while step >= 0 {
            let node = path.node(step)
            var slot = path.slot(step)
            while slot > 0 {
                slot -= 1
                if lowest - node.highs[slot] >= length { return lowest }
                if node.gaps[slot] >= length {
                    return highestCeiling(length, in: node.child(slot), level: height - step - 1)
                }
                lowest = node.lows[slot]
            }
            step -= 1
        }
        // Below the lowest range there is nothing but the caller's bound.
        return lowest
    }

    /// Going down into a subtree that is known to hold a gap of `length`.
    private func highestCeiling(_ length: UInt64, in subtree: VMATreeNode, level: Int) -> UInt64? {
        var node = subtree
        var level = level
        descent: while level > 0 {
            var slot = node.count - 1
            while node.gaps[slot] < length {
                precondition(slot > 0, "a summary promises a gap that is not there")
                if node.lows[slot] - node.highs[slot - 1] >= length { return node.lows[slot] }
                slot -= 1
            }
            node = node.child(slot)
            level -= 1
        }
        return Self.ceiling(in: node, from: node.count - 1, length)
    }

    /// In one leaf, gaps between two of its ranges.
    @inline(__always)
    private static func ceiling(in leaf: VMATreeNode, from index: Int, _ length: UInt64) -> UInt64? {
        var index = index
        while index > 0 {
            let start = leaf.starts[index]
            if start &- leaf.ends[index &- 1] >= length { return start }
            index &-= 1
        }
        return nil
    }

    /// The lowest address in [low, high) at which `length` bytes are free and end at or below `high`; nil where no gap
    /// is long enough.
    func lowestGap(length: UInt64, low: UInt64, high: UInt64) -> UInt64? {
        guard low < high, high - low >= length, length > 0 else { return nil }
        guard let leaf = leaf(for: low) else { return low }
        let rank = leaf.leafRank(low)
        var bottom = rank > 0 ? max(low, leaf.ends[rank - 1]) : low
        // The space between `low`, or the range that covers it, and the next range; then what lies behind that.
        if let next = rank < leaf.count ? leaf.starts[rank] : leaf.next?.starts[0], next - bottom < length {
            bottom = lowestFloor(length, fromRangeAt: next)
        }
        return bottom <= high - length ? bottom : nil
    }

    /// The end of the lowest range, from the one that starts at `start` on, that has `length` bytes free behind it; or of
    /// the last range.
    private func lowestFloor(_ length: UInt64, fromRangeAt start: UInt64) -> UInt64 {
        var path = VMATreePath()
        guard let leaf = descend(to: start, &path) else { return start }
        if let end = Self.floor(in: leaf, from: leaf.leafRank(start) - 1, length) { return end }
        var highest = leaf.ends[leaf.count - 1]
        var step = path.depth - 1
        while step >= 0 {
            let node = path.node(step)
            var slot = path.slot(step) + 1
            while slot < node.count {
                if node.lows[slot] - highest >= length { return highest }
                if node.gaps[slot] >= length {
                    return lowestFloor(length, in: node.child(slot), level: height - step - 1)
                }
                highest = node.highs[slot]
                slot += 1
            }
            step -= 1
        }
        return highest
    }

    private func lowestFloor(_ length: UInt64, in subtree: VMATreeNode, level: Int) -> UInt64 {
        var node = subtree
        var level = level
        while level > 0 {
            var slot = 0
            while node.gaps[slot] < length {
                precondition(slot + 1 < node.count, "a summary promises a gap that is not there")
                if node.lows[slot + 1] - node.highs[slot] >= length { return node.highs[slot] }
                slot += 1
            }
            node = node.child(slot)
            level -= 1
        }
        guard let end = Self.floor(in: node, from: 0, length) else {
            preconditionFailure("a summary promises a gap that is not there")
        }
        return end
    }

    @inline(__always)
    private static func floor(in leaf: VMATreeNode, from index: Int, _ length: UInt64) -> UInt64? {
        var index = index
        let last = leaf.count &- 1
        while index < last {
            let end = leaf.ends[index]
            if leaf.starts[index &+ 1] &- end >= length { return end }
            index &+= 1
        }
        return nil
    }
}
