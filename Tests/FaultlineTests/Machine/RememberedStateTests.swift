import Testing

@testable import Faultline

@Suite("What the machine remembers of the last fault")
struct RememberedStateTests {
    private static let base: UInt64 = 0x1000_0000_0000
    private static let gigabyte: UInt64 = 1 << 30

    /// A gigabyte of private memory at `base`, whose first page was written last.
    private func touchedGigabyte() throws -> (Machine, Handle<VMArea>) {
        let machine = try Machine(ramBytes: 2 << 30)
        let process = try machine.start()
        try machine.mmap(process, Self.base, Self.gigabyte, prot: 3, flags: 0x32)
        #expect(try machine.store(process, Self.base, 7) == nil)
        let vma = try #require(machine.lookupVMA(machine.processes[process].mm, Self.base))
        return (machine, vma)
    }

    @Test("a table that hangs elsewhere by now is reported")
    func staleTable() throws {
        let (machine, vma) = try touchedGigabyte()
        #expect(machine.checkInvariants() == nil)
        machine.cpu.lastTable = LastTable(
            key: LastTable.key(vma.pointee.mm, Self.base + 0x20_0000), entries: machine.cpu.lastTable.entries)
        #expect(machine.checkInvariants()?.contains("the last table") == true)
        machine.cpu.lastTable = LastTable(key: 12345 << 27, entries: machine.cpu.lastTable.entries)
        #expect(machine.checkInvariants()?.contains("address space that is gone") == true)
    }

    @Test("a fault cache with a VMA that is gone is reported")
    func staleVMA() throws {
        let (machine, vma) = try touchedGigabyte()
        let other = machine.duplicateVMA(vma, in: vma.pointee.mm)
        vma.pointee.mm.pointee.faultCache = other
        #expect(machine.checkRemembered()?.contains("a VMA that is gone") == true)
    }

    @Test("a process on the CPU that has ended is reported")
    func staleProcess() throws {
        let (machine, _) = try touchedGigabyte()
        machine.cpu.current = 1
        #expect(machine.checkInvariants()?.contains("on the CPU") == true)
    }

    /// What takes a whole upper entry away, with the pages that it leads to.
    enum Removal: CaseIterable {
        case moved, movedAndKept, unmapped, discarded, ended
    }

    @Test(
        "whatever takes whole upper entries away, the next access finds what the tables hold",
        arguments: Removal.allCases)
    func wholeEntries(_ removal: Removal) throws {
        let (machine, _) = try touchedGigabyte()
        let (base, size) = (Self.base, Self.gigabyte)
        switch removal {
        case .moved: try machine.mremap(0, base, size, size, flags: 3, new: base + size)
        case .movedAndKept: try machine.mremap(0, base, size, size, flags: 7, new: base + size)
        case .unmapped: try machine.munmap(0, base, size)
        case .discarded: try machine.madvise(0, base, size, advice: 4)
        case .ended:
            // The child's last fault was in the same part of its own tables.
            let child = try machine.fork(0)
            #expect(try machine.store(child, base, 8) == nil)
            try machine.exit(child)
        }
        #expect(machine.checkInvariants() == nil)
        let found = try machine.load(0, base)
        switch removal {
        case .moved, .unmapped: #expect(found == .failure(AccessFault(signal: .noMapping, address: base)))
        case .movedAndKept, .discarded: #expect(found == .success(0))
        case .ended: #expect(found == .success(7))
        }
        if removal == .moved || removal == .movedAndKept { #expect(try machine.load(0, base + size) == .success(7)) }
        #expect(machine.checkInvariants() == nil)
    }
}
