import CShim
import FaultlineCallSites
import Testing

/// Faults summed up by their chains, and what is printed of them.
struct CallSiteTests {
    private func frames(_ addresses: UInt64...) -> [CallSite.Frame] { addresses.map { CallSite.Frame(address: $0) } }

    @Test("faults of one chain are one site, with the range that they touched")
    func sums() throws {
        let sites = try CallSites()
        sites.add(.minor, at: 0x5000, frames: frames(1, 2, 3))
        sites.add(.copyOnWrite, at: 0x4000, frames: frames(1, 2, 3))
        sites.add(.minor, at: 0x9000, frames: frames(1, 2))
        sites.add(.minor, at: 0x7000, frames: frames(1, 2, 3))
        let all = sites.sites
        #expect(all.map(\.total) == [3, 1])
        #expect(all[0].frames == frames(1, 2, 3) && all[1].frames == frames(1, 2))
        #expect(all[0].count(.minor) == 2 && all[0].count(.copyOnWrite) == 1 && all[0].count(.signal) == 0)
        #expect(all[0].touched == 0x4000...0x7000)
        sites.clear()
        #expect(sites.sites.isEmpty)
        sites.add(.minor, at: 0, frames: frames(1, 2, 3))
        #expect(sites.sites.map(\.total) == [1])
    }

    @Test("a fault without a chain is a site too")
    func noChain() throws {
        let sites = try CallSites()
        sites.add(.signal, at: 7, frames: [])
        sites.add(.signal, at: 8, frames: [])
        #expect(sites.sites.map(\.total) == [2] && sites.sites[0].frames.isEmpty)
    }

    @Test(
        "beyond its room the table counts what it cannot place, and says so",
        arguments: [(2, 100), (100, 5)] as [(UInt32, UInt32)])
    func bounded(chains: UInt32, callers: UInt32) throws {
        let sites = try CallSites(chains: chains, callers: callers)
        for round in 0..<2 as Range<UInt64> {
            for chain in 0..<40 as Range<UInt64> {
                sites.add(.minor, at: 0, frames: frames(chain, 100 + round * 0, 200))
            }
        }
        let placed = sites.sites.map(\.total).reduce(0, +)
        #expect(sites.sites.count <= Int(chains) && !sites.sites.isEmpty)
        #expect(placed + sites.lost(.minor) == 80 && sites.lost(.minor) > 0 && sites.lost(.major) == 0)
        let report = CallSiteReport(sites, try Symbolizer())
        #expect(report.total() == 80 && report.lostTotal == sites.lost(.minor))
        #expect(report.text().contains("found no room in the table"))
        #expect(report.collapsed().contains("[lost] \(sites.lost(.minor))\n"))
    }

    @Test("random chains are counted as a dictionary counts them", arguments: [1, 2, 3] as [UInt64])
    func random(seed: UInt64) throws {
        let sites = try CallSites(chains: 4096, callers: 1 << 15)
        var state = seed
        func next(_ bound: UInt64) -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) % bound
        }
        var model: [[CallSite.Frame]: [UInt64]] = [:]
        for _ in 0..<5000 {
            let chain = (0..<next(12)).map { _ in CallSite.Frame(address: next(4), isGuessed: next(8) == 0) }
            let kind = FaultKind.allCases[Int(next(6))]
            sites.add(kind, at: 1, frames: chain)
            model[chain, default: Array(repeating: 0, count: 6)][Int(kind.rawValue)] += 1
        }
        let found = sites.sites
        var counted: [[CallSite.Frame]: [UInt64]] = [:]
        for site in found { counted[site.frames] = FaultKind.allCases.map(site.count) }
        let lost = FaultKind.allCases.map(sites.lost).reduce(0, +)
        #expect(counted.count == found.count, "seed \(seed): a chain has two sites")
        #expect(lost > 0 || counted == model, "seed \(seed)")
        #expect(found.map(\.total).reduce(lost, +) == 5000, "seed \(seed)")
    }
}
