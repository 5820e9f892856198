/// The links of a record in an ``IntervalTree``, kept inside the record: `struct rb_node` with its interval.
struct IntervalNode {
    var left: UnsafeMutablePointer<IntervalNode>?
    var right: UnsafeMutablePointer<IntervalNode>?
    var parent: UnsafeMutablePointer<IntervalNode>?
    /// First of the interval. Change it only while the record is in no tree.
    var start: UInt64 = 0
    /// Last of the interval, which belongs to it. Change it only while the record is in no tree.
    var last: UInt64 = 0
    /// The greatest `last` in this node's subtree (`rb_subtree_last`).
    var subtreeLast: UInt64 = 0
    /// Levels of this node's subtree; 0 while the record is in no tree.
    var height: Int = 0

    /// The node of a record that is in no tree.
    @inline(__always)
    init() {}

    /// Whether the record is in a tree.
    @inline(__always)
    var isLinked: Bool { height != 0 }
}

/// A record that has an ``IntervalNode``.
protocol IntervalTreeRecord {
    /// Where in the record its node lies, in bytes: `MemoryLayout<Self>.offset(of:)`.
    static var intervalNodeOffset: Int { get }
}

/// Records by interval [start, last], for the question which of them overlap another interval: the rb trees of
/// `mm/interval_tree.c`.
///
/// An AVL tree that is ordered by start; records with equal starts keep the order in which they were inserted, as in the
/// kernel. Insertion and removal allocate nothing. Plain data: records own the nodes.
struct IntervalTree<Record: IntervalTreeRecord> {
    var root: UnsafeMutablePointer<IntervalNode>?
    /// The node of the greatest start, of equal ones the newest. What starts no lower, as each process of a chain of forks does, needs no
    /// way down from the root.
    private var rightmost: UnsafeMutablePointer<IntervalNode>?

    /// A tree of nothing.
    @inline(__always)
    init() {}

    @inline(__always)
    var isEmpty: Bool { root == nil }

    @inline(__always)
    static func node(_ handle: Handle<Record>) -> UnsafeMutablePointer<IntervalNode> {
        // SAFETY: the offset is that of a stored property of type IntervalNode.
        (UnsafeMutableRawPointer(handle.raw) + Record.intervalNodeOffset)
            .assumingMemoryBound(to: IntervalNode.self)
    }

    @inline(__always)
    static func record(_ node: UnsafeMutablePointer<IntervalNode>) -> Handle<Record> {
        // SAFETY: every node of this tree lies at that offset in a record.
        Handle(
            (UnsafeMutableRawPointer(node) - Record.intervalNodeOffset).assumingMemoryBound(to: Record.self))
    }

    /// Adds a record under the `start` and `last` that its node says.
    ///
    /// Precondition: the record is in no tree, and its start is not above its last.
    @inline(__always)
    mutating func insert(_ handle: Handle<Record>) {
        IntervalLinks.insert(Self.node(handle), root: &root, rightmost: &rightmost)
    }

    /// Removes a record. Precondition: it is in this tree, with the interval that it was inserted with.
    @inline(__always)
    mutating func remove(_ handle: Handle<Record>) {
        IntervalLinks.remove(Self.node(handle), root: &root, rightmost: &rightmost)
    }

    /// The records that overlap [first, last], in the order of their starts.
    @inline(__always)
    func overlapping(_ first: UInt64, _ last: UInt64) -> IntervalTreeIterator<Record> {
        IntervalTreeIterator(first: first, last: last, root: root)
    }

    /// All records, in the order of their starts.
    @inline(__always)
    func all() -> IntervalTreeIterator<Record> { overlapping(0, .max) }

    /// Whether a record overlaps [first, last].
    @inline(__always)
    func overlaps(_ first: UInt64, _ last: UInt64) -> Bool {
        IntervalLinks.firstOverlap(root, first, last) != nil
    }

    /// Returns what is wrong, or nil.
    func checkInvariants() -> String? {
        if root?.pointee.parent != nil { return "the root has a parent" }
        if rightmost != IntervalLinks.rightmost(of: root) { return "the rightmost node is another one" }
        return IntervalLinks.check(root)
    }
}

/// Runs through the records that overlap an interval. The tree must not change meanwhile.
struct IntervalTreeIterator<Record: IntervalTreeRecord>: IteratorProtocol {
    private let first: UInt64
    private let last: UInt64
    private var node: UnsafeMutablePointer<IntervalNode>?

    @inline(__always)
    fileprivate init(first: UInt64, last: UInt64, root: UnsafeMutablePointer<IntervalNode>?) {
        self.first = first
        self.last = last
        node = IntervalLinks.firstOverlap(root, first, last)
    }

    /// The next record, or nil after the last.
    @inline(__always)
    mutating func next() -> Handle<Record>? {
        guard let current = node else { return nil }
        node = IntervalLinks.nextOverlap(current, first, last)
        return IntervalTree<Record>.record(current)
    }
}
