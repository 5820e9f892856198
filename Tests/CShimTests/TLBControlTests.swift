import CShim
import Testing

/// What else the manual says of flushes (Intel SDM vol. 3A, 4.10.4), and the check of uses.
struct TLBControlTests {
    private let address: UInt64 = 0x1000
    private let next: UInt64 = 0x2000

    /// A CPU that has `address` (global) and `next` cached under PCID 1, and `next` under PCID 2; the tables say something
    /// else by now.
    private func staleBench() -> TLBBench {
        let bench = TLBBench()
        bench.map(address, to: 8, bits: 1 << 8)
        bench.map(next, to: 9)
        _ = bench.read(address)
        _ = bench.read(next)
        fl_cpu_load_cr3(&bench.cpu, 1 << 12 | 2 | 1 << 63)
        _ = bench.read(next)
        fl_cpu_load_cr3(&bench.cpu, 1 << 12 | 1 | 1 << 63)
        bench.map(address, to: 10, bits: 1 << 8)
        bench.map(next, to: 11)
        return bench
    }

    /// Which of the three a flush took: the global one, the one of PCID 1, the one of PCID 2.
    private func flushed(_ bench: TLBBench) -> [Bool] {
        let own = bench.read(next) == 11 << 12
        let global = bench.read(address) == 10 << 12
        fl_cpu_load_cr3(&bench.cpu, 1 << 12 | 2 | 1 << 63)
        return [global, own, bench.read(next) == 11 << 12]
    }

    @Test("each flush takes what the manual says and leaves the rest (4.10.4.1)")
    func scopes() {
        let cases: [(String, [Bool], (TLBBench) -> Void)] = [
            ("nothing", [false, false, false], { _ in }),
            ("INVLPG of the page", [false, true, false], { fl_cpu_invlpg(&$0.cpu, 0x2000) }),
            ("INVLPG of the global page", [true, false, false], { fl_cpu_invlpg(&$0.cpu, 0x1000) }),
            ("INVLPG of no address", [false, false, false], { fl_cpu_invlpg(&$0.cpu, 1 << 62) }),
            (
                "INVPCID 0 of the other PCID", [false, false, true],
                { _ = fl_cpu_invpcid(&$0.cpu, FL_INVPCID_ADDRESS.rawValue, 2, 0x2000) }
            ),
            (
                "INVPCID 0 of the global page", [false, false, false],
                { _ = fl_cpu_invpcid(&$0.cpu, FL_INVPCID_ADDRESS.rawValue, 1, 0x1000) }
            ),
            (
                "INVPCID 1 of the other PCID", [false, false, true],
                { _ = fl_cpu_invpcid(&$0.cpu, FL_INVPCID_CONTEXT.rawValue, 2, 0) }
            ),
            ("INVPCID 2", [true, true, true], { _ = fl_cpu_invpcid(&$0.cpu, FL_INVPCID_ALL.rawValue, 0, 0) }),
            ("INVPCID 3", [false, true, true], { _ = fl_cpu_invpcid(&$0.cpu, FL_INVPCID_NON_GLOBAL.rawValue, 0, 0) }),
            ("MOV to CR3", [false, true, false], { fl_cpu_load_cr3(&$0.cpu, 1 << 12 | 1) }),
            ("MOV to CR3 with bit 63", [false, false, false], { fl_cpu_load_cr3(&$0.cpu, 1 << 12 | 1 | 1 << 63) }),
            ("CR4.SMEP from 0 to 1", [true, true, false], { set($0) { $0.smep = true } }),
            ("CR4.SMAP", [false, false, false], { set($0) { $0.smap = true } }),
            ("CR4.PKE", [false, false, false], { set($0) { $0.pke = true } }),
            ("CR0.WP", [false, false, false], { set($0) { $0.wp.toggle() } }),
            (
                "CR4.PGE from 1 to 0 and back", [true, true, true],
                {
                    setGlobals($0, false); setGlobals($0, true)
                }
            ),
        ]
        for (name, expected, flush) in cases {
            let bench = staleBench()
            flush(bench)
            #expect(flushed(bench) == expected, "\(name)")
        }
    }

    @Test("CR4.PCIDE from 1 to 0 flushes everything, and the PCID is 0 then (4.10.4.1)")
    func pcideOff() {
        let bench = staleBench()
        var paging = bench.cpu.paging
        fl_cpu_set_controls(&bench.cpu, &paging, false, true)
        #expect(bench.cpu.pcid == 0)
        #expect(bench.read(address) == 10 << 12)
        #expect(bench.read(next) == 11 << 12)
    }

    @Test("an entry that forbids the access is dropped, and the tables decide (4.10.4.3)")
    func forbiddenEntryIsDropped() {
        let bench = TLBBench()
        bench.entry(address).pointee &= ~2
        #expect(bench.read(address) == 8 << 12)
        #expect(bench.translate(address, FL_WRITE).error == FL_PF_P | FL_PF_W | FL_PF_U)
        bench.entry(address).pointee |= 2
        #expect(bench.translate(address, FL_WRITE).status == FL_WALK_OK.rawValue)
    }

    @Test("with the check of uses on, a stale use is counted and described; the access still gets the stale answer")
    func checkOfUses() {
        let cases: [(UInt64, fl_stale_change)] = [
            (9 << 12 | 7, FL_STALE_MOVED), (8 << 12 | 5, FL_STALE_RIGHTS), (0, FL_STALE_UNMAPPED),
            (8 << 12 | 7, fl_stale_change(rawValue: 0)),
        ]
        for (entry, expected) in cases {
            let bench = TLBBench()
            bench.cpu.number = 3
            _ = bench.translate(address, FL_WRITE)
            bench.cpu.checks = true
            set(bench) { _ in }
            bench.entry(address).pointee = entry
            #expect(bench.read(address + 5) == 8 << 12 + 5)
            let isStale = expected.rawValue != 0
            #expect(bench.counters.stale_uses == (isStale ? 1 : 0))
            if !isStale { continue }
            let stale = bench.cpu.last_stale
            #expect(stale.change == expected.rawValue && stale.cpu == 3 && stale.context == 1)
            #expect(stale.address == address + 5 && stale.cached == 8 << 12)
        }
    }

    @Test("hits, walks, what they read and what was saved are counted by level and kind")
    func counters() {
        let bench = TLBBench()
        let before = bench.counters
        _ = bench.read(address)
        _ = bench.read(address)
        _ = bench.translate(address, FL_WRITE)
        _ = bench.translate(address, FL_WRITE)
        _ = bench.translate(address, FL_EXECUTE)
        _ = bench.read(0x5000)
        let after = bench.counters
        #expect(after.walks.0 - before.walks.0 == 2)
        // The clean entry does not serve the first write.
        #expect(after.walks.1 - before.walks.1 == 1)
        #expect(after.walks.2 - before.walks.2 == 1)
        #expect(after.l1_hits.0 - before.l1_hits.0 == 1)
        #expect(after.l1_hits.1 - before.l1_hits.1 == 1)
        #expect(after.faults - before.faults == 1)
        // The first walk reads all four levels; three more find the table in the cache.
        #expect(after.walk_loads.4 - before.walk_loads.4 == 1)
        #expect(after.walk_loads.1 - before.walk_loads.1 == 4)
        #expect(after.saved_loads - before.saved_loads == 9)
        #expect(after.fills.0 - before.fills.0 == 3)
    }

    @Test("hits are counted by page size in both levels")
    func largeHits() {
        let one = fl_tlb_shape(sets: 1, ways: 1, replacement: FL_REPLACE_LRU.rawValue)
        let many = fl_tlb_shape(sets: 4, ways: 4, replacement: FL_REPLACE_PLRU.rawValue)
        let bench = TLBBench(shape: one, second: many)
        set(bench) { $0.gigabyte_pages = true }
        let large: UInt64 = 1 << 7 | 7
        for index in 1...2 {
            fl_ram_table(&bench.cpu.ram, 2)[index] = UInt64(index) << 30 | large
            fl_ram_table(&bench.cpu.ram, 3)[index] = UInt64(index) << 21 | large
        }
        for shift in [21, 30] as [UInt64] {
            // Walk, hit, walk of another page that takes its place, hit in the second level, hit.
            for page in [1, 1, 2, 1, 1] as [UInt64] { #expect(bench.read(page << shift + 9) == page << shift + 9) }
        }
        let counters = bench.counters
        #expect(counters.l1_large.0.0 == 2 && counters.l1_large.1.0 == 2 && counters.l1_hits.0 == 4)
        #expect(counters.l2_large.0.0 == 1 && counters.l2_large.1.0 == 1 && counters.l2_hits.0 == 2)
        #expect(counters.fills.1 == 2 && counters.fills.2 == 2)
        #expect(counters.fills_by_kind.1.0 == 2 && counters.fills_by_kind.2.0 == 2)
    }
}

private func set(_ bench: TLBBench, _ change: (inout fl_paging) -> Void) {
    var paging = bench.cpu.paging
    change(&paging)
    fl_cpu_set_controls(&bench.cpu, &paging, bench.cpu.pcide, bench.cpu.pge)
}

private func setGlobals(_ bench: TLBBench, _ on: Bool) {
    var paging = bench.cpu.paging
    fl_cpu_set_controls(&bench.cpu, &paging, bench.cpu.pcide, on)
}
