import Faultline
import Testing

/// Overcommit modes, Committed_AS and the reserves (`__vm_enough_memory` in `mm/util.c`). The rules were compared with a
/// live 6.18 kernel in each mode.
struct OvercommitTests {
    private func bench(_ mode: Int, ratio: UInt64 = 50) throws -> CallBench {
        var settings = KernelSettings()
        settings.overcommitMode = mode
        settings.overcommitRatio = ratio
        return try CallBench(settings: settings)
    }

    /// The most pages that a private writable mapping may have.
    private func largest(_ bench: CallBench, flags: UInt64 = 0x32) -> UInt64 {
        var low: UInt64 = 0
        var high: UInt64 = 1 << 20
        while high - low > 1 {
            let middle = (low + high) / 2
            if bench.mapErrno(0, middle, flags: flags) == nil {
                _ = bench.unmap(0, middle)
                low = middle
            } else {
                high = middle
            }
        }
        return low
    }

    @Test("mode 1 refuses nothing, and counts")
    func always() throws {
        let bench = try bench(1)
        let before = bench.machine.committedKiB
        let length: UInt64 = 1 << 45
        #expect(bench.errno { try bench.machine.mmap(bench.process, 0, length, prot: 3, flags: 0x22) } == nil)
        #expect(bench.machine.committedKiB - before == length >> 10)
    }

    @Test("mode 0 refuses a single request that is larger than the RAM")
    func heuristic() throws {
        let bench = try bench(0)
        let pages = largest(bench)
        // Half a mapping more is promised without a question.
        #expect(bench.mapErrno(0, pages) == nil)
        #expect(bench.mapErrno(1 << 20, pages) == nil)
        #expect(bench.mapErrno(2 << 20, pages + 1) == .ENOMEM)
        #expect(bench.mapErrno(2 << 20, pages + 1, flags: 0x4032) == nil)
        #expect(bench.mapErrno(4 << 20, pages + 1, prot: 1) == nil)
        #expect(bench.protect(4 << 20, pages + 1, 3) == .ENOMEM)
        #expect(bench.mapErrno(6 << 20, pages + 1, flags: 0x31) == .ENOMEM)
    }

    @Test("mode 2 stops below the limit, less a part of the memory that the process has; MAP_NORESERVE does not help")
    func strict() throws {
        let bench = try bench(2)
        let free = (bench.machine.commitLimitKiB - bench.machine.committedKiB) / 4
        // A 32nd of the address space stays for others; the sum must lie below the limit.
        let reserve = try bench.size() / 4096 / 32
        let pages = largest(bench)
        #expect(pages == free - reserve - 1)
        #expect(largest(bench, flags: 0x4032) == pages)
        #expect(bench.mapErrno(0, pages) == nil)
        #expect(bench.mapErrno(1 << 20, pages, prot: 1) == nil)
        #expect(bench.protect(1 << 20, 1, 3) == .ENOMEM)
        #expect(bench.errno { _ = try bench.machine.fork(bench.process) } == .ENOMEM)
        let heap = try bench.machine.brk(bench.process, 0)
        #expect(try bench.machine.brk(bench.process, heap + 4096) == heap)
    }

    @Test("without CAP_SYS_ADMIN the administrator's 8 MiB are out of reach in mode 2")
    func administratorsReserve() throws {
        let bench = try bench(2)
        let pages = largest(bench)
        var capabilities = Capabilities()
        capabilities.isAdministrator = false
        try bench.machine.setCapabilities(bench.process, capabilities)
        #expect(largest(bench) == pages - 2048)
    }

    @Test("the limit is the ratio of the RAM")
    func ratio() throws {
        let half = try bench(2)
        let all = try bench(2, ratio: 100)
        #expect(all.machine.commitLimitKiB / 2 - half.machine.commitLimitKiB < 4)
        #expect(largest(all) > largest(half))
    }

    @Test("Committed_AS follows mmap, mprotect, munmap, fork and exit")
    func committed() throws {
        let bench = try bench(0)
        let start = bench.machine.committedKiB
        func added() -> Int64 { Int64(bench.machine.committedKiB) - Int64(start) }
        try bench.map(0, 8)
        #expect(added() == 32)
        try bench.map(16, 8, prot: 1)
        try bench.map(32, 8, flags: 0x4032)
        #expect(added() == 32)
        #expect(bench.protect(16, 4, 3) == nil)
        #expect(added() == 48)
        // Never written to: the charge goes back with the right.
        #expect(bench.protect(16, 4, 1) == nil)
        #expect(added() == 32)
        try bench.map(48, 8, flags: 0x31)
        #expect(added() == 64)
        let child = try bench.machine.fork(bench.process)
        #expect(added() > 64)
        try bench.machine.exit(child)
        #expect(added() == 64)
        #expect(bench.unmap(0, 64) == nil)
        #expect(added() == 0)
    }
}
