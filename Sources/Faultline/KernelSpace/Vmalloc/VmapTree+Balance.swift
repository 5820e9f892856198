/// The red-black tree's own work (`lib/rbtree.c`): colours, turns, and the largest size below each node.
extension VmapTree {
    // MARK: The largest below

    private static func refresh(_ node: Handle<VmapArea>) {
        let below = max(node.pointee.left?.pointee.largest ?? 0, node.pointee.right?.pointee.largest ?? 0)
        node.pointee.largest = max(node.pointee.size, below)
    }

    /// `augment_tree_propagate_from`.
    func refreshUp(from node: Handle<VmapArea>?) {
        var next = node
        while let node = next {
            Self.refresh(node)
            next = node.pointee.parent
        }
    }

    // MARK: Turns

    private mutating func replace(_ node: Handle<VmapArea>, by other: Handle<VmapArea>?) {
        let parent = node.pointee.parent
        other?.pointee.parent = parent
        guard let parent else {
            root = other
            return
        }
        if parent.pointee.left == node { parent.pointee.left = other } else { parent.pointee.right = other }
    }

    /// The child on one side takes the node's place.
    private mutating func turn(_ node: Handle<VmapArea>, toLeft: Bool) {
        guard let child = toLeft ? node.pointee.right : node.pointee.left else {
            preconditionFailure("a tree is turned at a node without a child")
        }
        replace(node, by: child)
        if toLeft {
            node.pointee.right = child.pointee.left
            child.pointee.left?.pointee.parent = node
            child.pointee.left = node
        } else {
            node.pointee.left = child.pointee.right
            child.pointee.right?.pointee.parent = node
            child.pointee.right = node
        }
        node.pointee.parent = child
        Self.refresh(node)
        Self.refresh(child)
    }

    // MARK: Insertion

    /// `__rb_insert`: no red node has a red child.
    mutating func repairAfterInsertion(_ inserted: Handle<VmapArea>) {
        var node = inserted
        while let parent = node.pointee.parent, parent.pointee.isRed, let top = parent.pointee.parent {
            let isLeft = top.pointee.left == parent
            let uncle = isLeft ? top.pointee.right : top.pointee.left
            if let uncle, uncle.pointee.isRed {
                (parent.pointee.isRed, uncle.pointee.isRed, top.pointee.isRed) = (false, false, true)
                node = top
                continue
            }
            var middle = parent
            if node == (isLeft ? parent.pointee.right : parent.pointee.left) {
                turn(parent, toLeft: isLeft)
                middle = node
            }
            (middle.pointee.isRed, top.pointee.isRed) = (false, true)
            turn(top, toLeft: !isLeft)
            break
        }
        root?.pointee.isRed = false
    }

    // MARK: Removal

    /// `__rb_erase_augmented`: the node, or its successor where it has two children, leaves its place.
    mutating func unlink(_ node: Handle<VmapArea>) {
        guard let left = node.pointee.left, let right = node.pointee.right else {
            let child = node.pointee.left ?? node.pointee.right
            let parent = node.pointee.parent
            replace(node, by: child)
            refreshUp(from: parent)
            if let child {
                child.pointee.isRed = node.pointee.isRed
            } else if !node.pointee.isRed {
                repairAfterRemoval(nil, parent)
            }
            return
        }
        var successor = right
        while let next = successor.pointee.left { successor = next }
        let (child, wasRed) = (successor.pointee.right, successor.pointee.isRed)
        var parent = successor
        if successor != right, let above = successor.pointee.parent {
            parent = above
            above.pointee.left = child
            child?.pointee.parent = above
            successor.pointee.right = right
            right.pointee.parent = successor
        }
        replace(node, by: successor)
        successor.pointee.left = left
        left.pointee.parent = successor
        successor.pointee.isRed = node.pointee.isRed
        refreshUp(from: parent)
        if let child {
            child.pointee.isRed = false
        } else if !wasRed {
            repairAfterRemoval(nil, parent)
        }
    }

    /// `____rb_erase_color`: the ways through a node that lost a black one get it back.
    private mutating func repairAfterRemoval(_ lacking: Handle<VmapArea>?, _ above: Handle<VmapArea>?) {
        var (node, parent) = (lacking, above)
        while let top = parent, node?.pointee.isRed != true {
            let isLeft = top.pointee.left == node
            guard var sibling = isLeft ? top.pointee.right : top.pointee.left else { break }
            if sibling.pointee.isRed {
                (sibling.pointee.isRed, top.pointee.isRed) = (false, true)
                turn(top, toLeft: isLeft)
                guard let next = isLeft ? top.pointee.right : top.pointee.left else { break }
                sibling = next
            }
            let far = isLeft ? sibling.pointee.right : sibling.pointee.left
            let near = isLeft ? sibling.pointee.left : sibling.pointee.right
            if far?.pointee.isRed != true {
                guard let near, near.pointee.isRed else {
                    sibling.pointee.isRed = true
                    (node, parent) = (top, top.pointee.parent)
                    continue
                }
                (near.pointee.isRed, sibling.pointee.isRed) = (false, true)
                turn(sibling, toLeft: !isLeft)
                sibling = near
            }
            sibling.pointee.isRed = top.pointee.isRed
            top.pointee.isRed = false
            (isLeft ? sibling.pointee.right : sibling.pointee.left)?.pointee.isRed = false
            turn(top, toLeft: isLeft)
            return
        }
        node?.pointee.isRed = false
    }

    // MARK: Invariants

    /// The order of addresses, the colours, and the largest sizes hold.
    func checkInvariants() -> String? {
        var end: VirtualAddress = 0
        let all = areas()
        if all.count != count { return "\(count) areas are counted, \(all.count) are in the tree" }
        if root?.pointee.isRed == true { return "the tree's root is red" }
        for area in all {
            if area.pointee.start < end || area.pointee.start >= area.pointee.end { return "areas overlap" }
            end = area.pointee.end
            let below = [area.pointee.left, area.pointee.right].compactMap(\.self)
            let largest = below.reduce(area.pointee.size) { max($0, $1.pointee.largest) }
            if largest != area.pointee.largest { return "an area does not know the largest below it" }
            if below.contains(where: { $0.pointee.parent != area }) { return "an area does not know the one above it" }
            if area.pointee.isRed, below.contains(where: \.pointee.isRed) { return "a red area has a red one below it" }
        }
        return Self.blackHeight(root) == nil ? "the ways down the tree have different numbers of black areas" : nil
    }

    private static func blackHeight(_ node: Handle<VmapArea>?) -> Int? {
        guard let node else { return 1 }
        guard let left = blackHeight(node.pointee.left), left == blackHeight(node.pointee.right) else { return nil }
        return left + (node.pointee.isRed ? 0 : 1)
    }
}
