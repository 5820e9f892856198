import Faultline
import Testing

/// mincore(2) (`mm/mincore.c`) and mseal(2) (`mm/mseal.c`). Every value was read from a live 6.18 kernel.
struct ResidencyAndSealTests {
    private let page = CallBench.page

    @Test("mincore: EINVAL within a page, ENOMEM for holes and above user space")
    func mincoreErrors() throws {
        let bench = try CallBench()
        try bench.map(0, 4)
        func mincore(_ address: UInt64, _ length: UInt64) -> Errno? {
            bench.errno { _ = try bench.machine.mincore(bench.process, address, length) }
        }
        #expect(mincore(bench.at(0) + 1, page) == .EINVAL)
        #expect(mincore(bench.at(0), 8 * page) == .ENOMEM)
        #expect(mincore(bench.at(0), 0) == nil)
        #expect(mincore(bench.at(32), 0) == nil)
        #expect(mincore(0x7fff_ffff_f000, page) == .ENOMEM)
        #expect(mincore(bench.at(0), .max) == .ENOMEM)
        #expect(mincore(0x7fff_ffff_f000, 0) == nil)
        #expect(mincore(0x8000_0000_0000, 0) == .ENOMEM)
    }

    @Test("mincore: a byte of a page asks for the page; a page that was read counts as one that was written")
    func mincoreBits() throws {
        let bench = try CallBench()
        try bench.map(0, 4)
        _ = try bench.machine.load(bench.process, bench.at(1))
        _ = try bench.machine.store(bench.process, bench.at(2), 1)
        #expect(try bench.machine.mincore(bench.process, bench.at(0), 3 * page + 1) == [false, true, true, false])
        #expect(try bench.machine.mincore(bench.process, bench.at(2), 1) == [true])
    }

    @Test("mseal: all of the range must be mapped, and no flag is known (`do_mseal`)")
    func sealErrors() throws {
        let bench = try CallBench()
        try bench.map(0, 4)
        func seal(_ address: UInt64, _ length: UInt64, _ flags: UInt64 = 0) -> Errno? {
            bench.errno { try bench.machine.mseal(bench.process, address, length, flags: flags) }
        }
        #expect(seal(bench.at(0) + 1, page) == .EINVAL)
        #expect(seal(bench.at(0), page, 1) == .EINVAL)
        #expect(seal(bench.at(0), 8 * page) == .ENOMEM)
        #expect(seal(bench.at(32), 0) == nil)
        #expect(seal(bench.at(0), .max) == .EINVAL)
        // Nothing was sealed by the calls that failed.
        #expect(bench.unmap(0, 4) == nil)
    }

    @Test("sealed memory is not unmapped, moved, resized, replaced or given other rights (`vma_is_sealed`)")
    func sealed() throws {
        let bench = try CallBench()
        try bench.map(0, 8)
        #expect(bench.seal(2, 2) == nil)
        #expect(bench.unmap(2, 1) == .EPERM)
        #expect(bench.unmap(0, 8) == .EPERM)
        #expect(bench.protect(2, 1, 3) == .EPERM)
        #expect(bench.protect(2, 1, 1) == .EPERM)
        #expect(bench.protect(0, 8, 1) == .EPERM)
        #expect(bench.remap(2, 2, 4, flags: 1) == .EPERM)
        #expect(bench.remap(2, 2, 1, flags: 0) == .EPERM)
        #expect(bench.remap(6, 1, 1, flags: 3, to: 2) == .EPERM)
        #expect(bench.mapErrno(2, 1) == .EPERM)
        #expect(bench.seal(0, 8) == nil)
        #expect(bench.unmap(0, 1) == .EPERM)
    }
}
