import CShim
import Testing

/// Invalidations of pages that have several entries, what is #GP, and what lies beyond ordinary runs.
struct TLBInvalidationTests {
    private let huge: UInt64 = 1 << 30

    /// A CPU whose page of 1 GiB at 1 GiB was fetched from at two places, which the instruction TLB keeps as two pieces.
    private func benchWithPieces(bits: UInt64 = 0) -> TLBBench {
        let bench = TLBBench()
        var paging = bench.cpu.paging
        paging.gigabyte_pages = true
        #expect(fl_cpu_set_controls(&bench.cpu, &paging, true, true))
        mapHuge(bench, 3, bits)
        for piece in [0, 7] as [UInt64] { #expect(fetch(bench, piece) == 3 << 30 + piece << 21) }
        mapHuge(bench, 5, bits)
        for piece in [0, 7] as [UInt64] { #expect(fetch(bench, piece) == 3 << 30 + piece << 21) }
        return bench
    }

    private func mapHuge(_ bench: TLBBench, _ gigabyte: UInt64, _ bits: UInt64) {
        fl_ram_table(&bench.cpu.ram, 2)[1] = gigabyte << 30 | 1 << 7 | 7 | bits
    }

    private func fetch(_ bench: TLBBench, _ piece: UInt64) -> UInt64 {
        bench.translate(huge + piece << 21, FL_EXECUTE).physical
    }

    @Test("INVLPG of any address of a large page drops all its entries (4.10.4.1)", arguments: [0, 1 << 8] as [UInt64])
    func invlpgOfPieces(_ bits: UInt64) {
        let bench = benchWithPieces(bits: bits)
        fl_cpu_invlpg(&bench.cpu, huge + 99 << 21 + 0x1234)
        for piece in [0, 7] as [UInt64] { #expect(fetch(bench, piece) == 5 << 30 + piece << 21) }
    }

    @Test("INVPCID of any address of a large page drops all its entries of that PCID, and no global one")
    func invpcidOfPieces() {
        for (bits, frame) in [(0, 5), (1 << 8, 3)] as [(UInt64, UInt64)] {
            let bench = benchWithPieces(bits: bits)
            #expect(fl_cpu_invpcid(&bench.cpu, FL_INVPCID_ADDRESS.rawValue, 2, huge))
            #expect(fetch(bench, 7) == 3 << 30 + 7 << 21)
            #expect(fl_cpu_invpcid(&bench.cpu, FL_INVPCID_ADDRESS.rawValue, 1, huge + 99 << 21))
            for piece in [0, 7] as [UInt64] { #expect(fetch(bench, piece) == frame << 30 + piece << 21) }
        }
    }

    @Test("INVLPG leaves the pieces of other large pages, and entries of 2 MiB beside them")
    func piecesOfOthers() {
        let bench = benchWithPieces()
        fl_ram_table(&bench.cpu.ram, 3)[3] = 1 << 21 | 1 << 7 | 7
        #expect(bench.translate(3 << 21, FL_EXECUTE).physical == 1 << 21)
        fl_ram_table(&bench.cpu.ram, 3)[3] = 2 << 21 | 1 << 7 | 7
        fl_cpu_invlpg(&bench.cpu, 5 << 21)
        #expect(bench.translate(3 << 21, FL_EXECUTE).physical == 1 << 21)
        #expect(fetch(bench, 7) == 3 << 30 + 7 << 21)
        fl_cpu_invlpg(&bench.cpu, 3 << 21 | 0x5000)
        #expect(bench.translate(3 << 21, FL_EXECUTE).physical == 2 << 21)
    }

    @Test("a page that becomes global has one entry, also where another PCID had cached it as global")
    func globalTwice() {
        let bench = TLBBench()
        let page: UInt64 = 0x1000
        // PCID 1 has its own, PCID 2 a global one; then the table of PCID 1 says global, and a write walks again.
        _ = bench.read(page)
        bench.map(page, to: 9, bits: 1 << 8)
        #expect(fl_cpu_load_cr3(&bench.cpu, 1 << 12 | 2 | 1 << 63))
        #expect(bench.read(page) == 9 << 12)
        bench.map(page, to: 10, bits: 1 << 8)
        #expect(fl_cpu_load_cr3(&bench.cpu, 1 << 12 | 1 | 1 << 63))
        #expect(bench.read(page) == 8 << 12)
        #expect(bench.translate(page, FL_WRITE).physical == 10 << 12)
        bench.map(page, to: 11, bits: 1 << 8)
        fl_cpu_invlpg(&bench.cpu, page)
        #expect(bench.read(page) == 11 << 12)
    }

    @Test("MOV to CR3 of a value with reserved bits is #GP and changes nothing")
    func badCR3() {
        let bench = TLBBench()
        _ = bench.read(0x1000)
        bench.map(0x1000, to: 9)
        // The bench has 46 physical address bits.
        for value in [1 << 46 | 1 << 12, 1 << 62 | 1 << 12, 1 << 51] as [UInt64] {
            #expect(!fl_cpu_load_cr3(&bench.cpu, value | 1))
        }
        #expect(bench.read(0x1000) == 8 << 12, "nothing was flushed")
        #expect(fl_cpu_load_cr3(&bench.cpu, 1 << 12))
        var paging = bench.cpu.paging
        #expect(fl_cpu_set_controls(&bench.cpu, &paging, false, true))
        #expect(!fl_cpu_load_cr3(&bench.cpu, 1 << 12 | 1 << 63), "bit 63 is reserved without CR4.PCIDE")
        #expect(fl_cpu_load_cr3(&bench.cpu, 1 << 12))
    }

    @Test("CR4.PCIDE can be set only while bits 0 to 11 of CR3 are 0, and INVPCID needs PCID 0 while it is clear")
    func settingPCIDE() {
        let bench = TLBBench()
        var paging = bench.cpu.paging
        #expect(fl_cpu_set_controls(&bench.cpu, &paging, false, true))
        #expect(!fl_cpu_set_controls(&bench.cpu, &paging, true, true), "CR3 still names PCID 1")
        #expect(!bench.cpu.pcide)
        #expect(!fl_cpu_invpcid(&bench.cpu, FL_INVPCID_CONTEXT.rawValue, 1, 0))
        #expect(!fl_cpu_invpcid(&bench.cpu, FL_INVPCID_ADDRESS.rawValue, 1, 0))
        #expect(fl_cpu_invpcid(&bench.cpu, FL_INVPCID_ALL.rawValue, 1, 0))
        #expect(fl_cpu_load_cr3(&bench.cpu, 1 << 12))
        #expect(fl_cpu_set_controls(&bench.cpu, &paging, true, true))
        #expect(bench.cpu.pcide)
    }

    @Test("MAXPHYADDR must be 32 to 52", arguments: [0, 31, 53, 64, 255] as [UInt8])
    func badPhysicalBits(_ bits: UInt8) {
        let bench = TLBBench()
        var paging = bench.cpu.paging
        paging.physical_bits = bits
        #expect(!fl_cpu_set_controls(&bench.cpu, &paging, true, true))
        #expect(bench.cpu.paging.physical_bits == 46)
        var geometry = fl_tlb_geometry()
        let shape = fl_tlb_shape(sets: 4, ways: 4, replacement: 0)
        geometry.shapes = (shape, shape, shape, shape, shape, shape, shape, shape, shape, shape, shape)
        var cpu = fl_cpu()
        var failed: UInt32 = 0
        #expect(fl_cpu_create(&cpu, &bench.cpu.ram, &geometry, &paging, &failed) == FL_TLB_E_PHYSICAL_BITS)
    }

    @Test("when the contexts' generations run out, everything is emptied and nothing old comes back")
    func generationsRunOut() {
        let last: UInt64 = 1 << 26 - 1
        let flushes: [(String, (TLBBench) -> Void)] = [
            ("MOV to CR3", { _ = fl_cpu_load_cr3(&$0.cpu, 1 << 12 | 1) }),
            ("INVLPG", { fl_cpu_invlpg(&$0.cpu, 0x1000) }),
            ("INVPCID 0", { _ = fl_cpu_invpcid(&$0.cpu, FL_INVPCID_ADDRESS.rawValue, 1, 0x1000) }),
            ("INVPCID 1", { _ = fl_cpu_invpcid(&$0.cpu, FL_INVPCID_CONTEXT.rawValue, 1, 0) }),
            ("INVPCID 2", { _ = fl_cpu_invpcid(&$0.cpu, FL_INVPCID_ALL.rawValue, 0, 0) }),
            ("INVPCID 3", { _ = fl_cpu_invpcid(&$0.cpu, FL_INVPCID_NON_GLOBAL.rawValue, 0, 0) }),
            ("CR4.PGE", { toggleGlobals($0) }),
        ]
        for (name, flush) in flushes {
            for generation in last - 3...last {
                let bench = TLBBench()
                bench.cpu.next_tag = generation
                for frame in 20..<30 as Range<UInt64> {
                    bench.map(0x1000, to: frame)
                    flush(bench)
                    #expect(bench.read(0x1000) == frame << 12, "\(name) at generation \(generation)")
                }
                #expect(bench.cpu.next_tag <= last)
            }
        }
    }
}

private func toggleGlobals(_ bench: TLBBench) {
    var paging = bench.cpu.paging
    #expect(fl_cpu_set_controls(&bench.cpu, &paging, true, !bench.cpu.pge))
}
