/// Marks, and walking in order (`xa_set_mark`, `xa_find`, `tag_pages_for_writeback`).
extension XArray {
    /// Marks the value at `index`; where there is none, nothing happens (`xa_set_mark`).
    @inline(__always)
    func setMark(_ index: UInt64, _ mark: XArrayMark) {
        guard let leaf = leaf(for: index), leaf.hasBit(Self.slot(index, 0), in: 0) else { return }
        var node = leaf
        var slot = Self.slot(index, 0)
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
        guard let leaf = leaf(for: index), leaf.hasBit(Self.slot(index, 0), in: mark.rawValue) else { return }
        clearUpwards(leaf, Self.slot(index, 0), mark.rawValue)
    }

    /// `xa_get_mark`.
    @inline(__always)
    func isMarked(_ index: UInt64, _ mark: XArrayMark) -> Bool {
        guard let leaf = leaf(for: index) else { return false }
        return leaf.hasBit(Self.slot(index, 0), in: mark.rawValue)
    }

    /// Whether anything in the array has the mark (`xa_marked`).
    @inline(__always)
    func hasAnyMarked(_ mark: XArrayMark) -> Bool { root.map { $0.map(mark.rawValue) != 0 } ?? false }

    /// The lowest entry in [first, last] (`xa_find`).
    @inline(__always)
    func next(from first: UInt64, through last: UInt64) -> (index: UInt64, value: UInt64)? {
        search(first, last, 0)
    }

    /// The lowest entry in [first, last] that has the mark.
    @inline(__always)
    func nextMarked(_ mark: XArrayMark, from first: UInt64, through last: UInt64) -> (index: UInt64, value: UInt64)? {
        search(first, last, mark.rawValue)
    }

    /// Follows the bits of one map down and to the right.
    private func search(_ first: UInt64, _ last: UInt64, _ map: Int) -> (index: UInt64, value: UInt64)? {
        guard first <= last, spans(first), var node = root else { return nil }
        var index = first
        var shift = self.shift
        // Each round goes a level down, or on to a greater index.
        while true {
            let slot = Self.slot(index, shift)
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
            let skipped = UInt64(bits.trailingZeroBitCount)
            if skipped > 0 { index = ((index >> shift) &+ skipped) << shift }
            if index > last { return nil }
            let found = Self.slot(index, shift)
            if shift == 0 { return (index, node[found]) }
            node = node.child(found)
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
            if found.index == last { break }
            index = found.index + 1
        }
        return count
    }

    /// Removes all entries in [first, last]; returns how many there were.
    @discardableResult
    mutating func eraseAll(from first: UInt64, through last: UInt64) -> Int {
        var count = 0
        var index = first
        while let found = next(from: index, through: last) {
            erase(found.index)
            count += 1
            if found.index == last { break }
            index = found.index + 1
        }
        return count
    }

    /// Entries in [first, last]. Costs a step for every 64 indices that are in use.
    func count(from first: UInt64 = 0, through last: UInt64 = .max) -> Int {
        var count = 0
        var index = first
        while let found = next(from: index, through: last), let leaf = leaf(for: found.index) {
            let base = found.index & ~63
            let top = min(last &- base, 63)
            count += (leaf.map(0) & (~0 >> (63 - top)) & (~0 << (found.index - base))).nonzeroBitCount
            if base | 63 >= last { break }
            index = base + 64
        }
        return count
    }
}
