import Testing

@testable import Faultline

private struct Interval: IntervalTreeRecord {
    var serial: Int
    var node = IntervalNode()

    static var intervalNodeOffset: Int { MemoryLayout<Interval>.offset(of: \.node) ?? 0 }
}

@Suite struct IntervalTreeTests {
    @Test func anEmptyTreeOverlapsNothing() {
        let tree = IntervalTree<Interval>()
        var walk = tree.all()
        #expect(tree.isEmpty && walk.next() == nil && !tree.overlaps(0, .max))
        #expect(tree.checkInvariants() == nil)
    }

    @Test func equalStartsComeInTheOrderOfInsertion() {
        var arena = Arena<Interval>()
        var tree = IntervalTree<Interval>()
        for serial in 0..<40 {
            let handle = arena.allocate(Interval(serial: serial))
            handle.pointee.node.start = serial % 5 == 0 ? 3 : 7
            handle.pointee.node.last = 9
            tree.insert(handle)
        }
        var serials: [Int] = []
        var walk = tree.overlapping(7, 7)
        while let handle = walk.next() { serials.append(handle.pointee.serial) }
        #expect(serials == (0..<40).filter { $0 % 5 == 0 } + (0..<40).filter { $0 % 5 != 0 })
    }

    @Test func bothEndsOfAnIntervalBelongToIt() {
        var arena = Arena<Interval>()
        var tree = IntervalTree<Interval>()
        let handle = arena.allocate(Interval(serial: 0))
        handle.pointee.node.start = 10
        handle.pointee.node.last = 20
        tree.insert(handle)
        #expect(tree.overlaps(20, 30) && tree.overlaps(0, 10) && tree.overlaps(15, 15))
        #expect(!tree.overlaps(21, 30) && !tree.overlaps(0, 9))
        #expect(handle.pointee.node.isLinked)
        tree.remove(handle)
        #expect(tree.isEmpty && !handle.pointee.node.isLinked)
    }

    /// Records of the model in tree order: by start, then by insertion.
    private struct Model {
        var linked: [Handle<Interval>] = []

        mutating func insert(_ handle: Handle<Interval>) {
            let start = handle.pointee.node.start
            let at = linked.firstIndex { $0.pointee.node.start > start } ?? linked.count
            linked.insert(handle, at: at)
        }

        func overlapping(_ first: UInt64, _ last: UInt64) -> [Handle<Interval>] {
            linked.filter { $0.pointee.node.start <= last && $0.pointee.node.last >= first }
        }
    }

    @Test(arguments: [(1 as UInt64, 10, 30 as UInt64), (2, 100, 40), (3, 300, 5), (4, 300, 100_000)])
    func agreesWithASortedArray(seed: UInt64, size: Int, space: UInt64) {
        var random = SeededGenerator(seed: seed)
        var arena = Arena<Interval>()
        var tree = IntervalTree<Interval>()
        var model = Model()
        for step in 0..<4000 {
            let growing = (step / (size * 2)) % 2 == 0
            if Int.random(in: 0..<10, using: &random) < (growing ? 7 : 3) || model.linked.isEmpty {
                let handle = arena.allocate(Interval(serial: step))
                handle.pointee.node.start = UInt64.random(in: 0..<space, using: &random)
                handle.pointee.node.last =
                    handle.pointee.node.start + UInt64.random(in: 0..<space / 4 + 1, using: &random)
                tree.insert(handle)
                model.insert(handle)
            } else {
                let handle = model.linked.remove(at: Int.random(in: 0..<model.linked.count, using: &random))
                tree.remove(handle)
                arena.deallocate(handle)
            }
            let first = UInt64.random(in: 0..<space + 5, using: &random)
            let last = first + UInt64.random(in: 0..<space / 3 + 1, using: &random)
            var found: [Handle<Interval>] = []
            var walk = tree.overlapping(first, last)
            while let handle = walk.next() { found.append(handle) }
            if found != model.overlapping(first, last) || tree.overlaps(first, last) != !found.isEmpty {
                Issue.record(
                    "overlapping(\(first), \(last)) differs at step \(step); replay: seed \(seed), size \(size)")
                return
            }
            if step % 31 == 0, let problem = tree.checkInvariants() {
                Issue.record("\(problem) at step \(step); replay: seed \(seed), size \(size)")
                return
            }
        }
    }

    @Test func anIntervalUpToTheHighestIndexIsFound() {
        var arena = Arena<Interval>()
        var tree = IntervalTree<Interval>()
        let handle = arena.allocate(Interval(serial: 0))
        handle.pointee.node.start = .max
        handle.pointee.node.last = .max
        tree.insert(handle)
        #expect(tree.overlaps(.max, .max) && !tree.overlaps(0, .max - 1))
    }
}
