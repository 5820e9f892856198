import Testing

@testable import Faultline

/// The self-checks find what is wrong; each test breaks one thing.
struct InvariantTests {
    private let base: UInt64 = 0x1000_0000_0000

    private func machineWithPages() throws -> (Machine, PFN, Handle<VMArea>) {
        let machine = try Machine(ramBytes: 1 << 30)
        let process = try machine.start()
        try machine.mmap(process, base, 0x4000, prot: 3, flags: 0x32)
        #expect(try machine.store(process, base + 0x1000, 1) == nil)
        _ = try machine.fork(process)
        let mm = machine.processes[process].mm
        let vma = try #require(machine.findVMA(mm, base))
        #expect(machine.checkInvariants() == nil)
        return (machine, machine.readPTE(mm, base + 0x1000).pfn, vma)
    }

    @Test("a map count that does not equal the page tables is reported")
    func mapCount() throws {
        let (machine, pfn, _) = try machineWithPages()
        machine.page(pfn).pointee.mapcount += 1
        #expect(machine.checkInvariants()?.contains("mapcount") == true)
    }

    @Test("a reference without a holder is reported")
    func refcount() throws {
        let (machine, pfn, _) = try machineWithPages()
        machine.page(pfn).pointee.refcount += 1
        #expect(machine.checkInvariants()?.contains("refcount") == true)
    }

    @Test("an index that leads the reverse map astray is reported")
    func index() throws {
        let (machine, pfn, _) = try machineWithPages()
        machine.page(pfn).pointee.index += 1
        #expect(machine.checkInvariants()?.contains("index") == true)
    }

    @Test("a resident-set counter that is off is reported")
    func counters() throws {
        let (machine, _, vma) = try machineWithPages()
        vma.pointee.mm.pointee.anonPages += 1
        #expect(machine.checkInvariants()?.contains("rss") == true)
    }

    @Test("a total that the VMAs do not add up to is reported")
    func totals() throws {
        let (machine, _, vma) = try machineWithPages()
        vma.pointee.mm.pointee.totalVM += 1
        #expect(machine.checkInvariants()?.contains("total_vm") == true)
    }

    @Test("a shared frame that is writable is reported")
    func writableShared() throws {
        let (machine, _, vma) = try machineWithPages()
        let entry = try #require(machine.findPTE(vma.pointee.mm, base + 0x1000))
        entry.pointee |= PTE.writeBit
        #expect(machine.checkInvariants()?.contains("exclusive") == true)
    }

    @Test("a commitment that nobody holds is reported")
    func commitment() throws {
        let (machine, _, _) = try machineWithPages()
        machine.committedPages += 1
        #expect(machine.checkInvariants()?.contains("Committed_AS") == true)
    }

    @Test("a lost page table is reported")
    func tables() throws {
        let (machine, _, vma) = try machineWithPages()
        vma.pointee.mm.pointee.tableFrames += 1
        #expect(machine.checkInvariants()?.contains("pgtables_bytes") == true)
    }
}
