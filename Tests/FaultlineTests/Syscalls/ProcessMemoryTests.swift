import Faultline
import Testing

/// Reads and writes through /proc/PID/mem, which force their way past protections (FOLL_FORCE).
@Suite struct ProcessMemoryTests {
    private func write(_ bench: CallBench, _ page: UInt64, _ length: UInt64 = 1) -> (done: UInt64?, errno: Errno?) {
        var done: UInt64?
        let errno = bench.errno {
            done = try bench.machine.writeMemory(bench.process, of: bench.process, bench.at(page), length, byte: 9)
        }
        return (done, errno)
    }

    @Test("a private read-only page is copied and written; its entry stays read-only")
    func forced() throws {
        let bench = try CallBench()
        try bench.map(0, 1, prot: 1)
        try bench.map(1, 1, prot: 0)
        for page in 0..<2 as Range<UInt64> {
            let before = try bench.machine.faultCounts(bench.process).minor
            #expect(write(bench, page).done == 1)
            #expect(try bench.machine.faultCounts(bench.process).minor == before + 1)
            // The page is there and its own now.
            #expect(write(bench, page).done == 1)
            #expect(try bench.machine.faultCounts(bench.process).minor == before + 1)
        }
        #expect(try bench.machine.load(bench.process, bench.at(0)) == .success(9))
        #expect(try bench.machine.store(bench.process, bench.at(0), 1)?.signal == .accessDenied)
        #expect(bench.protect(1, 1, 3) == nil)
        #expect(try bench.machine.load(bench.process, bench.at(1)) == .success(9))
    }

    @Test("shared read-only memory, guard regions and holes are EIO; what comes before them is done")
    func refused() throws {
        let bench = try CallBench()
        try bench.map(0, 2)
        try bench.map(2, 1, prot: 1, flags: 0x31)
        #expect(write(bench, 2).errno == .EIO)
        #expect(write(bench, 4).errno == .EIO)
        #expect(write(bench, 4, 0).done == 0)
        #expect(write(bench, 1, 3 * CallBench.page).done == CallBench.page)
        #expect(bench.advise(0, 1, 102) == nil)
        #expect(write(bench, 0).errno == .EIO)
        #expect(bench.errno { _ = try bench.machine.readMemory(0, of: 0, 1 << 63, 1) } == .EINVAL)
        // Reading shared memory needs no force.
        #expect(try bench.machine.readMemory(bench.process, of: bench.process, bench.at(2), 100) == 100)
    }

    @Test("another process's page is copied for it alone; the faults count for the caller")
    func others() throws {
        let bench = try CallBench()
        let machine = bench.machine
        try bench.map(0, 1)
        try bench.fill(0, 1)
        let child = try machine.fork(bench.process)
        let caller = try machine.faultCounts(bench.process).minor
        let target = try machine.faultCounts(child).minor
        #expect(try machine.writeMemory(bench.process, of: child, bench.at(0), 4096, byte: 5) == 4096)
        #expect(try machine.faultCounts(bench.process).minor == caller + 1)
        #expect(try machine.faultCounts(child).minor == target)
        #expect(try machine.load(child, bench.at(0) + 4095) == .success(5))
        #expect(try machine.load(bench.process, bench.at(0)) == .success(1))
        #expect(machine.checkInvariants() == nil)
    }

    @Test("a stack grows for it, within the limit of the caller")
    func stacks() throws {
        let bench = try CallBench()
        let machine = bench.machine
        let child = try machine.fork(bench.process)
        let stack = try #require(machine.snapshot(child).vmas.first { $0.name == "[stack]" })
        let below = stack.start - 5 * CallBench.page
        try machine.setrlimit(child, resource: 3, limit: 4096)
        #expect(try machine.writeMemory(bench.process, of: child, below, 1, byte: 1) == 1)
        #expect(try machine.snapshot(child).vmas.first { $0.name == "[stack]" }?.start == below)
        #expect(bench.errno { _ = try machine.writeMemory(child, of: bench.process, below, 1, byte: 1) } == .EIO)
        #expect(machine.checkInvariants() == nil)
    }
}
