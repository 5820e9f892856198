import CShim
import Testing

/// The check of uses: what the tables say of translations and of paging-structure entries at the moment of their use.
struct CoherenceCheckTests {
    private let address: UInt64 = 0x1000

    /// A CPU that has the page's translation, written through if `dirty`, and checks uses.
    private func checkedBench(dirty: Bool = false) -> TLBBench {
        let bench = TLBBench()
        fl_cpu_check_uses(&bench.cpu, true)
        _ = bench.translate(address, dirty ? FL_WRITE : FL_READ)
        return bench
    }

    @Test("a walk that begins at a paging-structure entry which the tables no longer have is reported")
    func staleStructures() {
        // What becomes of the PDE (in frame 3), the PDPTE (2) and the PML4E (1), and what is said of it.
        let cases: [(frame: UInt64, entry: UInt64, change: fl_stale_change)] = [
            (3, 0, FL_STALE_UNMAPPED), (3, 5 << 12 | 7, FL_STALE_MOVED), (3, 4 << 12 | 5, FL_STALE_RIGHTS),
            (3, 4 << 12 | 3, FL_STALE_RIGHTS), (3, 4 << 12 | 7 | 1 << 63, FL_STALE_RIGHTS),
            (3, 1 << 21 | 1 << 7 | 7, FL_STALE_SIZE), (3, 1 << 40 | 7, FL_STALE_MOVED), (2, 0, FL_STALE_UNMAPPED),
            (1, 0, FL_STALE_UNMAPPED), (3, 4 << 12 | 7 | 1 << 5, fl_stale_change(rawValue: 0)),
        ]
        for (frame, entry, change) in cases {
            let bench = checkedBench()
            bench.map(0x5000, to: 12)
            fl_ram_table(&bench.cpu.ram, frame)[0] = entry
            #expect(bench.read(0x5008) == 12 << 12 + 8, "the stale entry answers")
            #expect(bench.counters.stale_uses == (change.rawValue == 0 ? 0 : 1))
            if change.rawValue == 0 { continue }
            let stale = bench.cpu.last_stale
            #expect(stale.change == change.rawValue && stale.level == 1, "frame \(frame) entry \(entry)")
            #expect(stale.address == 0x5008 && stale.cached == 4 << 12 && stale.context == 1)
        }
    }

    @Test("a search of the caches finds a stale paging-structure entry that no translation shows, under any PCID")
    func findsStructures() {
        let bench = TLBBench()
        // A write drops the clean translation, and finds no page: only the caches know the table then.
        _ = bench.read(address)
        bench.entry(address).pointee = 0
        #expect(bench.translate(address, FL_WRITE).status == FL_WALK_PAGE_FAULT.rawValue)
        var stale = fl_stale_use()
        #expect(!fl_cpu_find_stale(&bench.cpu, &stale))
        fl_ram_table(&bench.cpu.ram, 3)[0] = 0
        _ = fl_cpu_load_cr3(&bench.cpu, 1 << 12 | 2 | 1 << 63)
        #expect(fl_cpu_find_stale(&bench.cpu, &stale))
        #expect(stale.level == 1 && stale.context == 1 && stale.change == FL_STALE_UNMAPPED.rawValue)
        _ = fl_cpu_invpcid(&bench.cpu, FL_INVPCID_CONTEXT.rawValue, 1, 0)
        #expect(!fl_cpu_find_stale(&bench.cpu, &stale))
    }

    @Test("a write through an entry whose page was marked clean is reported, a read is not (4.8)")
    func cleanedPage() {
        let bench = checkedBench(dirty: true)
        bench.entry(address).pointee &= ~0x40
        _ = bench.read(address)
        #expect(bench.counters.stale_uses == 0)
        _ = bench.translate(address, FL_WRITE)
        #expect(bench.counters.stale_uses == 1 && bench.cpu.last_stale.change == FL_STALE_CLEAN.rawValue)
        #expect(bench.entry(address).pointee & 0x40 == 0, "D stays clear: the entry has it")
    }

    @Test("a change of the protection key is reported where keys are in use (4.6.2)")
    func changedKey() {
        for pke in [false, true] {
            let bench = TLBBench()
            var paging = bench.cpu.paging
            paging.pke = pke
            _ = fl_cpu_set_controls(&bench.cpu, &paging, true, true)
            fl_cpu_check_uses(&bench.cpu, true)
            _ = bench.read(address)
            bench.entry(address).pointee |= 3 << 59
            _ = bench.read(address)
            #expect(bench.counters.stale_uses == (pke ? 1 : 0))
        }
    }

    @Test("a 1 GiB page in the instruction TLB, which holds pieces of it, is not stale until its entry changes")
    func gigabyteCode() {
        let bench = TLBBench()
        var paging = bench.cpu.paging
        paging.gigabyte_pages = true
        _ = fl_cpu_set_controls(&bench.cpu, &paging, true, true)
        fl_cpu_check_uses(&bench.cpu, true)
        let slot = fl_ram_table(&bench.cpu.ram, 2) + 1
        slot.pointee = 3 << 30 | 1 << 7 | 7
        let inside: UInt64 = 1 << 30 | 5 << 21 | 0x123
        for _ in 0..<2 { #expect(bench.translate(inside, FL_EXECUTE).physical == 3 << 30 | 5 << 21 | 0x123) }
        var stale = fl_stale_use()
        #expect(bench.counters.stale_uses == 0 && !fl_cpu_find_stale(&bench.cpu, &stale))
        #expect(bench.counters.l1_large.1.2 == 1, "counted as what the tables map")
        slot.pointee = 4 << 30 | 1 << 7 | 7
        _ = bench.translate(inside, FL_EXECUTE)
        #expect(bench.counters.stale_uses == 1 && bench.cpu.last_stale.change == FL_STALE_MOVED.rawValue)
        #expect(fl_cpu_find_stale(&bench.cpu, &stale) && stale.change == FL_STALE_MOVED.rawValue)
    }
}
