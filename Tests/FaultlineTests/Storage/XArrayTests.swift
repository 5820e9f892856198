import Testing

@testable import Faultline

@Suite struct XArrayTests {
    private func withArray(_ body: (inout XArray) -> Void) {
        let pool = NodePool(blockBytes: XArrayNode.blockBytes)
        var array = XArray(nodes: pool.reference)
        body(&array)
        #expect(array.checkInvariants() == nil)
        array.destroy()
        #expect(pool.liveCount == 0)
    }

    @Test func anEmptyArrayHasNothing() {
        withArray { array in
            #expect(array.load(0) == 0 && array.load(.max) == 0 && array.erase(3) == 0)
            #expect(array.next(from: 0, through: .max) == nil)
            array.setMark(5, .dirty)
            #expect(!array.hasAnyMarked(.dirty) && !array.isMarked(5, .dirty))
            #expect(array.count() == 0)
        }
    }

    @Test func theHighestIndexWorks() {
        withArray { array in
            array.store(0, 1)
            array.store(.max, 5)
            #expect(array.load(.max) == 5 && array.load(0) == 1 && array.load(63) == 0)
            #expect(array.next(from: 1, through: .max)?.index == .max)
            #expect(array.next(from: 1, through: .max - 1) == nil)
            array.setMark(.max, .toWrite)
            #expect(array.copyMark(.toWrite, to: .dirty, from: 0, through: .max) == 1)
            #expect(array.eraseAll(from: 0, through: .max) == 2 && array.isEmpty)
        }
    }

    @Test func anArrayShrinksWhenHighEntriesGo() {
        let pool = NodePool(blockBytes: XArrayNode.blockBytes)
        var array = XArray(nodes: pool.reference)
        array.store(3, 1)
        array.store(1 << 30, 4)
        #expect(pool.liveCount == 11)
        #expect(array.erase(1 << 30) == 4)
        #expect(pool.liveCount == 1 && array.load(3) == 1)
        #expect(array.checkInvariants() == nil)
        array.destroy()
    }

    @Test func marksGoWithTheirEntryAndStayWhenItIsReplaced() {
        withArray { array in
            array.store(1000, 1)
            array.store(70, 1)
            array.setMark(1000, .dirty)
            array.store(1000, 8)
            #expect(array.isMarked(1000, .dirty))
            #expect(array.nextMarked(.dirty, from: 0, through: .max)?.index == 1000)
            array.erase(1000)
            array.store(1000, 3)
            #expect(!array.isMarked(1000, .dirty) && !array.hasAnyMarked(.dirty))
        }
    }

    @Test func aMarkSurvivesGrowth() {
        withArray { array in
            array.store(1, 1)
            array.setMark(1, .writeback)
            array.store(100_000, 1)
            #expect(array.nextMarked(.writeback, from: 0, through: .max)?.index == 1)
            array.clearMark(1, .writeback)
            #expect(!array.hasAnyMarked(.writeback))
        }
    }

    private struct Entry: Equatable {
        var value: UInt64
        var marks: Set<XArrayMark> = []
    }

    @Test(arguments: [(1 as UInt64, 60 as UInt64), (2, 64), (3, 5000), (4, 300_000), (5, 1 << 40)])
    func agreesWithADictionary(seed: UInt64, space: UInt64) {
        var random = SeededGenerator(seed: seed)
        let pool = NodePool(blockBytes: XArrayNode.blockBytes)
        var array = XArray(nodes: pool.reference)
        var model: [UInt64: Entry] = [:]
        for step in 0..<4000 {
            // Clustered indices, so that nodes fill.
            let index = UInt64.random(in: 0..<space, using: &random) & (step % 2 == 0 ? ~0 : 127)
            change(&array, &model, &random, index, growing: (step / 500) % 2 == 0)
            let first = UInt64.random(in: 0..<space, using: &random)
            let last = Bool.random(using: &random) ? first + 200 : .max
            if let problem = compare(array, model, first, last) {
                Issue.record("\(problem) at step \(step); replay: seed \(seed), space \(space)")
                return
            }
            if step % 53 == 0, let problem = array.checkInvariants() {
                Issue.record("\(problem) at step \(step); replay: seed \(seed), space \(space)")
                return
            }
        }
        #expect(array.eraseAll(from: 0, through: .max) == model.count)
        #expect(array.isEmpty && pool.liveCount == 0)
    }

    private func change(
        _ array: inout XArray, _ model: inout [UInt64: Entry], _ random: inout SeededGenerator, _ index: UInt64,
        growing: Bool
    ) {
        let target = model.keys.sorted().randomElement(using: &random) ?? index
        let mark = XArrayMark.allCases.randomElement(using: &random) ?? .dirty
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<(growing ? 6 : 2):
            let value = XArrayValue.make(.random(in: 1..<1000, using: &random))
            array.store(index, value)
            model[index, default: Entry(value: value)].value = value
        case 6:
            array.setMark(target, mark)
            model[target]?.marks.insert(mark)
        case 7:
            array.clearMark(target, mark)
            model[target]?.marks.remove(mark)
        default:
            #expect(array.erase(target) == model.removeValue(forKey: target)?.value ?? 0)
        }
    }

    private func compare(_ array: XArray, _ model: [UInt64: Entry], _ first: UInt64, _ last: UInt64) -> String? {
        if array.load(first) != model[first]?.value ?? 0 { return "load(\(first)) differs" }
        let inside = model.keys.filter { $0 >= first && $0 <= last }
        if array.next(from: first, through: last)?.index != inside.min() { return "next(\(first), \(last)) differs" }
        if array.count(from: first, through: last) != inside.count { return "count(\(first), \(last)) differs" }
        for mark in XArrayMark.allCases {
            let marked = inside.filter { model[$0]?.marks.contains(mark) ?? false }.min()
            if array.nextMarked(mark, from: first, through: last)?.index != marked {
                return "nextMarked(\(mark), \(first), \(last)) differs"
            }
        }
        let values = (first..<first + 100).map { model[$0]?.value ?? 0 }
        if array.runValues(from: first, before: first + 100) != values { return "the runs from \(first) differ" }
        return nil
    }
}

extension XArray {
    /// The values of [first, limit), read a run at a time.
    func runValues(from first: UInt64, before limit: UInt64) -> [UInt64] {
        var values: [UInt64] = []
        var index = first
        while index < limit {
            let run = run(from: index, before: limit)
            for offset in 0..<run.count { values.append(run.words?[offset] ?? load(index)) }
            index += UInt64(run.count)
        }
        return values
    }
}
