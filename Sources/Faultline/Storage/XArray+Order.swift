/// Entries that stand for 2^n indices, aligned to as many (`CONFIG_XARRAY_MULTI`): large folios, and what stays of them.
extension XArray {
    /// Puts a value at 2^order indices from `index` on, in place of all that is there (`xas_set_order`, `xas_store`).
    ///
    /// An entry of the same order keeps its marks; others lose them with the entry. Precondition: `index` is a multiple of 2^order,
    /// order is below 60, and no larger entry covers the indices (``split(_:to:value:)`` it first).
    mutating func store(_ index: UInt64, _ value: UInt64, order: UInt64) {
        precondition(value != 0 && !XArrayNode.isNode(value), "0 stands for no value, the low bits 10 for a node")
        precondition(order < 60 && index & (1 << order - 1) == 0, "an entry of 2^n indices is aligned to as many")
        let last = index | (1 << order - 1)
        if let old = next(from: index, through: last) {
            precondition(old.order <= order, "a part of an entry is replaced")
            if old.order == order, let place = place(of: index) { return fill(place, old.order, value) }
            eraseAll(from: index, through: last)
        }
        let level = order - order % XArrayNode.bitsPerLevel
        let node = makeNode(for: index, last: last, level: level)
        fill(Place(node: node, slot: Self.slot(index, level), shift: level), order, value)
    }

    /// Writes the slots of an entry.
    private func fill(_ place: Place, _ order: UInt64, _ value: UInt64) {
        let count = 1 << Int(order - place.shift)
        for slot in place.slot..<place.slot + count {
            place.node[slot] = value
            place.node.setBit(slot, in: 0)
        }
        place.node.siblings |= (1 << UInt64(count) - 2) << UInt64(place.slot)
    }

    /// Clears the slots of an entry behind its first.
    @inline(never)
    func eraseSiblings(_ node: XArrayNode, _ first: Int) {
        let count = 1 << Int(node.slotOrder(first))
        for slot in first + 1..<first + count {
            node[slot] = 0
            node.clearBit(slot, in: 0)
        }
        node.siblings &= ~((1 << UInt64(count) - 2) << UInt64(first))
    }

    /// `xas_split`: entries of a smaller order take the place of the one at `index`; each has its marks.
    ///
    /// - Parameter value: the value of the entry that begins at an index.
    ///
    /// Precondition: there is an entry, of a greater order.
    mutating func split(_ index: UInt64, to order: UInt64, value: (UInt64) -> UInt64) {
        guard let old = next(from: index, through: index), old.order > order else {
            preconditionFailure("an entry is split that is not larger")
        }
        let marks = XArrayMark.allCases.filter { isMarked(index, $0) }
        erase(old.index)
        for place in stride(from: old.index, through: old.lastIndex, by: 1 << Int(order)) {
            store(place, value(place), order: order)
            for mark in marks { setMark(place, mark) }
        }
    }

    /// `xa_get_order`: of the entry at `index`; 0 where there is none.
    func order(at index: UInt64) -> UInt64 {
        guard let place = place(of: index) else { return 0 }
        return place.shift + place.node.slotOrder(place.slot)
    }
}

/// An entry that a search found.
struct XArrayEntry {
    /// The first index that it stands for.
    let index: UInt64
    let value: UInt64
    /// It stands for 2^order indices.
    let order: UInt64

    /// The last index that it stands for.
    @inline(__always)
    var lastIndex: UInt64 { index | (1 << order &- 1) }
}
