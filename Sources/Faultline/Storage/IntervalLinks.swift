/// The tree's algorithms, on nodes alone, so that one copy serves every record type.
///
/// SAFETY of this file: nodes lie in arena records, whose addresses are fixed, and a linked record is not freed.
enum IntervalLinks {
    typealias Node = UnsafeMutablePointer<IntervalNode>

    // MARK: Search

    /// The leftmost node of the subtree that overlaps.
    @inline(__always)
    static func firstOverlap(_ root: Node?, _ first: UInt64, _ last: UInt64) -> Node? {
        guard let root, root.pointee.subtreeLast >= first else { return nil }
        return leftmostOverlap(root, first, last)
    }

    /// Precondition: the subtree's greatest last is not below `first`.
    @inline(__always)
    private static func leftmostOverlap(_ subtree: Node, _ first: UInt64, _ last: UInt64) -> Node? {
        var node = subtree
        // One level down a round.
        while true {
            if let left = node.pointee.left, left.pointee.subtreeLast >= first {
                // Something there ends late enough; if it starts too late, so does all that follows it.
                node = left
                continue
            }
            if node.pointee.start > last { return nil }
            if node.pointee.last >= first { return node }
            guard let right = node.pointee.right, right.pointee.subtreeLast >= first else { return nil }
            node = right
        }
    }

    /// The node after `node` that overlaps.
    @inline(__always)
    static func nextOverlap(_ node: Node, _ first: UInt64, _ last: UInt64) -> Node? {
        if let right = node.pointee.right, right.pointee.subtreeLast >= first {
            return leftmostOverlap(right, first, last)
        }
        var current = node
        while let parent = current.pointee.parent {
            if parent.pointee.left == current {
                if parent.pointee.start > last { return nil }
                if parent.pointee.last >= first { return parent }
                if let right = parent.pointee.right, right.pointee.subtreeLast >= first {
                    return leftmostOverlap(right, first, last)
                }
            }
            current = parent
        }
        return nil
    }

    static func rightmost(of subtree: Node?) -> Node? {
        var node = subtree
        while let right = node?.pointee.right { node = right }
        return node
    }

    // MARK: Change

    @inline(__always)
    static func insert(_ node: Node, root: inout Node?, rightmost: inout Node?) {
        let start = node.pointee.start
        let last = node.pointee.last
        precondition(start <= last && !node.pointee.isLinked, "an interval is inserted that is empty or in a tree")
        node.pointee.left = nil
        node.pointee.right = nil
        node.pointee.subtreeLast = last
        node.pointee.height = 1
        node.pointee.parent = nil
        guard let end = rightmost else {
            root = node
            rightmost = node
            return
        }
        if start >= end.pointee.start {
            append(node, behind: end, root: &root)
            rightmost = node
            return
        }
        var parent = root.unsafelyUnwrapped
        // One level down a round.
        while true {
            if parent.pointee.subtreeLast < last { parent.pointee.subtreeLast = last }
            // Equal starts go right: behind those that came before.
            let below = start < parent.pointee.start ? parent.pointee.left : parent.pointee.right
            guard let below else { break }
            parent = below
        }
        node.pointee.parent = parent
        if start < parent.pointee.start { parent.pointee.left = node } else { parent.pointee.right = node }
        rebalance(from: parent, root: &root)
    }

    /// Adds a node that comes after all others.
    @inline(__always)
    private static func append(_ node: Node, behind end: Node, root: inout Node?) {
        let last = node.pointee.last
        node.pointee.parent = end
        end.pointee.right = node
        // What is above ends no earlier than what is below.
        var above: Node? = end
        while let current = above, current.pointee.subtreeLast < last {
            current.pointee.subtreeLast = last
            above = current.pointee.parent
        }
        rebalance(from: end, root: &root)
    }

    @inline(__always)
    static func remove(_ node: Node, root: inout Node?, rightmost: inout Node?) {
        precondition(node.pointee.isLinked, "a record is removed from a tree that it is not in")
        // Nothing is to the right of the last node, and to its left a leaf at most.
        if rightmost == node { rightmost = node.pointee.left ?? node.pointee.parent }
        if let left = node.pointee.left, let right = node.pointee.right {
            removeInner(node, left, right, &root)
        } else {
            let parent = node.pointee.parent
            replaceChild(of: parent, node, by: node.pointee.left ?? node.pointee.right, root: &root)
            if let parent { rebalance(from: parent, root: &root) }
        }
        node.pointee.height = 0
    }

    /// The successor takes the place of a node with two children.
    private static func removeInner(_ node: Node, _ left: Node, _ right: Node, _ root: inout Node?) {
        var successor = right
        while let next = successor.pointee.left { successor = next }
        var from = successor
        if successor != right, let above = successor.pointee.parent {
            from = above
            above.pointee.left = successor.pointee.right
            successor.pointee.right?.pointee.parent = above
            successor.pointee.right = right
            right.pointee.parent = successor
        }
        replaceChild(of: node.pointee.parent, node, by: successor, root: &root)
        successor.pointee.left = left
        left.pointee.parent = successor
        successor.pointee.height = node.pointee.height
        successor.pointee.subtreeLast = node.pointee.subtreeLast
        // The first repair may end below the successor, whose own last is not that of the node it replaces.
        rebalance(from: from, root: &root)
        rebalance(from: successor, root: &root)
    }

    @inline(__always)
    static func replaceChild(of parent: Node?, _ old: Node, by new: Node?, root: inout Node?) {
        new?.pointee.parent = parent
        guard let parent else {
            root = new
            return
        }
        if parent.pointee.left == old { parent.pointee.left = new } else { parent.pointee.right = new }
    }
}
