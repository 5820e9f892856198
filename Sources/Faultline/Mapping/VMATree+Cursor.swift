/// A place in a ``VMATree`` that moves to its neighbours in constant time: `struct vma_iterator`.
///
/// Valid until the tree is changed, except by ``payload``'s setter.
struct VMATreeCursor<Payload: BitwiseCopyable> {
    private var leaf: VMATreeNode?
    private var index: Int

    @inline(__always)
    fileprivate init(_ leaf: VMATreeNode?, _ index: Int) {
        self.leaf = leaf
        self.index = index
    }

    /// False before the first range, behind the last one, and in an empty tree.
    @inline(__always)
    var isAtRange: Bool {
        guard let leaf else { return false }
        return index >= 0 && index < leaf.count
    }

    @inline(__always)
    private var here: VMATreeNode {
        precondition(isAtRange, "the cursor stands at no range")
        return leaf.unsafelyUnwrapped
    }

    /// Start of the range. Precondition: ``isAtRange``.
    @inline(__always)
    var start: UInt64 { here.starts[index] }

    /// End of the range. Precondition: ``isAtRange``.
    @inline(__always)
    var end: UInt64 { here.ends[index] }

    /// Payload of the range. Precondition: ``isAtRange``.
    @inline(__always)
    var payload: Payload {
        get { VMATree<Payload>.payload(here.payloads[index]) }
        nonmutating set { here.payloads[index] = VMATree<Payload>.bits(newValue) }
    }

    /// Goes to the next higher range, or behind the last.
    @inline(__always)
    mutating func moveUp() {
        guard let leaf else { return }
        if index < leaf.count { index &+= 1 }
        if index == leaf.count, let next = leaf.next {
            self.leaf = next
            index = 0
        }
    }

    /// Goes to the next lower range, or before the first.
    @inline(__always)
    mutating func moveDown() {
        guard let leaf else { return }
        if index >= 0 { index &-= 1 }
        if index < 0, let previous = leaf.previous {
            self.leaf = previous
            index = previous.count &- 1
        }
    }

    /// The payload here, after which the cursor moves up; nil behind the last range.
    @inline(__always)
    mutating func next() -> Payload? {
        guard isAtRange else { return nil }
        let result = payload
        moveUp()
        return result
    }
}

extension VMATree {
    /// At the lowest range that ends above `address`.
    @inline(__always)
    func cursor(endingAfter address: UInt64 = 0) -> VMATreeCursor<Payload> {
        guard let leaf = leaf(for: address) else { return VMATreeCursor(nil, 0) }
        let rank = leaf.leafRank(address)
        if rank > 0, leaf.ends[rank &- 1] > address { return VMATreeCursor(leaf, rank &- 1) }
        if rank == leaf.count, let next = leaf.next { return VMATreeCursor(next, 0) }
        return VMATreeCursor(leaf, rank)
    }
}

extension VMATree {
    /// Adds a range above all that are in the tree: how fork fills the child's tree (`dup_mmap`). Leaves are filled to
    /// the last slot. Precondition: start < end, and `start` is at or above the end of the highest range.
    @inline(__always)
    mutating func append(start: UInt64, end: UInt64, payload: Payload) {
        insert(start: start, end: end, payload: payload)
    }
}
