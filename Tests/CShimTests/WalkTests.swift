import CShim
import Testing

/// The walk by the manual's tables: reserved bits, access rights, error codes (Intel SDM vol. 3A, 4.5 to 4.7).
struct WalkTests {
    private static let address: UInt64 = 0x1234

    /// Tables whose walk of `address` ends at `leafLevel`, and the one entry of each in frames 1 (PML4) to 4.
    private final class Tables {
        var ram = fl_ram()
        var paging = fl_paging()
        let leafLevel: UInt64

        init(leafLevel: UInt64) {
            self.leafLevel = leafLevel
            precondition(fl_ram_create(&ram, 16 << 12) == FL_OK)
            paging.physical_bits = 40
            (paging.nxe, paging.wp, paging.gigabyte_pages) = (true, true, true)
            for level in leafLevel...4 {
                let frame: UInt64 = level > leafLevel ? 6 - level : 0
                entry(level).pointee = frame << 12 | 7 | (level == leafLevel && level > 1 ? 1 << 7 : 0)
            }
        }

        deinit { fl_ram_destroy(&ram) }

        /// The entry at a level: 4 is the PML4's.
        func entry(_ level: UInt64) -> UnsafeMutablePointer<UInt64> {
            fl_ram_table(&ram, 5 - level) + (level == 1 ? 1 : 0)
        }

        func walk(_ kind: fl_access_kind = FL_READ, user: Bool = true) -> fl_walk {
            var walk = fl_walk()
            fl_walk_tables(&ram, &paging, 1 << 12, WalkTests.address, kind, user, &walk)
            return walk
        }
    }

    @Test(
        "of each entry, the bits that the manual reserves fault with RSVD and P at that level, and no other bit does",
        arguments: [1, 2, 3] as [UInt64], [false, true])
    func reservedBits(_ leafLevel: UInt64, _ isAMD: Bool) {
        for level in leafLevel...4 {
            for bit in 1...63 as ClosedRange<UInt64> where bit != 7 || level == 4 {
                let tables = Tables(leafLevel: leafLevel)
                tables.paging.reserves_global_in_pml4 = isAMD
                // Another table is still inside RAM: bits 12 and up that are not reserved would lead elsewhere.
                if level != leafLevel && (12..<40).contains(bit) { continue }
                tables.entry(level).pointee |= 1 << bit
                var isReserved = (40...51).contains(bit)
                if level == leafLevel && level == 2 { isReserved = isReserved || (13...20).contains(bit) }
                if level == leafLevel && level == 3 { isReserved = isReserved || (13...29).contains(bit) }
                if level == 4 { isReserved = isReserved || bit == 7 || (bit == 8 && isAMD) }
                let walk = tables.walk()
                let fault = FL_PF_P | FL_PF_RSVD | FL_PF_U
                #expect(walk.error == (isReserved ? fault : 0), "level \(level) bit \(bit)")
                if isReserved { #expect(walk.level == UInt8(level)) }
            }
        }
    }

    @Test("bit 63 is reserved at every level while EFER.NXE is 0, and a fetch's error code has I only with NXE or SMEP")
    func noExecute() {
        for level in 1...4 as ClosedRange<UInt64> {
            let tables = Tables(leafLevel: 1)
            tables.entry(level).pointee |= 1 << 63
            #expect(tables.walk().error == 0)
            #expect(tables.walk(FL_EXECUTE).error == FL_PF_P | FL_PF_U | FL_PF_I)
            tables.paging.nxe = false
            #expect(tables.walk().error == FL_PF_P | FL_PF_U | FL_PF_RSVD)
            #expect(tables.walk(FL_EXECUTE).error == FL_PF_P | FL_PF_U | FL_PF_RSVD)
            tables.paging.smep = true
            #expect(tables.walk(FL_EXECUTE).error == FL_PF_P | FL_PF_U | FL_PF_RSVD | FL_PF_I)
            #expect(tables.walk(FL_EXECUTE).level == UInt8(level))
        }
    }

    @Test("PS in a PDPT entry is reserved where the processor has no 1 GiB pages")
    func gigabytePages() {
        let tables = Tables(leafLevel: 3)
        #expect(tables.walk().error == 0 && tables.walk().shift == 30 && tables.walk().level == 3)
        tables.paging.gigabyte_pages = false
        #expect(tables.walk().error == FL_PF_P | FL_PF_RSVD | FL_PF_U && tables.walk().level == 3)
    }

    @Test("an entry without P faults without P in the error code, whatever else it holds, and nothing is marked")
    func notPresent() {
        for level in 1...4 as ClosedRange<UInt64> {
            let tables = Tables(leafLevel: 1)
            tables.entry(level).pointee = ~1
            #expect(tables.walk(FL_WRITE).error == FL_PF_W | FL_PF_U && tables.walk().level == UInt8(level))
            #expect(tables.walk(FL_WRITE, user: false).error == FL_PF_W)
            for above in level + 1..<5 { #expect(tables.entry(above).pointee & 0x60 == 0) }
        }
    }

    /// An access to a page with these bits, and the error code that it gets.
    private struct Row {
        var page: UInt64
        var kind: fl_access_kind
        var user: Bool
        var error: UInt32
        var set: (inout fl_paging) -> Void = { _ in }
    }

    @Test("rights: what the manual's section 4.6 allows user and supervisor, by page and control bits")
    func rights() {
        let (user, write, nx): (UInt64, UInt64, UInt64) = (4, 2, 1 << 63)
        let key3: UInt64 = 3 << 59
        let denyAccess: (inout fl_paging) -> Void = { ($0.pke, $0.pkru) = (true, 1 << 6) }
        let denyWrite: (inout fl_paging) -> Void = { ($0.pke, $0.pkru) = (true, 2 << 6) }
        let rows: [Row] = [
            // Supervisor reads: any page, but SMAP keeps user pages unless AC is set.
            Row(page: 0, kind: FL_READ, user: false, error: 0),
            Row(page: user, kind: FL_READ, user: false, error: 0),
            Row(page: user, kind: FL_READ, user: false, error: 1) { $0.smap = true },
            Row(page: 0, kind: FL_READ, user: false, error: 0) { $0.smap = true },
            Row(page: user, kind: FL_READ, user: false, error: 0) { ($0.smap, $0.ac) = (true, true) },
            Row(page: user, kind: FL_READ, user: true, error: 0) { $0.smap = true },
            // Supervisor writes: R/W counts only with CR0.WP.
            Row(page: 0, kind: FL_WRITE, user: false, error: 3),
            Row(page: 0, kind: FL_WRITE, user: false, error: 0) { $0.wp = false },
            Row(page: user | write, kind: FL_WRITE, user: false, error: 3) { ($0.smap, $0.wp) = (true, false) },
            Row(page: user, kind: FL_WRITE, user: false, error: 0) { ($0.smap, $0.ac, $0.wp) = (true, true, false) },
            // Supervisor fetches: SMEP keeps user pages, SMAP does not.
            Row(page: user, kind: FL_EXECUTE, user: false, error: 0) { $0.smap = true },
            Row(page: user, kind: FL_EXECUTE, user: false, error: 17) { $0.smep = true },
            Row(page: 0, kind: FL_EXECUTE, user: false, error: 0) { $0.smep = true },
            Row(page: nx, kind: FL_EXECUTE, user: false, error: 17),
            // User accesses: U/S, R/W whatever WP says, NX.
            Row(page: 0, kind: FL_READ, user: true, error: 5),
            Row(page: user, kind: FL_WRITE, user: true, error: 7) { $0.wp = false },
            Row(page: user | write, kind: FL_WRITE, user: true, error: 0),
            Row(page: user | nx, kind: FL_EXECUTE, user: true, error: 21),
            Row(page: user | nx, kind: FL_READ, user: true, error: 0),
            Row(page: user, kind: FL_EXECUTE, user: true, error: 0) { $0.smep = true },
            // Protection keys: user pages alone, both modes; a supervisor's write only with WP; no fetch.
            Row(page: user | key3, kind: FL_READ, user: true, error: 0x25, set: denyAccess),
            Row(page: user | key3, kind: FL_READ, user: false, error: 0x21, set: denyAccess),
            Row(page: key3, kind: FL_READ, user: false, error: 0, set: denyAccess),
            Row(page: key3, kind: FL_READ, user: true, error: 5, set: denyAccess),
            Row(page: user | key3, kind: FL_EXECUTE, user: true, error: 0, set: denyAccess),
            Row(page: user | key3, kind: FL_READ, user: true, error: 0, set: denyWrite),
            Row(page: user | write | key3, kind: FL_WRITE, user: true, error: 0x27, set: denyWrite),
            Row(page: user | key3, kind: FL_WRITE, user: true, error: 0x27, set: denyWrite),
            Row(page: user | write | key3, kind: FL_WRITE, user: false, error: 0x23, set: denyWrite),
            Row(page: user | write | key3, kind: FL_WRITE, user: false, error: 0) {
                ($0.pke, $0.pkru, $0.wp) = (true, 2 << 6, false)
            },
            Row(page: user | write | key3, kind: FL_WRITE, user: true, error: 0x27) {
                ($0.pke, $0.pkru, $0.wp) = (true, 2 << 6, false)
            },
            Row(page: user | write | key3, kind: FL_WRITE, user: true, error: 0) { $0.pkru = ~0 },
            Row(page: user | key3, kind: FL_READ, user: true, error: 0) { ($0.pke, $0.pkru) = (true, ~(3 << 6)) },
        ]
        for (index, row) in rows.enumerated() {
            for level in 1...3 as ClosedRange<UInt64> {
                let tables = Tables(leafLevel: level)
                tables.entry(level).pointee = tables.entry(level).pointee & ~6 | row.page
                row.set(&tables.paging)
                let walk = tables.walk(row.kind, user: row.user)
                #expect(walk.error == row.error, "row \(index), a leaf at level \(level)")
                let marks: UInt64 = row.error != 0 ? 0 : row.kind == FL_WRITE ? 0x60 : 0x20
                #expect(tables.entry(level).pointee & 0x60 == marks, "A and D of row \(index)")
                for above in level + 1...4 {
                    #expect(tables.entry(above).pointee & 0x60 == (row.error == 0 ? 0x20 : 0))
                }
            }
        }
    }

    @Test("R/W and U/S count at every level, NX at any (4.6)")
    func rightsOfAllLevels() {
        for level in 1...4 as ClosedRange<UInt64> {
            let tables = Tables(leafLevel: 1)
            tables.entry(level).pointee &= ~2
            #expect(tables.walk(FL_WRITE).error == 7 && tables.walk(FL_WRITE).level == 1)
            tables.entry(level).pointee &= ~4
            #expect(tables.walk().error == 5 && tables.walk(user: false).error == 0)
            tables.entry(level).pointee |= 1 << 63
            #expect(tables.walk(FL_EXECUTE, user: false).error == 17)
        }
    }

    @Test("an address is canonical if bits 47 to 63 are equal; another is #GP and reads nothing")
    func canonical() {
        let tables = Tables(leafLevel: 1)
        for (address, isCanonical) in [
            (0x7fff_ffff_ffff, true), (0x8000_0000_0000, false), (0xffff_7fff_ffff_ffff, false),
            (0xffff_8000_0000_0000, true), (1 << 63, false), (.max, true),
        ] as [(UInt64, Bool)] {
            var walk = fl_walk()
            fl_walk_tables(&tables.ram, &tables.paging, 1 << 12, address, FL_READ, true, &walk)
            #expect((walk.status != FL_WALK_NOT_CANONICAL.rawValue) == isCanonical)
            #expect((walk.loads == 0) == !isCanonical)
        }
    }

    @Test("a table outside simulated RAM is a status with its level, never a host fault")
    func outsideRAM() {
        for level in 2...4 as ClosedRange<UInt64> {
            for frame in [16, 1 << 27, (1 << 28) - 1] as [UInt64] {
                let tables = Tables(leafLevel: 1)
                tables.entry(level).pointee = frame << 12 | 7
                let walk = tables.walk()
                #expect(walk.status == FL_WALK_OUTSIDE_RAM.rawValue && walk.level == UInt8(level - 1))
                #expect(tables.entry(4).pointee & 0x20 == 0)
            }
        }
        let tables = Tables(leafLevel: 1)
        var walk = fl_walk()
        fl_walk_tables(&tables.ram, &tables.paging, 1 << 39, Self.address, FL_READ, true, &walk)
        #expect(walk.status == FL_WALK_OUTSIDE_RAM.rawValue && walk.level == 4 && walk.loads == 0)
    }
}
