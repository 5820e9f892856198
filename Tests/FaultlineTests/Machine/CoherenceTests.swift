import Testing

@testable import Faultline

/// The coherence check: uses of TLB entries that the page tables no longer allow, and who should have flushed them.
struct CoherenceTests {
    private let base: UInt64 = 0x1000_0000_0000

    private func checkedMachine(pages: UInt64 = 4) throws -> (Machine, Int) {
        let machine = try Machine(ramBytes: 64 << 20)
        let process = try machine.start()
        machine.checksCoherence = true
        try machine.mmap(process, base, pages << 12, prot: 3, flags: 0x32)
        for page in 0..<pages { #expect(try machine.store(process, base + page << 12, UInt8(page)) == nil) }
        return (machine, process)
    }

    @Test("an entry changed in simulated RAM without a flush is reported at its use")
    func changedBehindTheBack() throws {
        let (machine, process) = try checkedMachine()
        let mm = machine.processes[process].mm
        let entry = try #require(machine.findPTE(mm, base + 0x1000))
        let frame = PTE(rawValue: entry.pointee).pfn
        let other = machine.readPTE(mm, base + 0x2000).pfn
        entry.pointee = PTE(rawValue: entry.pointee).clearing(PTE.addressMask).rawValue | other << 12
        #expect(machine.takeStaleUses().isEmpty)
        // The stale translation is what answers.
        #expect(try machine.load(process, base + 0x1234) == .success(0))
        #expect(try machine.load(process, base + 0x1000) == .success(1))
        let uses = machine.takeStaleUses()
        #expect(uses.count == 2)
        let use = try #require(uses.last)
        #expect(use.address == base + 0x1000 && use.cpu == 0 && use.process == process)
        #expect(use.cached == frame << 12 && use.current == other << 12)
        #expect(use.difference == .moved && use.change == nil)
        #expect(use.description.contains("behind the kernel's back"))
        #expect(machine.takeStaleUses().isEmpty)
    }

    @Test("what should have been flushed is named: the operation, its range, its place and the caller's mark")
    func namesTheChange() throws {
        let (machine, process) = try checkedMachine()
        machine.cpu.mmu.check?.dropsFlushes = true
        machine.coherenceMark = 7
        try machine.mprotect(process, base, 0x2000, prot: 0)
        machine.coherenceMark = 8
        #expect(try machine.load(process, base + 0x1008) == .success(0))
        #expect(try machine.load(process, base + 0x2000) == .success(2))
        let use = try #require(machine.takeStaleUses().first)
        #expect(use.difference == .unmapped && use.current == nil)
        let change = try #require(use.change)
        #expect(change.operation == .protect && change.mark == 7 && change.process == process)
        #expect(change.start == base && change.end == base + 0x2000)
        #expect(
            use.description == "stale TLB entry: CPU 0, process 0, 0x100000001008: the TLB has physical "
                + "0x\(String(use.cached, radix: 16)), the tables have nothing: nothing is mapped there any more; should "
                + "have been flushed by change_protection (mprotect) of 0x100000000000-0x100000002000, change 1, line 7"
        )
        // The check of the whole machine finds the same.
        #expect(machine.checkInvariants()?.contains("change_protection") == true)
    }

    @Test(
        "each operation that takes pages or rights away is named", arguments: ["munmap", "madvise", "fork", "mremap"])
    func namesEach(_ call: String) throws {
        let (machine, process) = try checkedMachine()
        machine.cpu.mmu.check?.dropsFlushes = true
        let operation: PageTableChange.Operation
        switch call {
        case "munmap":
            try machine.munmap(process, base, 0x4000)
            operation = .zap
        case "madvise":
            try machine.madvise(process, base, 0x4000, advice: 4)
            operation = .zap
        case "fork":
            _ = try machine.fork(process)
            operation = .writeProtect
        default:
            try machine.mremap(process, base, 0x4000, 0x4000, flags: 3, new: base + 0x10_0000)
            operation = .move
        }
        #expect(try machine.store(process, base, 9) == nil)
        let use = try #require(machine.takeStaleUses().first)
        #expect(use.change?.operation == operation)
        #expect(use.difference == (call == "fork" ? .rights : .unmapped))
    }

    @Test("a write whose page MADV_FREE has just marked clean is lost without a flush, and reported; a read is not")
    func lostDirtyBit() throws {
        let (machine, process) = try checkedMachine()
        machine.cpu.mmu.check?.dropsFlushes = true
        try machine.madvise(process, base, 0x4000, advice: 8)
        #expect(try machine.load(process, base) == .success(0))
        #expect(machine.takeStaleUses().isEmpty)
        #expect(try machine.store(process, base, 9) == nil)
        let use = try #require(machine.takeStaleUses().first)
        #expect(use.difference == .clean && use.entry == .translation && use.change?.operation == .lazyFree)
    }

    @Test("a walk that begins at a page table which was freed without a flush is reported, with what freed it")
    func freedTable() throws {
        let (machine, process) = try checkedMachine()
        // No TLB has these pages, but a paging-structure cache has their table.
        try machine.mmap(process, base + 0x4000, 0x4000, prot: 3, flags: 0x32)
        machine.cpu.mmu.check?.dropsFlushes = true
        try machine.munmap(process, base, 0x8000)
        _ = try machine.load(process, base + 0x5000)
        let use = try #require(machine.takeStaleUses().first)
        #expect(use.entry == .pageTable && use.difference == .unmapped && use.current == nil)
        #expect(use.change?.operation == .zap && use.address == base + 0x5000)
        #expect(use.description.hasPrefix("stale paging-structure entry of a page table: CPU 0, process 0, 0x10"))
        machine.cpu.mmu.check?.dropsFlushes = false
    }

    @Test("a flush settles what it covers and no more")
    func settles() {
        let check = CoherenceCheck()
        check.note(.protect, .protect, process: 0, context: 1, 0x1000, 0x9000)
        check.note(.zap, .unmap, process: 0, context: 2, 0x1000, 0x9000)
        check.settle(context: 1, from: 0x3000, to: 0x5000)
        #expect(check.change(of: 0x2fff, context: 1)?.serial == 1)
        #expect(check.change(of: 0x3000, context: 1) == nil)
        #expect(check.change(of: 0x5000, context: 1)?.operation == .protect)
        #expect(check.change(of: 0x4000, context: 2)?.operation == .zap)
        check.settle(context: 2)
        #expect(check.change(of: 0x4000, context: 2) == nil)
        #expect(check.pending.count == 2)
    }

    @Test("a kernel that flushes in time uses nothing stale, and leaves nothing unsettled")
    func silentKernel() throws {
        let (machine, process) = try checkedMachine(pages: 64)
        let child = try machine.fork(process)
        for page in 0..<64 as Range<UInt64> {
            #expect(try machine.store(process, base + page << 12, 1) == nil)
            #expect(try machine.load(child, base + page << 12) == .success(UInt8(page)))
        }
        try machine.mprotect(process, base, 0x8000, prot: 1)
        #expect(try machine.store(process, base, 1) != nil)
        try machine.madvise(process, base + 0x8000, 0x8000, advice: 4)
        try machine.munmap(child, base, 64 << 12)
        #expect(try machine.load(process, base + 0x8000) == .success(0))
        #expect(machine.takeStaleUses().isEmpty)
        #expect(machine.cpu.mmu.check?.pending.isEmpty == true)
        #expect(machine.checkInvariants() == nil)
        machine.checksCoherence = false
        #expect(try machine.load(process, base + 0x9000) == .success(0))
        #expect(!machine.checksCoherence && machine.takeStaleUses().isEmpty)
    }
}
