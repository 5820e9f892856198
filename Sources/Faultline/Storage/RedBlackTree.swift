/// A record that can be a node of a ``RedBlackTree``: `struct rb_node` (`include/linux/rbtree.h`).
protocol RedBlackRecord {
    var links: RedBlackLinks<Self> { get set }
}

/// Where a record stands in its tree.
struct RedBlackLinks<Record> {
    var parent: Handle<Record>?
    var left: Handle<Record>?
    var right: Handle<Record>?
    var isRed = false
}

/// The kernel's red-black tree without its order: who searches compares, and says where a new node belongs. It grows and turns as the
/// kernel's does (`lib/rbtree.c`): which nodes a search comes upon depends on the tree's shape.
struct RedBlackTree<Record: RedBlackRecord> {
    private(set) var root: Handle<Record>?

    // MARK: Insertion

    /// `rb_link_node` and `rb_insert_color`: adds a node below one that has room on that side; the first one where there is none.
    mutating func insert(_ node: Handle<Record>, below parent: Handle<Record>?, isLeft: Bool) {
        node.pointee.links = RedBlackLinks(parent: parent, isRed: true)
        if let parent {
            if isLeft { parent.pointee.links.left = node } else { parent.pointee.links.right = node }
        } else {
            root = node
        }
        repairAfterInsertion(node)
    }

    private mutating func repairAfterInsertion(_ inserted: Handle<Record>) {
        var node = inserted
        while let parent = node.pointee.links.parent, parent.pointee.links.isRed, let top = parent.pointee.links.parent
        {
            let isLeft = top.pointee.links.left == parent
            let uncle = isLeft ? top.pointee.links.right : top.pointee.links.left
            if let uncle, uncle.pointee.links.isRed {
                parent.pointee.links.isRed = false
                uncle.pointee.links.isRed = false
                top.pointee.links.isRed = true
                node = top
                continue
            }
            var middle = parent
            if node == (isLeft ? parent.pointee.links.right : parent.pointee.links.left) {
                turn(parent, toLeft: isLeft)
                middle = node
            }
            middle.pointee.links.isRed = false
            top.pointee.links.isRed = true
            turn(top, toLeft: !isLeft)
            break
        }
        root?.pointee.links.isRed = false
    }

    // MARK: Replacement and turns

    /// `rb_replace_node`: another record stands in a node's place. Precondition: it is in no tree.
    mutating func replace(_ node: Handle<Record>, by other: Handle<Record>) {
        other.pointee.links = node.pointee.links
        other.pointee.links.left?.pointee.links.parent = other
        other.pointee.links.right?.pointee.links.parent = other
        putInPlace(of: node, other)
        node.pointee.links = RedBlackLinks()
    }

    /// Forgets all nodes at once; their links are left as they are.
    mutating func forgetAll() { root = nil }

    private mutating func putInPlace(of node: Handle<Record>, _ other: Handle<Record>?) {
        let parent = node.pointee.links.parent
        other?.pointee.links.parent = parent
        guard let parent else {
            root = other
            return
        }
        if parent.pointee.links.left == node {
            parent.pointee.links.left = other
        } else {
            parent.pointee.links.right = other
        }
    }

    /// The child on one side takes the node's place.
    private mutating func turn(_ node: Handle<Record>, toLeft: Bool) {
        guard let child = toLeft ? node.pointee.links.right : node.pointee.links.left else {
            preconditionFailure("a tree is turned at a node without a child")
        }
        putInPlace(of: node, child)
        if toLeft {
            node.pointee.links.right = child.pointee.links.left
            child.pointee.links.left?.pointee.links.parent = node
            child.pointee.links.left = node
        } else {
            node.pointee.links.left = child.pointee.links.right
            child.pointee.links.right?.pointee.links.parent = node
            child.pointee.links.right = node
        }
        node.pointee.links.parent = child
    }

    // MARK: Removal

    /// `rb_erase`: the node, or its successor where it has two children, leaves its place. Precondition: it is in the tree.
    mutating func remove(_ node: Handle<Record>) {
        defer { node.pointee.links = RedBlackLinks() }
        guard let left = node.pointee.links.left, let right = node.pointee.links.right else {
            let child = node.pointee.links.left ?? node.pointee.links.right
            let parent = node.pointee.links.parent
            putInPlace(of: node, child)
            if let child {
                child.pointee.links.isRed = node.pointee.links.isRed
            } else if !node.pointee.links.isRed {
                repairAfterRemoval(parent)
            }
            return
        }
        var successor = right
        while let next = successor.pointee.links.left { successor = next }
        let (child, wasRed) = (successor.pointee.links.right, successor.pointee.links.isRed)
        var parent = successor
        if successor != right, let above = successor.pointee.links.parent {
            parent = above
            above.pointee.links.left = child
            child?.pointee.links.parent = above
            successor.pointee.links.right = right
            right.pointee.links.parent = successor
        }
        putInPlace(of: node, successor)
        successor.pointee.links.left = left
        left.pointee.links.parent = successor
        successor.pointee.links.isRed = node.pointee.links.isRed
        if let child {
            child.pointee.links.isRed = false
        } else if !wasRed {
            repairAfterRemoval(parent)
        }
    }

    /// `____rb_erase_color`: the ways through a place that lost a black node get one back.
    private mutating func repairAfterRemoval(_ above: Handle<Record>?) {
        var node: Handle<Record>?
        var parent = above
        while let top = parent, node?.pointee.links.isRed != true {
            let isLeft = top.pointee.links.left == node
            guard var sibling = isLeft ? top.pointee.links.right : top.pointee.links.left else { break }
            if sibling.pointee.links.isRed {
                sibling.pointee.links.isRed = false
                top.pointee.links.isRed = true
                turn(top, toLeft: isLeft)
                guard let next = isLeft ? top.pointee.links.right : top.pointee.links.left else { break }
                sibling = next
            }
            let far = isLeft ? sibling.pointee.links.right : sibling.pointee.links.left
            let near = isLeft ? sibling.pointee.links.left : sibling.pointee.links.right
            if far?.pointee.links.isRed != true {
                guard let near, near.pointee.links.isRed else {
                    sibling.pointee.links.isRed = true
                    (node, parent) = (top, top.pointee.links.parent)
                    continue
                }
                near.pointee.links.isRed = false
                sibling.pointee.links.isRed = true
                turn(sibling, toLeft: !isLeft)
                sibling = near
            }
            sibling.pointee.links.isRed = top.pointee.links.isRed
            top.pointee.links.isRed = false
            (isLeft ? sibling.pointee.links.right : sibling.pointee.links.left)?.pointee.links.isRed = false
            turn(top, toLeft: isLeft)
            return
        }
        node?.pointee.links.isRed = false
    }

    // MARK: Reading

    /// All nodes, from the left to the right.
    func all() -> [Handle<Record>] {
        var result: [Handle<Record>] = []
        var above: [Handle<Record>] = []
        var node = root
        while node != nil || !above.isEmpty {
            while let current = node {
                above.append(current)
                node = current.pointee.links.left
            }
            let next = above.removeLast()
            result.append(next)
            node = next.pointee.links.right
        }
        return result
    }

    /// The links and the colours hold.
    func checkInvariants() -> String? {
        if root?.pointee.links.isRed == true { return "the tree's root is red" }
        for node in all() {
            let below = [node.pointee.links.left, node.pointee.links.right].compactMap(\.self)
            if below.contains(where: { $0.pointee.links.parent != node }) { return "a node has another parent" }
            if node.pointee.links.isRed, below.contains(where: \.pointee.links.isRed) {
                return "a red node has a red one below it"
            }
        }
        return Self.blackHeight(root) == nil ? "the ways down the tree have different numbers of black nodes" : nil
    }

    private static func blackHeight(_ node: Handle<Record>?) -> Int? {
        guard let node else { return 1 }
        guard let left = blackHeight(node.pointee.links.left), left == blackHeight(node.pointee.links.right) else {
            return nil
        }
        return left + (node.pointee.links.isRed ? 0 : 1)
    }
}
