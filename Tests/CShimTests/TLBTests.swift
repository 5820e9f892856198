import CShim
import Testing

/// What flushes what, by the section of the Intel SDM vol. 3A that says so.
struct TLBTests {
    private let root: UInt64 = 1 << 12
    private let address: UInt64 = 0x1000

    @Test("a stale translation is used until it is flushed, and the check finds it (4.10.4)")
    func staleUntilFlushed() {
        let bench = TLBBench()
        #expect(bench.read(address) == 8 << 12)
        bench.map(address, to: 9)
        #expect(bench.read(address) == 8 << 12)
        var stale = fl_stale_use()
        #expect(fl_cpu_find_stale(&bench.cpu, &stale) && stale.change == FL_STALE_MOVED.rawValue)
        #expect(stale.address == address)
        fl_cpu_invlpg(&bench.cpu, address)
        #expect(bench.read(address) == 9 << 12)
        #expect(!fl_cpu_find_stale(&bench.cpu, &stale))
    }

    @Test("INVLPG leaves other pages and other PCIDs (4.10.4.1)")
    func invlpgIsNarrow() {
        let bench = TLBBench()
        bench.map(address + 0x1000, to: 10)
        _ = bench.read(address)
        _ = bench.read(address + 0x1000)
        bench.map(address + 0x1000, to: 11)
        fl_cpu_invlpg(&bench.cpu, address)
        #expect(bench.read(address + 0x1000) == 10 << 12)
        fl_cpu_load_cr3(&bench.cpu, root | 2)
        #expect(bench.read(address + 0x1000) == 11 << 12)
        fl_cpu_invlpg(&bench.cpu, address + 0x1000)
        fl_cpu_load_cr3(&bench.cpu, root | 1 | 1 << 63)
        #expect(bench.read(address + 0x1000) == 10 << 12)
    }

    @Test("MOV to CR3 flushes its PCID unless bit 63 is set (4.10.4.1)")
    func moveToCR3() {
        let bench = TLBBench()
        _ = bench.read(address)
        bench.map(address, to: 9)
        fl_cpu_load_cr3(&bench.cpu, root | 1 | 1 << 63)
        #expect(bench.read(address) == 8 << 12)
        fl_cpu_load_cr3(&bench.cpu, root | 1)
        #expect(bench.read(address) == 9 << 12)
    }

    @Test("global translations outlive MOV to CR3 and INVPCID 1 and 3, but not INVLPG, INVPCID 2 or a change of PGE")
    func globals() {
        let flushes: [(String, Bool, (inout fl_cpu) -> Void)] = [
            ("MOV to CR3", false, { fl_cpu_load_cr3(&$0, 1 << 12 | 3) }),
            ("INVPCID 1", false, { _ = fl_cpu_invpcid(&$0, FL_INVPCID_CONTEXT.rawValue, 1, 0) }),
            ("INVPCID 3", false, { _ = fl_cpu_invpcid(&$0, FL_INVPCID_NON_GLOBAL.rawValue, 0, 0) }),
            ("INVLPG", true, { fl_cpu_invlpg(&$0, 0x1000) }),
            ("INVPCID 2", true, { _ = fl_cpu_invpcid(&$0, FL_INVPCID_ALL.rawValue, 0, 0) }),
            (
                "PGE", true,
                {
                    var paging = $0.paging; fl_cpu_set_controls(&$0, &paging, true, false)
                }
            ),
        ]
        for (name, isFlushed, flush) in flushes {
            let bench = TLBBench()
            bench.map(address, to: 8, bits: 1 << 8)
            _ = bench.read(address)
            bench.map(address, to: 9, bits: 1 << 8)
            flush(&bench.cpu)
            #expect(bench.read(address) == (isFlushed ? 9 : 8) << 12, "\(name)")
        }
    }

    @Test("INVPCID with a bad type, PCID or address is #GP")
    func badInvpcid() {
        let bench = TLBBench()
        #expect(!fl_cpu_invpcid(&bench.cpu, 4, 0, 0))
        #expect(!fl_cpu_invpcid(&bench.cpu, FL_INVPCID_ADDRESS.rawValue, 4096, 0))
        #expect(!fl_cpu_invpcid(&bench.cpu, FL_INVPCID_ADDRESS.rawValue, 1, 1 << 62))
    }

    @Test("INVLPG drops the paging-structure entries of its PCID, whatever the address (4.10.4.1)")
    func invlpgDropsStructures() {
        let bench = TLBBench()
        _ = bench.read(address)
        let saved = bench.counters.saved_loads
        bench.map(address + 0x1000, to: 10)
        _ = bench.read(address + 0x1000)
        #expect(bench.counters.saved_loads == saved + 3)
        fl_cpu_invlpg(&bench.cpu, 0x7000_0000)
        bench.map(address + 0x2000, to: 11)
        _ = bench.read(address + 0x2000)
        #expect(bench.counters.saved_loads == saved + 3)
    }

    @Test("a write through a clean translation walks again to set D (4.8)")
    func writeSetsDirty() {
        let bench = TLBBench()
        _ = bench.read(address)
        #expect(bench.entry(address).pointee & 0x40 == 0)
        #expect(bench.translate(address, FL_WRITE).status == FL_WALK_OK.rawValue)
        #expect(bench.entry(address).pointee & 0x40 != 0)
    }

    @Test("the least recently used way goes, under true LRU")
    func lruOrder() {
        let bench = TLBBench(shape: fl_tlb_shape(sets: 1, ways: 2, replacement: FL_REPLACE_LRU.rawValue))
        for page in 1...3 as ClosedRange<UInt64> { bench.map(page << 12, to: 7 + page) }
        _ = bench.read(0x1000)
        _ = bench.read(0x2000)
        _ = bench.read(0x1000)
        _ = bench.read(0x3000)
        let hits = bench.counters.l1_hits.0
        _ = bench.read(0x1000)
        #expect(bench.counters.l1_hits.0 == hits + 1)
        let walks = bench.counters.walks.0
        _ = bench.read(0x2000)
        #expect(bench.counters.walks.0 == walks + 1)
    }

    @Test("impossible shapes are refused by name and rule")
    func badShapes() {
        let cases: [(fl_tlb_shape, fl_tlb_error)] = [
            (fl_tlb_shape(sets: 3, ways: 4, replacement: 0), FL_TLB_E_SETS),
            (fl_tlb_shape(sets: 131072, ways: 4, replacement: 0), FL_TLB_E_SETS),
            (fl_tlb_shape(sets: 4, ways: 0, replacement: 0), FL_TLB_E_WAYS),
            (fl_tlb_shape(sets: 4, ways: 129, replacement: 0), FL_TLB_E_WAYS),
            (fl_tlb_shape(sets: 4, ways: 128, replacement: 1), FL_TLB_E_PLRU_WAYS),
            (fl_tlb_shape(sets: 4, ways: 6, replacement: 1), FL_TLB_E_PLRU_WAYS),
            (fl_tlb_shape(sets: 0, ways: 0, replacement: 0), FL_TLB_E_NO_L1),
        ]
        for (shape, expected) in cases {
            var geometry = fl_tlb_geometry()
            let good = fl_tlb_shape(sets: 4, ways: 4, replacement: 0)
            geometry.shapes = (good, good, shape, good, good, good, good, good, good, good, good)
            var cpu = fl_cpu()
            var ram = fl_ram()
            var paging = fl_paging()
            var failed: UInt32 = 99
            #expect(fl_cpu_create(&cpu, &ram, &geometry, &paging, &failed) == expected)
            #expect(failed == FL_L1D_4K.rawValue)
        }
    }
}

/// A CPU over a few tables: PML4 in frame 1, and one table of each lower level behind it.
final class TLBBench {
    var cpu = fl_cpu()
    var counters: fl_tlb_counters { fl_cpu_counters(&cpu) }
    private var ram = fl_ram()

    init(
        shape: fl_tlb_shape = fl_tlb_shape(sets: 16, ways: 4, replacement: FL_REPLACE_PLRU.rawValue),
        second: fl_tlb_shape = .init(),
        structures psc: fl_tlb_shape = fl_tlb_shape(sets: 1, ways: 4, replacement: FL_REPLACE_LRU.rawValue)
    ) {
        precondition(fl_ram_create(&ram, 64 << 12) == FL_OK)
        for level in 1...3 as ClosedRange<UInt64> { fl_ram_table(&ram, level)[0] = (level + 1) << 12 | 7 }
        var geometry = fl_tlb_geometry()
        geometry.shapes = (shape, shape, shape, shape, shape, second, second, second, psc, psc, psc)
        var paging = fl_paging()
        paging.physical_bits = 46
        paging.nxe = true
        paging.wp = true
        var failed: UInt32 = 0
        precondition(fl_cpu_create(&cpu, &ram, &geometry, &paging, &failed) == FL_TLB_OK)
        fl_cpu_set_controls(&cpu, &paging, true, true)
        fl_cpu_load_cr3(&cpu, 1 << 12 | 1)
        map(0x1000, to: 8)
    }

    deinit {
        fl_cpu_destroy(&cpu)
        fl_ram_destroy(&ram)
    }

    /// The last-level entry of an address below 2 MiB.
    func entry(_ address: UInt64) -> UnsafeMutablePointer<UInt64> { fl_ram_table(&ram, 4) + Int(address >> 12) }

    func map(_ address: UInt64, to frame: UInt64, bits: UInt64 = 0) { entry(address).pointee = frame << 12 | 7 | bits }

    func translate(_ address: UInt64, _ kind: fl_access_kind) -> fl_translation {
        fl_cpu_translate(&cpu, address, kind)
    }

    func read(_ address: UInt64) -> UInt64 { translate(address, FL_READ).physical }
}
