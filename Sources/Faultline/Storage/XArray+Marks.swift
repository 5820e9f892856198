/// Marks, and walking in order (`xa_set_mark`, `xa_find`, `tag_pages_for_writeback`).
extension XArray {
    /// Marks the entry at `index`; where there is none, nothing happens (`xa_set_mark`).
    @inline(__always)
    func setMark(_ index: UInt64, _ mark: XArrayMark) {
        guard let place = place(of: index) else { return }
        var node = place.node
        var slot = place.slot
        while !node.hasBit(slot, in: mark.rawValue) {
            node.setBit(slot, in: mark.rawValue)
            guard let parent = node.parent else { return }
            slot = node.slotInParent
            node = parent
        }
    }

    /// `xa_clear_mark`.
    @inline(__always)
    func clearMark(_ index: UInt64, _ mark: XArrayMark) {
        guard let place = place(of: index), place.node.hasBit(place.slot, in: mark.rawValue) else { return }
        clearUpwards(place.node, place.slot, mark.rawValue)
    }

    /// `xa_get_mark`.
    @inline(__always)
    func isMarked(_ index: UInt64, _ mark: XArrayMark) -> Bool {
        guard let place = place(of: index) else { return false }
        return place.node.hasBit(place.slot, in: mark.rawValue)
    }

    /// Whether anything in the array has the mark (`xa_marked`).
    @inline(__always)
    func hasAnyMarked(_ mark: XArrayMark) -> Bool { root.map { $0.map(mark.rawValue) != 0 } ?? false }

    /// The lowest entry that stands for an index in [first, last] (`xa_find`); it may begin before.
    @inline(__always)
    func next(from first: UInt64, through last: UInt64) -> XArrayEntry? { search(first, last, 0) }

    /// The lowest such entry that has the mark.
    @inline(__always)
    func nextMarked(_ mark: XArrayMark, from first: UInt64, through last: UInt64) -> XArrayEntry? {
        search(first, last, mark.rawValue)
    }

    /// Follows the bits of one map down and to the right.
    private func search(_ first: UInt64, _ last: UInt64, _ map: Int) -> XArrayEntry? {
        guard first <= last, spans(first), var node = root else { return nil }
        var index = first
        var shift = self.shift
        // Each round goes a level down, or on to a greater index.
        while true {
            // Marks stand in the first slot of an entry.
            let slot = node.firstSlot(Self.slot(index, shift))
            let bits = node.map(map) >> UInt64(slot)
            if bits == 0 {
                // Nothing more in this node: on to the slot behind it in the nearest ancestor that has one.
                shift &+= XArrayNode.bitsPerLevel
                while node.slotInParent == 63, let parent = node.parent {
                    node = parent
                    shift &+= XArrayNode.bitsPerLevel
                }
                guard let parent = node.parent else { return nil }
                index = ((index >> shift) &+ 1) << shift
                node = parent
                if index > last { return nil }
                continue
            }
            let found = slot &+ bits.trailingZeroBitCount
            if found != Self.slot(index, shift) {
                index = ((index >> shift) & ~63 | UInt64(truncatingIfNeeded: found)) << shift
            }
            if index > last { return nil }
            let entry = node[found]
            guard XArrayNode.isNode(entry) else {
                return XArrayEntry(
                    index: (index >> shift) << shift, value: entry, order: shift &+ node.slotOrder(found))
            }
            node = XArrayNode.node(entry)
            shift &-= XArrayNode.bitsPerLevel
        }
    }

    /// Gives every entry in [first, last] that has `source` the mark `target` too; returns how many
    /// (`tag_pages_for_writeback`).
    @discardableResult
    func copyMark(_ source: XArrayMark, to target: XArrayMark, from first: UInt64, through last: UInt64) -> Int {
        var count = 0
        var index = first
        while let found = nextMarked(source, from: index, through: last) {
            setMark(found.index, target)
            count += 1
            if found.lastIndex >= last { break }
            index = found.lastIndex + 1
        }
        return count
    }

    /// Removes all entries that stand for an index in [first, last]; returns how many there were.
    @discardableResult
    mutating func eraseAll(from first: UInt64, through last: UInt64) -> Int {
        var count = 0
        var index = first
        while let found = next(from: index, through: last) {
            erase(found.index)
            count += 1
            if found.lastIndex >= last { break }
            index = found.lastIndex + 1
        }
        return count
    }

    /// Entries that stand for an index in [first, last]. Costs a step for every 64 indices that are in use.
    func count(from first: UInt64 = 0, through last: UInt64 = .max) -> Int {
        var count = 0
        var index = first
        while let found = next(from: index, through: last) {
            var end = found.lastIndex
            if let leaf = leaf(for: found.index) {
                end = found.index | 63
                let top = min(last, end) & 63
                count +=
                    (leaf.map(0) & ~leaf.siblings & (~0 >> (63 - top)) & (~0 << (found.index & 63))).nonzeroBitCount
            } else {
                count += 1
            }
            if end >= last { break }
            index = end + 1
        }
        return count
    }
}
