import CShim
import Testing

/// A page fault invalidates what the page's translation would use (Intel SDM vol. 3A, 4.10.4.1): it does not come again if
/// the tables do not ask for it.
struct PageFaultInvalidationTests {
    private let page: UInt64 = 0x1000

    @Test(
        "a table whose entry was widened without a flush is walked with its new rights",
        arguments: [1, 2, 3] as [UInt64])
    func widenedStructure(_ frame: UInt64) {
        let bench = TLBBench()
        let entry = fl_ram_table(&bench.cpu.ram, frame)
        entry.pointee &= ~2
        _ = bench.read(page)
        #expect(bench.translate(page, FL_WRITE).error == FL_PF_P | FL_PF_W | FL_PF_U)
        entry.pointee |= 2
        #expect(bench.translate(page, FL_WRITE).status == FL_WALK_OK.rawValue)
        #expect(bench.entry(page).pointee & 0x40 != 0)
    }

    @Test("another table in the place of one that was cached is found after a fault")
    func replacedTable() {
        let bench = TLBBench()
        _ = bench.read(page)
        replaceTable(bench)
        #expect(bench.translate(0x5000, FL_READ).error == FL_PF_U)
        #expect(bench.read(0x5000) == 12 << 12)
        // What was dropped serves no other page either.
        #expect(bench.read(0x6000) == 13 << 12)
    }

    @Test("a fault of one kind of access drops the page from the TLBs of all kinds, and no other page")
    func allKinds() {
        let bench = TLBBench()
        bench.map(0x2000, to: 9)
        _ = bench.translate(page, FL_EXECUTE)
        _ = bench.translate(0x2000, FL_EXECUTE)
        for address in [page, 0x2000] { bench.entry(address).pointee = 10 << 12 | 5 }
        #expect(bench.translate(page, FL_WRITE).error == FL_PF_P | FL_PF_W | FL_PF_U)
        #expect(bench.translate(page, FL_EXECUTE).physical == 10 << 12)
        #expect(bench.translate(0x2000, FL_EXECUTE).physical == 9 << 12)
    }

    @Test("a fault that the tables ask for leaves what is still true, and counts what was saved")
    func trueFault() {
        let bench = TLBBench()
        _ = bench.read(page)
        let before = bench.counters
        for _ in 0..<2 { #expect(bench.read(0x5000) == 0) }
        bench.map(0x5000, to: 12)
        #expect(bench.read(0x5000) == 12 << 12)
        #expect(bench.counters.saved_loads - before.saved_loads == 9)
        #expect(bench.counters.walk_loads.1 - before.walk_loads.1 == 3)
        #expect(bench.counters.walk_loads.4 == before.walk_loads.4)
    }

    @Test("the quick path too finds another table after a fault on a page that was not present")
    func replacedTableOnTheQuickPath() {
        func plru(_ sets: UInt32, _ ways: UInt32) -> fl_tlb_shape {
            fl_tlb_shape(sets: sets, ways: ways, replacement: FL_REPLACE_PLRU.rawValue)
        }
        let bench = TLBBench(shape: plru(16, 4), second: plru(16, 8), structures: plru(1, 4))
        _ = bench.read(page)
        replaceTable(bench)
        _ = bench.read(0x5000)
        #expect(bench.read(0x5000) == 12 << 12)
    }

    /// Another page table, in which two pages are present that the one cached does not have.
    private func replaceTable(_ bench: TLBBench) {
        fl_ram_table(&bench.cpu.ram, 3)[0] = 5 << 12 | 7
        fl_ram_table(&bench.cpu.ram, 5)[5] = 12 << 12 | 7
        fl_ram_table(&bench.cpu.ram, 5)[6] = 13 << 12 | 7
    }
}
