import Testing

@testable import Faultline

/// A process with 2 MiB of memory that are one folio, as a fault on advised memory makes it. The figures are those of a live
/// kernel (6.18) for the same calls.
struct HugeFolioTests {
    private static let base: UInt64 = 0x1000_0000_0000

    private func makeMachine() throws -> (Machine, Int) {
        let machine = try Machine(ramBytes: 1 << 30)
        let process = try machine.start()
        try machine.mmap(process, Self.base, PageSize.large, prot: 3, flags: 0x32)
        let mm = machine.processes[process].mm
        let vma = try #require(machine.findVMA(mm, Self.base))
        machine.prepareAnonVMA(vma)
        let taken = machine.physical.allocate(AllocationRequest(.highUserMovable, order: 9))
        let folio = Folio.make(try #require(taken), order: 9, in: machine.frames)
        // map_anon_folio_pmd_nopf: the frames are one folio, which the one entry maps and the batch holds.
        #expect(machine.mapNewHugePage(folio, vma, Self.base))
        #expect(machine.checkInvariants() == nil)
        return (machine, process)
    }

    private func counts(_ machine: Machine, _ process: Int) throws -> [Int] {
        try machine.snapshot(process).vmas.filter { $0.start >= Self.base && $0.start < Self.base + PageSize.large }
            .flatMap(\.pages).prefix(3).map(\.mapCount)
    }

    private func figures(_ machine: Machine, _ process: Int) throws -> [Int] {
        let vma = try #require(try machine.snapshot(process).vmas.first { $0.start == Self.base })
        return [SmapsFigure.rss, .pss, .sharedDirty, .privateDirty].map { vma.figures[$0] }
    }

    @Test("fork, an unmapped page, a write and an exit give the counts of the live kernel")
    func life() throws {
        let (machine, parent) = try makeMachine()
        #expect(try figures(machine, parent) == [2048, 2048, 0, 2048] && counts(machine, parent) == [1, 1, 1])
        let child = try machine.fork(parent)
        #expect(machine.checkInvariants() == nil)
        try machine.mprotect(child, Self.base, 4096, prot: 1)
        #expect(try counts(machine, child) == [2, 2, 2])
        try machine.munmap(child, Self.base + 4096, 4096)
        #expect(machine.checkInvariants() == nil)
        #expect(try figures(machine, parent) == [2048, 1026, 2044, 4] && counts(machine, parent) == [2, 1, 2])
        #expect(try machine.store(parent, Self.base, 2) == nil)
        #expect(machine.checkInvariants() == nil)
        #expect(try figures(machine, parent) == [2048, 1028, 2040, 8] && counts(machine, parent) == [1, 1, 2])
        try machine.exit(child)
        #expect(machine.checkInvariants() == nil)
        #expect(try figures(machine, parent) == [2048, 2048, 0, 2048] && counts(machine, parent) == [1, 1, 1])
        let free = machine.physical.freePages
        try machine.munmap(parent, Self.base, PageSize.large)
        machine.drainBatches()
        #expect(machine.checkInvariants() == nil)
        // The folio, the copy of its first page, and the table that mapped them.
        let freed = machine.physical.freePages - free
        #expect(freed >= 513)
    }

    @Test("an unmapping of the whole gives the folio back as one block")
    func unmapWhole() throws {
        let (machine, process) = try makeMachine()
        let free = machine.physical.freePages
        try machine.munmap(process, Self.base, PageSize.large)
        #expect(machine.checkInvariants() == nil)
        let freed = machine.physical.freePages - free
        #expect(freed >= 512)
    }

    @Test("a wrong count of a folio is reported", arguments: 0..<4)
    func invariants(_ which: Int) throws {
        let (machine, process) = try makeMachine()
        let pte = machine.readPTE(machine.processes[process].mm, Self.base)
        let folio = machine.folio(of: pte.pfn)
        switch which {
        case 0: folio.head.pointee.refcount += 1
        case 1: folio.mapEntire(mm: 1)
        case 2: folio.head[3].mapcount += 1
        default: folio.head[3].order = 4
        }
        let problem = machine.checkInvariants() ?? ""
        #expect(problem.contains("folio \(folio.pfn)") || problem.contains("exclusive but mapped often"))
    }
}
