import Faultline
import FaultlineInspect
import Testing

@testable import FaultlineTrace

struct TraceReplayTests {
    /// Accesses of a small program: some places often, others seldom.
    private func randomAccesses(_ seed: UInt64, count: Int) -> [TraceWord] {
        var random = SplitMix64(seed: seed)
        return (0..<count).map { _ in
            let spread = random.next() % 16
            let pages: UInt64 = spread < 10 ? 8 : spread < 14 ? 200 : 6000
            let address = 0x5_0000_0000 + (random.next() % pages) << 12 + random.next() % 4000
            return TraceWord([.read, .write, .execute][Int(random.next() % 3)], at: address)
        }
    }

    private func packed(_ accesses: [TraceWord]) -> [UInt8] {
        var bytes = PackedTrace.magic
        for access in accesses { bytes.append(access.rawValue) }
        return bytes
    }

    @Test("a replay counts what single calls of the machine count, with every preset")
    func countsAsTheMachine() throws {
        let seed: UInt64 = 0x7ace_0002
        let trace = randomAccesses(seed, count: 60_000)
        let report = try replay(packed(trace), nil) { $0.tlbs = TLBGeometry.presets }
        for (tlb, preset) in zip(report.tlbs, TLBGeometry.presets) {
            let machine = try Machine(ramBytes: 256 << 20, tlb: preset.geometry)
            let process = try machine.startProcess(
                InitialAddressSpace(
                    regions: [], mmapBase: 0x7000_0000_0000, startBrk: 0x10000, startStack: 0x7000_0000_0000,
                    touched: []))
            try machine.mmap(
                process, at: 0x5_0000_0000, length: 32 << 20, protection: [.read, .write, .execute],
                flags: [.private, .anonymous, .fixed, .noReserve])
            for access in trace {
                switch access.kind {
                case .read: _ = try machine.load(process, at: access.address)
                case .write: try machine.store(process, at: access.address, 1)
                case .execute, .marker: _ = try machine.fetch(process, at: access.address)
                }
            }
            #expect(tlb.statistics == machine.tlbStatistics, "\(preset.name), seed \(seed)")
            #expect(report.processes[0].kernel?.minorFaults == (try machine.faultCounts(process)).minor)
        }
    }

    @Test("the misses by page and by instruction add up to the walks that found a page")
    func missesAddUp() throws {
        var trace = randomAccesses(0x7ace_0003, count: 30_000)
        trace[500] = TraceWord(.process, 4)
        trace[900] = TraceWord(.instructionPointer, 0x40_0000)
        trace[20_000] = TraceWord(.process, 9)
        for mapping in ReplayOptions.Mapping.allCases {
            let report = try replay(packed(trace), nil) {
                $0.top = 100_000
                $0.mapping = mapping
            }
            let tlb = report.tlbs[0]
            for places in [tlb.pages, tlb.callSites] {
                let places = try #require(places)
                #expect(places.reduce(0) { $0 + $1.loads } == tlb.statistics.fillsByKind[0].read)
                #expect(places.reduce(0) { $0 + $1.stores } == tlb.statistics.fillsByKind[0].write)
                #expect(places.reduce(0) { $0 + $1.fetches } == tlb.statistics.fillsByKind[0].execute)
                #expect(places.allSatisfy { [0, 4, 9].contains($0.process) })
            }
        }
    }

    @Test("a miss belongs to the instruction fetched last before it")
    func findsInstructions() throws {
        let report = try replay(
            "I  400000,3\n L 10000,8\n L 10000,8\nI  400010,3\n S 20000,8\n S 30000,8\n L 10008,1\n")
        let sites = try #require(report.tlbs[0].callSites)
        #expect(sites.map(\.address) == [0x40_0000, 0x40_0010])
        #expect(sites.map { [$0.loads, $0.stores, $0.fetches] } == [[1, 0, 1], [0, 2, 0]])
    }

    @Test("an access that the kernel refuses ends the replay with its line and what to do, or is left out")
    func namesRefusedAccesses() throws {
        let text = " L 7f0000000000,8\n S 7f0000000008,8\n M 7f0000001ffc,8\n L 7f0000001000,8\n L 5000,1\n"
        let maps =
            "7f0000000000-7f0000002000 rw-p 00000000 00:00 0 \n7f0000002000-7f0000003000 r--p 00000000 00:00 0 \n"
        let description = try ProcessDescription(maps.utf8)
        let refused = mistake { _ = try replay(text) { $0.maps = description } }
        #expect(refused?.hasPrefix("line 3: store to 0x7f0000002000: SIGSEGV SEGV_ACCERR") == true, "\(refused ?? "")")
        #expect(refused?.contains("--maps does not allow it there") == true)
        let report = try replay(text) {
            $0.maps = description
            $0.skipsRefused = true
        }
        #expect(report.accesses.refused == 2)
        #expect(report.tlbs[0].pages?.first?.area?.hasPrefix("anonymous+0x") == true)
        let low = mistake { _ = try replay(" L 10000,1\n L 5000,1\n") }
        #expect(low?.hasPrefix("line 2: load of 0x5000: SIGSEGV SEGV_MAPERR") == true, "\(low ?? "")")
        let kernel = mistake { _ = try replay("I  ffffffff81000000,1\n") }
        #expect(kernel?.contains("the address is the kernel's") == true, "\(kernel ?? "")")
        let full = mistake {
            _ = try replay((0..<4000).map { " S \(String(0x10000 + $0, radix: 16))000,1\n" }.joined()) {
                $0.ramBytes = 8 << 20
            }
        }
        #expect(full?.contains("give it more with --ram") == true, "\(full ?? "")")
    }

    @Test("in a fixed mapping nothing faults, and pages of 2 MiB take a walk of one entry less")
    func fixedMappingsDoNotFault() throws {
        let trace = packed(randomAccesses(0x7ace_0004, count: 30_000))
        let base = try replay(trace, nil) { $0.mapping = .fixed }
        let large = try replay(trace, nil) {
            $0.mapping = .fixed
            $0.pageSize = .large
        }
        #expect(base.tlbs[0].statistics.faults == 0 && large.tlbs[0].statistics.faults == 0)
        #expect(base.processes[0].kernel == nil)
        #expect(base.tlbs[0].statistics.walkLoads[0] > 0 && large.tlbs[0].statistics.walkLoads[0] == 0)
        #expect(large.tlbs[0].statistics.fills[0] == 0 && large.tlbs[0].statistics.fills[1] > 0)
        #expect(large.tlbs[0].statistics.walks.sum < base.tlbs[0].statistics.walks.sum)
        let demand = try replay(trace, nil)
        let found: (TraceReport) -> [UInt64] = { report in
            let all = report.tlbs[0].statistics
            return [all.l1Hits.sum, all.l2Hits.sum, all.fills[0]]
        }
        #expect(found(base).reduce(0, +) == 30_000 && found(demand).reduce(0, +) == 30_000)
    }

    @Test("by policy a block of 2 MiB is one page where private anonymous memory holds all of it")
    func policyLooksAtMappings() throws {
        let maps =
            "7f0000100000-7f0000600000 rw-p 00000000 00:00 0 \n7f0000800000-7f0000c00000 r--p 00000000 fe:00 12 /lib/x\n"
        let description = try ProcessDescription(maps.utf8)
        let report = try replay(
            " L 7f0000100000,1\n L 7f0000200000,1\n L 7f00003ff000,1\n L 7f0000400000,1\n L 7f0000800000,1\n"
        ) {
            ($0.mapping, $0.pageSize, $0.maps) = (.fixed, .policy, description)
        }
        #expect(report.tlbs[0].statistics.fills == [2, 2, 0])
    }

    @Test("several TLBs in one pass give what each gives alone")
    func replaysSeveral() throws {
        let trace = packed(randomAccesses(0x7ace_0005, count: 20_000))
        let both = try replay(trace, nil) { $0.tlbs = [("zen3", .zen3), ("golden-cove", .goldenCove)] }
        for tlb in both.tlbs {
            let geometry = try #require(TLBGeometry.preset(tlb.name))
            let alone = try replay(trace, nil) { $0.tlbs = [(tlb.name, geometry)] }
            #expect(alone.tlbs[0].statistics == tlb.statistics)
            #expect(alone.tlbs[0].pages?.map(\.address) == tlb.pages?.map(\.address))
        }
    }
}
