import Testing

@testable import Faultline

/// Many accesses in one call are as many single ones.
struct AccessRunTests {
    private let base: UInt64 = 0x1000_0000_0000

    /// A machine with a process that has memory to read and write, memory to read, a hole, and a child that shares its pages.
    private func machine() throws -> (Machine, ProcessID) {
        let machine = try Machine(ramBytes: 64 << 20)
        let process = try machine.start()
        try machine.mmap(process, base, 3000 << 12, prot: 3, flags: 0x32)
        try machine.mmap(process, base + 3000 << 12, 40 << 12, prot: 1, flags: 0x32)
        try machine.mmap(process, base + 3060 << 12, 40 << 12, prot: 7, flags: 0x32)
        for page in 0..<64 as Range<UInt64> { _ = try machine.store(process, base + page << 12, 1) }
        _ = try machine.fork(process)
        return (machine, ProcessID(process))
    }

    private func accesses(_ count: Int, seed: UInt64) -> [MemoryAccess] {
        var random = SeededGenerator(seed: seed)
        var page: UInt64 = 0
        return (0..<count).map { _ in
            if Int.random(in: 0..<3, using: &random) == 0 { page = .random(in: 0..<3110, using: &random) }
            let kind = AccessKind.allCases.randomElement(using: &random)!
            return MemoryAccess(base + page << 12 + .random(in: 0..<4096, using: &random), kind)!
        }
    }

    /// What single accesses come to.
    private func single(_ machine: Machine, _ process: ProcessID, _ all: [MemoryAccess]) throws -> [Result<
        UInt64, AccessFault
    >] {
        try all.map { access in
            switch try machine.access(process.index, access.address, access.kind) {
            case .physical(let physical): .success(physical)
            case .signal(let signal): .failure(AccessFault(signal: signal, address: access.address))
            }
        }
    }

    @Test(
        "results, signals, faults, events and what the TLBs count are those of single accesses",
        arguments: 1...2 as ClosedRange<UInt64>, [false, true])
    func asSingleOnes(seed: UInt64, checked: Bool) throws {
        let (one, process) = try machine()
        let (many, _) = try machine()
        (one.checksCoherence, many.checksCoherence) = (checked, checked)
        let all = accesses(8_000, seed: seed)
        let expected = try single(one, process, all)
        var got: [Result<UInt64, AccessFault>] = []
        while got.count < all.count {
            var results: [MadeAccess] = []
            let end = min(got.count + 1000, all.count)
            let progress = try many.access(process, all[got.count..<end], results: &results)
            #expect(progress.made == results.count)
            got += results.map { .success($0.physicalAddress) }
            if let fault = progress.fault { got.append(.failure(fault)) } else { #expect(got.count == end) }
        }
        #expect(got == expected, "seed \(seed)")
        #expect(many.tlbStatistics == one.tlbStatistics, "seed \(seed)")
        #expect(try many.faultCounts(process.index) == one.faultCounts(process.index))
        #expect(many.cpu.mmu.contents() == one.cpu.mmu.contents())
        #expect(many.checkInvariants() == nil)
        #expect(got.contains { if case .failure = $0 { true } else { false } }, "some end in a signal")
    }

    @Test("each result says who had the translation")
    func whoHadIt() throws {
        let (machine, process) = try machine()
        let page = try #require(MemoryAccess(base + 100 << 12, .read))
        var results: [MadeAccess] = []
        let progress = try machine.access(process, [page, page][...], results: &results)
        #expect(progress == AccessProgress(made: 2, fault: nil))
        #expect(results.map(\.found) == [.fault, .firstLevel])
        // Eight more pages of its set push the page out of the first level's four ways.
        let others = (1...8).map { MemoryAccess(base + (100 + 64 * $0) << 12, .read)! }
        _ = try machine.access(process, others)
        _ = try machine.access(process, [page][...], results: &results)
        #expect(results.map(\.found) == [.secondLevel])
        // A flush takes the paging-structure entries too; the first walk brings them back.
        _ = machine.cpu.mmu.flushAll(context: machine.processes[process.index].mm.pointee.context)
        _ = try machine.access(process, [page, others[0]][...], results: &results)
        #expect(results.map(\.found) == [.walk(loads: 4), .walk(loads: 1)])
    }

    @Test("a run goes on after the memory that it lacked was mapped")
    func goesOn() throws {
        let (machine, process) = try machine()
        let all = (0..<60 as Range<UInt64>).map { MemoryAccess(base + (3030 + $0) << 12 + $0, .read)! }
        let first = try machine.access(process, all)
        #expect(first.made == 10)
        #expect(first.fault == AccessFault(signal: .noMapping, address: base + 3040 << 12 + 10))
        try machine.mmap(process.index, base + 3040 << 12, 20 << 12, prot: 3, flags: 0x32)
        #expect(try machine.access(process, all[first.made...]) == AccessProgress(made: 50, fault: nil))
    }

    @Test("an access word keeps address and kind, and there is none for what no access can be")
    func words() throws {
        for address in [0, 0x7fff_ffff_ffff, 0xffff_8000_0000_0000, .max] as [UInt64] {
            for kind in AccessKind.allCases {
                let access = try #require(MemoryAccess(address, kind))
                #expect(access.address == address && access.kind == kind)
                #expect(MemoryAccess(rawValue: access.rawValue) == access)
            }
        }
        #expect(MemoryAccess(1 << 47, .read) == nil && MemoryAccess(1 << 63, .write) == nil)
        #expect(MemoryAccess(rawValue: 1 << 48) == nil && MemoryAccess(rawValue: 3 << 62) == nil)
        #expect(MemoryAccess(0x1234, .read)?.rawValue == 0x1234)
    }

    @Test("an upper-half address and a process that is none end as a single access does")
    func outside() throws {
        let (machine, process) = try machine()
        let kernel = try #require(MemoryAccess(0xffff_8000_0000_0000, .read))
        #expect(try machine.access(process, [kernel]).fault?.signal == .noMapping)
        #expect(throws: Errno.ESRCH) { try machine.access(ProcessID(9), [kernel]) }
        #expect(try machine.access(process, []) == AccessProgress(made: 0, fault: nil))
    }

    @Test("a hint changes nothing")
    func hint() throws {
        let (machine, process) = try machine()
        _ = try machine.access(process, accesses(500, seed: 9))
        let (before, contents) = (machine.tlbStatistics, machine.cpu.mmu.contents())
        for access in accesses(500, seed: 10) { machine.expectAccess(process, at: access.address) }
        machine.expectAccess(process, at: 1 << 60)
        #expect(machine.tlbStatistics == before && machine.cpu.mmu.contents() == contents)
    }
}
