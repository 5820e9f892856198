/// The way from a tree's root down to a leaf: which slot was taken in each interior node.
struct VMATreePath {
    /// With 9 children a node, more ranges than a 47-bit address space has pages.
    static var maximumDepth: Int { 12 }

    // Written out: the compiler makes a call of the initializer that repeats, on the way of every mmap.
    private var nodes: InlineArray<12, UInt64> = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    private var slots: InlineArray<12, Int> = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    /// Interior nodes on the way; the root is step 0.
    private(set) var depth = 0

    @inline(__always)
    mutating func push(_ node: VMATreeNode, _ slot: Int) {
        nodes[depth] = node.bits
        slots[depth] = slot
        depth &+= 1
    }

    /// Precondition: step < depth.
    @inline(__always)
    func node(_ step: Int) -> VMATreeNode {
        // SAFETY: `push` stored the bits of a live node.
        VMATreeNode(UnsafeMutablePointer(bitPattern: UInt(nodes[step])).unsafelyUnwrapped)
    }

    @inline(__always)
    func slot(_ step: Int) -> Int { slots[step] }
}

extension VMATree {
    /// The leaf where `address` belongs, and the way to it.
    @inline(__always)
    func descend(to address: UInt64, _ path: inout VMATreePath) -> VMATreeNode? {
        guard var node = root else { return nil }
        for _ in 0..<height {
            let slot = node.slot(for: address)
            path.push(node, slot)
            node = node.child(slot)
        }
        return node
    }

    /// Brings the summaries above a changed leaf up to date, as far up as they change.
    @inline(__always)
    func refresh(_ path: VMATreePath, above leaf: VMATreeNode) {
        if path.depth == 0 { return }
        refresh(path, upFrom: path.depth - 1, summary: leaf.leafSummary)
    }

    /// Stores `summary` in the slot taken at `step`, and what follows from it above.
    func refresh(_ path: VMATreePath, upFrom step: Int, summary: VMATreeSummary) {
        var step = step
        var summary = summary
        while step >= 0 {
            let node = path.node(step)
            let slot = path.slot(step)
            if node.storedSummary(slot) == summary { return }
            node.store(summary, at: slot)
            summary = node.innerSummary
            step -= 1
        }
    }
}
