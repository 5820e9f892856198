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
        // Without a leaf there is nothing, or an entry of more than 64 indices.
        guard let leaf else { return array.load(index) }
        return leaf[XArray.slot(index, 0)]
    }

    /// Whether the entry at `index` has the mark.
    @inline(__always)
    mutating func isMarked(_ index: UInt64, _ mark: XArrayMark) -> Bool {
        moveTo(index)
        guard let leaf else { return array.isMarked(index, mark) }
        return leaf.hasBit(leaf.firstSlot(XArray.slot(index, 0)), in: mark.rawValue)
    }
}
