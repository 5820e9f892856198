import Testing

@testable import Faultline

/// The tree against a sorted array that does everything the slow way.
@Suite struct VMATreeModelTests {
    struct Range: Equatable {
        var start: UInt64
        var end: UInt64
        var payload: UInt64
    }

    struct Model {
        var ranges: [Range] = []

        func highestGap(_ length: UInt64, _ low: UInt64, _ high: UInt64) -> UInt64? {
            gaps(low, high).last { $0.1 - $0.0 >= length }.map { $0.1 - length }
        }

        func lowestGap(_ length: UInt64, _ low: UInt64, _ high: UInt64) -> UInt64? {
            gaps(low, high).first { $0.1 - $0.0 >= length }.map { $0.0 }
        }

        private func gaps(_ low: UInt64, _ high: UInt64) -> [(UInt64, UInt64)] {
            var result: [(UInt64, UInt64)] = []
            var end: UInt64 = 0
            for range in ranges + [Range(start: .max, end: .max, payload: 0)] {
                let from = max(end, low)
                let to = min(range.start, high)
                if from < to { result.append((from, to)) }
                end = range.end
            }
            return result
        }

        func isFree(_ start: UInt64, _ end: UInt64) -> Bool {
            !ranges.contains { $0.start < end && $0.end > start }
        }
    }

    @Test(arguments: [(1 as UInt64, 60), (2, 400), (3, 400), (4, 3000), (5, 20), (6, 1200)])
    func agreesWithASortedArray(seed: UInt64, size: Int) {
        var random = SeededGenerator(seed: seed)
        let pool = NodePool(blockBytes: VMATreeNode.blockBytes)
        var tree = VMATree<UInt64>(nodes: pool.reference)
        var model = Model()
        let space = UInt64(size) * 12
        for step in 0..<6000 {
            // Fills to about `size`, empties, and fills again.
            let growing = (step / (size * 2)) % 2 == 0
            change(&tree, &model, &random, space: space, growing: growing, step: UInt64(step))
            if step % 97 == 0, let problem = tree.checkInvariants() {
                Issue.record("\(problem) at step \(step); replay: seed \(seed), size \(size)")
                return
            }
            if let problem = compare(tree, model, &random, space: space) {
                Issue.record("\(problem) at step \(step); replay: seed \(seed), size \(size)")
                return
            }
        }
        #expect(tree.checkInvariants() == nil)
        #expect(contents(tree) == model.ranges)
        while let range = model.ranges.randomElement(using: &random) {
            #expect(tree.remove(start: range.start) == range.payload)
            model.ranges.removeAll { $0 == range }
        }
        #expect(tree.isEmpty && tree.checkInvariants() == nil && pool.liveCount == 0)
    }

    private func contents(_ tree: VMATree<UInt64>) -> [Range] {
        var result: [Range] = []
        var cursor = tree.cursor()
        while cursor.isAtRange {
            result.append(Range(start: cursor.start, end: cursor.end, payload: cursor.payload))
            cursor.moveUp()
        }
        return result
    }

    private func change(
        _ tree: inout VMATree<UInt64>, _ model: inout Model, _ random: inout SeededGenerator, space: UInt64,
        growing: Bool, step: UInt64
    ) {
        let start = UInt64.random(in: 0..<space, using: &random)
        let end = start + UInt64.random(in: 1...10, using: &random)
        let at = model.ranges.firstIndex { $0.start >= start } ?? model.ranges.count
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<2 where at < model.ranges.count: moveEnds(&tree, &model, &random, at)
        case 0..<(growing ? 9 : 4):
            guard model.isFree(start, end) else { return }
            model.ranges.insert(Range(start: start, end: end, payload: step), at: at)
            tree.insert(start: start, end: end, payload: step)
        default:
            guard at < model.ranges.count else { return }
            let removed = model.ranges.remove(at: at)
            #expect(tree.remove(start: removed.start) == removed.payload)
        }
    }

    private func moveEnds(
        _ tree: inout VMATree<UInt64>, _ model: inout Model, _ random: inout SeededGenerator, _ index: Int
    ) {
        let old = model.ranges[index]
        let low = index == 0 ? 0 : model.ranges[index - 1].end
        let high = index + 1 < model.ranges.count ? model.ranges[index + 1].start : old.end + 5
        let start = UInt64.random(in: low..<high, using: &random)
        let end = UInt64.random(in: (start + 1)...high, using: &random)
        model.ranges[index].start = start
        model.ranges[index].end = end
        tree.updateRange(oldStart: old.start, newStart: start, newEnd: end)
    }

    private func compare(
        _ tree: VMATree<UInt64>, _ model: Model, _ random: inout SeededGenerator, space: UInt64
    ) -> String? {
        let address = UInt64.random(in: 0..<space + 20, using: &random)
        if tree.find(address) != model.ranges.first(where: { $0.start <= address && address < $0.end })?.payload {
            return "find(\(address)) differs"
        }
        if tree.findFirst(endingAfter: address) != model.ranges.first(where: { $0.end > address })?.payload {
            return "findFirst(endingAfter: \(address)) differs"
        }
        if tree.previous(before: address) != model.ranges.last(where: { $0.start < address })?.payload {
            return "previous(before: \(address)) differs"
        }
        let length = UInt64.random(in: 1...40, using: &random)
        let high = address + UInt64.random(in: 0..<space, using: &random)
        if tree.highestGap(length: length, low: address, high: high) != model.highestGap(length, address, high) {
            return "highestGap(\(length), \(address), \(high)) differs"
        }
        if tree.lowestGap(length: length, low: address, high: high) != model.lowestGap(length, address, high) {
            return "lowestGap(\(length), \(address), \(high)) differs"
        }
        if tree.isFree(address, address + length) != model.isFree(address, address + length) {
            return "isFree(\(address), \(address + length)) differs"
        }
        return nil
    }
}
