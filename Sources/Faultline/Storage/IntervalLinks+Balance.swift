/// Keeping the tree an AVL tree, and its greatest lasts right.
///
/// SAFETY of this file: as in `IntervalLinks.swift`.
extension IntervalLinks {
    @inline(__always)
    private static func height(_ node: Node?) -> Int { node?.pointee.height ?? 0 }

    /// Recomputes a node's height and greatest last from its children; returns whether either changed.
    @inline(__always)
    @discardableResult
    private static func update(_ node: Node) -> Bool {
        var last = node.pointee.last
        var height = 0
        if let left = node.pointee.left {
            last = max(last, left.pointee.subtreeLast)
            height = left.pointee.height
        }
        if let right = node.pointee.right {
            last = max(last, right.pointee.subtreeLast)
            height = max(height, right.pointee.height)
        }
        height &+= 1
        if node.pointee.subtreeLast == last, node.pointee.height == height { return false }
        node.pointee.subtreeLast = last
        node.pointee.height = height
        return true
    }

    /// Repairs heights, balance and greatest lasts from `node` up, until nothing changes.
    @inline(__always)
    static func rebalance(from node: Node, root: inout Node?) {
        var node = node
        // One level up a round.
        while true {
            let balance = height(node.pointee.left) &- height(node.pointee.right)
            var changed = true
            if balance > 1 || balance < -1 {
                node = rotate(node, leftHeavy: balance > 1, &root)
            } else {
                changed = update(node)
            }
            guard changed, let parent = node.pointee.parent else { return }
            node = parent
        }
    }

    /// Returns the subtree's new top.
    @inline(never)
    private static func rotate(_ node: Node, leftHeavy: Bool, _ root: inout Node?) -> Node {
        if leftHeavy {
            let left = node.pointee.left.unsafelyUnwrapped
            if height(left.pointee.left) < height(left.pointee.right) { rotateLeft(left, &root) }
            return rotateRight(node, &root)
        }
        let right = node.pointee.right.unsafelyUnwrapped
        if height(right.pointee.right) < height(right.pointee.left) { rotateRight(right, &root) }
        return rotateLeft(node, &root)
    }

    @discardableResult
    private static func rotateLeft(_ node: Node, _ root: inout Node?) -> Node {
        let top = node.pointee.right.unsafelyUnwrapped
        replaceChild(of: node.pointee.parent, node, by: top, root: &root)
        node.pointee.right = top.pointee.left
        node.pointee.right?.pointee.parent = node
        top.pointee.left = node
        node.pointee.parent = top
        update(node)
        update(top)
        return top
    }

    @discardableResult
    private static func rotateRight(_ node: Node, _ root: inout Node?) -> Node {
        let top = node.pointee.left.unsafelyUnwrapped
        replaceChild(of: node.pointee.parent, node, by: top, root: &root)
        node.pointee.left = top.pointee.right
        node.pointee.left?.pointee.parent = node
        top.pointee.right = node
        node.pointee.parent = top
        update(node)
        update(top)
        return top
    }

    static func check(_ node: Node?) -> String? {
        guard let node else { return nil }
        let left = node.pointee.left
        let right = node.pointee.right
        if let problem = check(left) ?? check(right) { return problem }
        if let left, left.pointee.parent != node { return "a left child has another parent" }
        if let right, right.pointee.parent != node { return "a right child has another parent" }
        if let left, left.pointee.start > node.pointee.start { return "a left child starts above its parent" }
        if let right, right.pointee.start < node.pointee.start { return "a right child starts below its parent" }
        if abs(height(left) - height(right)) > 1 { return "a node is out of balance" }
        if update(node) { return "a node's height or greatest last was wrong" }
        return nil
    }
}
