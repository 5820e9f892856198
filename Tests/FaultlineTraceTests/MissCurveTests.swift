import Faultline
import Testing

@testable import FaultlineTrace

struct MissCurveTests {
    /// Pages in runs, loops and at random, so that near and far distances come about.
    private func pages(_ seed: UInt64, count: Int, spread: UInt64) -> [UInt64] {
        var random = SplitMix64(seed: seed)
        var all: [UInt64] = []
        while all.count < count {
            let start = random.next() % spread
            switch random.next() % 4 {
            case 0: all += (0..<random.next() % 64).map { (start + $0) % spread }
            case 1:
                let length = random.next() % 40 + 1
                all += (0..<length * 3).map { (start + $0 % length) % spread }
            case 2: all.append(start % 20)
            default: all.append(start)
            }
        }
        return Array(all.prefix(count))
    }

    @Test("stack distances give the misses of an LRU list of every size")
    func distancesAreThoseOfLists() {
        for (seed, spread) in [(UInt64(1), UInt64(30)), (2, 300), (3, 5000)] {
            let trace = pages(seed, count: 30_000, spread: spread)
            var distances = StackDistances()
            for page in trace { distances.use(page) }
            for entries in [1, 2, 3, 8, 15, 16, 17, 64, 200, 1000, 4096] {
                var list: [UInt64] = []
                var misses: UInt64 = 0
                for page in trace {
                    if let place = list.firstIndex(of: page) { list.remove(at: place) } else { misses += 1 }
                    list.insert(page, at: 0)
                    if list.count > entries { list.removeLast() }
                }
                #expect(distances.misses(entries: entries) == misses, "seed \(seed), \(entries) entries")
            }
        }
    }

    /// Tree PLRU of 8 ways by its definition: each node says which half was used longer ago.
    private struct Tree {
        var tags = [UInt64?](repeating: nil, count: 8)
        var rightIsOlder = [[Int]: Bool]()

        mutating func misses(_ page: UInt64) -> Bool {
            if let way = tags.firstIndex(of: page) {
                touch(way)
                return false
            }
            var path: [Int] = []
            while path.count < 3 { path.append(rightIsOlder[path, default: false] ? 1 : 0) }
            let way = tags.firstIndex(of: nil) ?? path.reduce(0) { $0 * 2 + $1 }
            tags[way] = page
            touch(way)
            return true
        }

        private mutating func touch(_ way: Int) {
            let path = [way >> 2 & 1, way >> 1 & 1, way & 1]
            for depth in 0..<3 { rightIsOlder[Array(path[..<depth])] = path[depth] == 0 }
        }
    }

    @Test(
        "where all sets are simulated, tree PLRU is exact; where some are, most estimates lie within two standard errors"
    )
    func plruIsThatOfTrees() throws {
        let seed: UInt64 = 4
        let trace = pages(seed, count: 60_000, spread: 9000)
        var curves = MissCurves([.plru], seed: seed)
        curves.use(0, trace.map { TraceWord(.read, at: $0 << 12) }, in: 0..<trace.count)
        let curve = try #require(curves.curves.first)
        #expect(curve.pages == UInt64(Set(trace).count))
        var near = 0
        var sampled = 0
        for point in curve.points where point.entries <= 16384 {
            let sets = point.entries / 8
            var trees = [Tree](repeating: Tree(), count: sets)
            let misses = trace.filter { trees[Int($0) % sets].misses($0) }.count
            if sets <= 64 {
                #expect(point.misses == Double(misses) && point.standardError == 0, "\(point.entries) entries")
            } else {
                sampled += 1
                let error = point.standardError * Double(trace.count)
                if abs(point.misses - Double(misses)) <= 2 * error + 0.5 { near += 1 }
            }
        }
        #expect(near >= sampled - 1, "seed \(seed): \(near) of \(sampled)")
    }

    @Test("a page that is used again at once misses in no size, and counts as an access")
    func repeatsAreHits() throws {
        let report = try replay(" L 10000,8\n L 10008,8\n S 10010,8\n L 20000,8\n") { $0.curves = [.lru] }
        let curve = try #require(report.curves.first)
        #expect(curve.points.allSatisfy { $0.misses == 2 && $0.missRatio == 0.5 })
    }

    @Test("processes do not share pages, and the curve of both is that of all pages")
    func processesAreApart() throws {
        let report = try replay("process 1\n L 10000,8\nprocess 2\n L 10000,8\n") { $0.curves = [.lru, .plru] }
        #expect(report.curves.map(\.pages) == [2, 2])
    }
}
