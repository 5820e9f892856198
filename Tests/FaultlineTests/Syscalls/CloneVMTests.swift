import Faultline
import Testing

/// Processes that share an address space (`mm_users`).
@Suite struct CloneVMTests {
    @Test("what one process maps, writes and unmaps, the other has too")
    func sharing() throws {
        let bench = try CallBench()
        let machine = bench.machine
        let other = try machine.cloneVM(bench.process)
        try bench.map(0, 4)
        #expect(try machine.store(other, bench.at(1), 7) == nil)
        #expect(try machine.load(bench.process, bench.at(1)) == .success(7))
        #expect(try machine.sharesMemory(bench.process, other))
        #expect(try machine.snapshot(other).vmas.map(\.start) == machine.snapshot(bench.process).vmas.map(\.start))
        // One entry, so one mapping; the fault counts for who took it.
        let page = try machine.snapshot(other).vmas.first { $0.start == bench.at(0) }?.pages.first
        #expect(page?.mapCount == 1)
        #expect(try machine.faultCounts(other).minor == 1)
        #expect(machine.checkInvariants() == nil)
        try machine.munmap(other, bench.at(0), 4 * CallBench.page)
        #expect(try machine.load(bench.process, bench.at(1)) != .success(7))
    }

    @Test("the last exit takes the address space down, an earlier one does not")
    func exits() throws {
        let bench = try CallBench()
        let machine = bench.machine
        try bench.map(0, 8)
        try bench.fill(0, 8)
        let before = machine.committedKiB
        let second = try machine.cloneVM(bench.process)
        let third = try machine.cloneVM(second)
        machine.trace(true)
        try machine.exit(bench.process)
        let left = machine.takeEvents().filter { $0.kind == .addressSpaceLeft }
        #expect(left.map(\.value) == [2])
        #expect(try machine.load(third, bench.at(7)) == .success(1))
        #expect(machine.committedKiB == before && machine.checkInvariants() == nil)
        try machine.exit(third)
        #expect(machine.checkInvariants() == nil)
        try machine.exit(second)
        #expect(machine.committedKiB == 0 && machine.checkInvariants() == nil)
        #expect(throws: Errno.ESRCH) { try machine.cloneVM(second) }
    }

    @Test("a fork copies the memory for its child alone; limits and descriptors are each process's own")
    func forks() throws {
        let bench = try CallBench()
        let machine = bench.machine
        try bench.map(0, 1)
        let file = try machine.memfdCreate(bench.process, "f", flags: 0)
        let other = try machine.cloneVM(bench.process)
        let child = try machine.fork(other)
        #expect(try machine.store(other, bench.at(0), 1) == nil)
        #expect(try machine.load(bench.process, bench.at(0)) == .success(1))
        #expect(try machine.load(child, bench.at(0)) == .success(0))
        #expect(try !machine.sharesMemory(child, other))
        try machine.close(other, file)
        try machine.ftruncate(bench.process, file, 4096)
        try machine.setrlimit(other, resource: 9, limit: 0)
        #expect(bench.mapErrno(4, 1) == nil)
        #expect(bench.errno { try machine.mmap(other, 0, 4096, prot: 3, flags: 0x22) } == .ENOMEM)
        for process in [bench.process, other, child] { try machine.exit(process) }
        #expect(machine.checkInvariants() == nil)
    }

    @Test("who is killed for memory dies with all that share it")
    func outOfMemory() throws {
        let bench = try CallBench(ram: 64 << 20)
        let machine = bench.machine
        let other = try machine.fork(bench.process)
        let sharer = try machine.cloneVM(other)
        try machine.mmap(other, CallBench.free, 256 << 20, prot: 3, flags: 0x4032)
        for page in 0..<20_000 as Range<UInt64> where machine.isAlive(other) {
            _ = try machine.store(sharer, bench.at(page), 1)
        }
        #expect(!machine.isAlive(other) && !machine.isAlive(sharer) && machine.isAlive(bench.process))
        #expect(machine.wasKilled(other) && machine.wasKilled(sharer))
        #expect(machine.takeOutOfMemoryKills().map(\.process) == [other, sharer])
        #expect(machine.checkInvariants() == nil)
    }
}
