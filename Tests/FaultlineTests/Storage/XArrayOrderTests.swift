import Testing

@testable import Faultline

/// Entries of several indices, against a plain list.
struct XArrayOrderTests {
    private struct Entry {
        var index: UInt64
        var order: UInt64
        var value: UInt64
        var marks: Set<XArrayMark> = []
        var last: UInt64 { index + (1 << order) - 1 }
    }

    private final class Twin {
        let pool = NodePool(blockBytes: XArrayNode.blockBytes)
        var array: XArray
        var model: [Entry] = []

        init() { array = XArray(nodes: pool.reference) }

        func entry(at index: UInt64) -> Entry? { model.first { $0.index <= index && index <= $0.last } }

        func store(_ index: UInt64, _ order: UInt64, _ value: UInt64) {
            let last = index + (1 << order) - 1
            let old = entry(at: index)
            // Part of a larger one: it would have to be split.
            if let old, old.order > order { return }
            array.store(index, value, order: order)
            if let old, old.order == order, let place = model.firstIndex(where: { $0.index == index }) {
                model[place].value = value
                return
            }
            model.removeAll { $0.index <= last && index <= $0.last }
            model.append(Entry(index: index, order: order, value: value))
        }

        func split(_ index: UInt64, to order: UInt64) {
            guard let place = model.firstIndex(where: { $0.index <= index && index <= $0.last }),
                model[place].order > order
            else { return }
            let old = model.remove(at: place)
            array.split(index, to: order) { XArrayValue.make($0) }
            for start in stride(from: old.index, through: old.last, by: 1 << Int(order)) {
                model.append(Entry(index: start, order: order, value: XArrayValue.make(start), marks: old.marks))
            }
        }

        func erase(_ index: UInt64) -> Bool {
            let expected = entry(at: index)?.value ?? 0
            model.removeAll { $0.index <= index && index <= $0.last }
            return array.erase(index) == expected
        }

        func mark(_ index: UInt64, _ mark: XArrayMark, _ isSet: Bool) {
            if isSet { array.setMark(index, mark) } else { array.clearMark(index, mark) }
            guard let place = model.firstIndex(where: { $0.index <= index && index <= $0.last }) else { return }
            if isSet { model[place].marks.insert(mark) } else { model[place].marks.remove(mark) }
        }

        func problem(_ first: UInt64, _ last: UInt64) -> String? {
            for index in [first, last, first + 1, first + 70] {
                let expected = entry(at: index)
                if array.load(index) != expected?.value ?? 0 { return "load(\(index)) differs" }
                if array.runValues(from: index, before: index + 1) != [expected?.value ?? 0] {
                    return "the run at \(index) differs"
                }
                if array.order(at: index) != expected?.order ?? 0 { return "the order at \(index) differs" }
                for mark in XArrayMark.allCases {
                    let isMarked = expected?.marks.contains(mark) ?? false
                    if array.isMarked(index, mark) != isMarked { return "the mark \(mark) at \(index) differs" }
                }
            }
            let inside = model.filter { $0.index <= last && first <= $0.last }.sorted { $0.index < $1.index }
            let found = array.next(from: first, through: last)
            if found?.index != inside.first?.index || found?.lastIndex != inside.first?.last {
                return "next(\(first), \(last)) differs"
            }
            if array.count(from: first, through: last) != inside.count { return "count(\(first), \(last)) differs" }
            for mark in XArrayMark.allCases {
                let marked = inside.first { $0.marks.contains(mark) }
                if array.nextMarked(mark, from: first, through: last)?.index != marked?.index {
                    return "nextMarked(\(mark), \(first), \(last)) differs"
                }
            }
            return array.checkInvariants()
        }
    }

    @Test(
        "entries of random orders are stored, split, marked and erased as in a list",
        arguments: [(1, 64), (2, 500), (3, 1 << 12), (4, 1 << 13), (5, 1 << 20), (6, 1 << 36)] as [(UInt64, UInt64)])
    func model(seed: UInt64, space: UInt64) {
        var random = SeededGenerator(seed: seed)
        let twin = Twin()
        for step in 0..<2500 {
            let index = random.next() % space & (step % 3 == 0 ? ~0 : 1023)
            let order = random.next() % 3 == 0 ? random.next() % 14 : 0
            var isRight = true
            switch random.next() % 12 {
            case 0..<5: twin.store(index & ~(1 << order - 1), order, (random.next() % 1000 + 1) << 2)
            case 5: twin.split(index, to: order)
            case 6, 7: isRight = twin.erase(index)
            default: twin.mark(index, XArrayMark.allCases[step % 3], random.next() % 3 != 0)
            }
            let first = random.next() % space & (step % 2 == 0 ? ~0 : 1023)
            if let problem = isRight ? twin.problem(first, first + random.next() % 3000) : "erase(\(index)) differs" {
                Issue.record("\(problem) at step \(step); replay: seed \(seed), space \(space)")
                return
            }
        }
        #expect(twin.array.eraseAll(from: 0, through: .max) == twin.model.count)
        #expect(twin.array.isEmpty && twin.pool.liveCount == 0)
    }

    @Test("an entry of 2 MiB takes one node's slots, its pages' values one each")
    func nodes() {
        let twin = Twin()
        twin.store(512, 9, 4)
        // 8 slots of a node for 64 indices each.
        #expect(twin.pool.liveCount == 1)
        #expect(twin.array.load(1023) == 4 && twin.array.load(1024) == 0 && twin.array.load(511) == 0)
        twin.split(700, to: 0)
        #expect(twin.pool.liveCount == 9 && twin.problem(0, 2000) == nil)
        twin.array.destroy()
        #expect(twin.pool.liveCount == 0)
    }

    @Test("the entry of 64 indices from 0 on has a root above it")
    func wholeRoot() {
        let twin = Twin()
        twin.store(0, 6, 8)
        #expect(twin.problem(0, 100) == nil && twin.array.load(63) == 8 && twin.array.load(64) == 0)
        twin.store(64, 0, 12)
        #expect(twin.problem(0, 100) == nil)
        #expect(twin.erase(5) && twin.problem(0, 100) == nil)
        twin.array.destroy()
    }

    @Test("numbers and pages are told apart")
    func values() {
        let number = XArrayValue.make(1 << 62 | 5)
        #expect(XArrayValue.isValue(number) && XArrayValue.number(number) == 1 << 62 | 5)
        let page = CacheEntry(page: 77, order: 9)
        #expect(!XArrayValue.isValue(page.rawValue) && page.frame(at: 1024) == 77 && page.frame(at: 1029) == 82)
    }

    @Test("an index of a larger entry cannot be stored")
    func partOfAnEntry() async {
        await #expect(processExitsWith: .failure) {
            let pool = NodePool(blockBytes: XArrayNode.blockBytes)
            var array = XArray(nodes: pool.reference)
            array.store(0, 4, order: 2)
            array.store(3, 8)
        }
    }
}
