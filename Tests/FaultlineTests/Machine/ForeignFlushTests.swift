import Testing

@testable import Faultline

/// What a change of one process's page tables by the call of another one does to the TLB.
struct ForeignFlushTests {
    private let base: UInt64 = 0x1000_0000_0000
    private let pages: UInt64 = 16

    /// A parent and a child that both have a shared file mapping in the TLB, the parent last.
    private func twoMappers() throws -> (machine: Machine, parent: Int, child: Int, fd: Int32) {
        let machine = try Machine(ramBytes: 64 << 20)
        let parent = try machine.start()
        let fd = try machine.tmpfsFile(parent, name: "both", size: pages << 12)
        try machine.mmap(parent, base, pages << 12, prot: 3, flags: 0x11, fd: fd)
        let child = try machine.fork(parent)
        for process in [child, parent] {
            for page in 0..<pages { _ = try machine.load(process, base + page << 12) }
        }
        machine.checksCoherence = true
        return (machine, parent, child, fd)
    }

    @Test("an address space that does not run is flushed as a whole, the caller's own page by page")
    func countsFlushes() throws {
        let (machine, parent, _, fd) = try twoMappers()
        let before = machine.tlbStatistics.flushes
        try machine.ftruncate(parent, fd, 0)
        let after = machine.tlbStatistics.flushes
        #expect(after[0] - before[0] == pages && after[1] - before[1] == 1)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("the caller is flushed page by page also where another process made the last access")
    func callerIsNotForeign() throws {
        let (machine, _, child, _) = try twoMappers()
        let before = machine.tlbStatistics.flushes
        try machine.mprotect(child, base, 0x2000, prot: 1)
        try machine.munmap(child, base, 0x2000)
        let after = machine.tlbStatistics.flushes
        #expect(after[0] - before[0] >= 2 && after[1] == before[1])
    }

    @Test("no process keeps a translation of a page that another one truncated")
    func nothingStaysBehind() throws {
        let (machine, parent, child, fd) = try twoMappers()
        try machine.ftruncate(parent, fd, 0)
        for process in [child, parent] {
            let result = try machine.load(process, base)
            #expect(result == .failure(AccessFault(signal: .busError, address: base)))
        }
        #expect(machine.takeStaleUses().isEmpty)
    }
}
