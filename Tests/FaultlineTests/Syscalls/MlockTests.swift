@testable import Faultline
import Testing

/// The mlock family with and without CAP_IPC_LOCK (`mm/mlock.c`, `mlock_future_ok` in `mm/mmap.c`). Every value was read
/// from a live 6.18 kernel.
struct MlockTests {
    private let page = CallBench.page

    /// A process without CAP_IPC_LOCK, RLIMIT_MEMLOCK as given, and 8 pages.
    private func limited(_ bytes: UInt64) throws -> CallBench {
        let bench = try CallBench()
        var capabilities = Capabilities()
        capabilities.canLockMemory = false
        try bench.machine.setCapabilities(bench.process, capabilities)
        try bench.limit(8, bytes)
        try bench.map(0, 8)
        return bench
    }

    @Test("lengths are rounded to pages, and wrap (`do_mlock`)")
    func ranges() throws {
        let bench = try CallBench()
        try bench.map(0, 8)
        func lock(_ address: UInt64, _ length: UInt64) -> Errno? {
            bench.errno { try bench.machine.mlock(bench.process, address, length) }
        }
        #expect(lock(bench.at(0), 0) == nil)
        #expect(lock(bench.at(0), .max) == nil)
        #expect(lock(bench.at(0), 0 &- 4 * page) == .EINVAL)
        #expect(lock(bench.at(64), page) == .ENOMEM)
        #expect(try bench.lockedPages() == 0)
        #expect(lock(bench.at(1) + 4095, 2) == nil)
        #expect(try bench.lockedPages() == 2)
        #expect(bench.unmap(1, 1) == nil)
        #expect(bench.lock(0, 4) == .ENOMEM)
        #expect(bench.unlock(64, 1) == .ENOMEM)
        #expect(bench.unlock(0, 4) == .ENOMEM)
        #expect(bench.unlock(64, 0) == nil)
    }

    @Test("mlock2 knows MLOCK_ONFAULT only; mlockall wants MCL_CURRENT or MCL_FUTURE")
    func flags() throws {
        let bench = try CallBench()
        try bench.map(0, 2)
        for flags in [2, 4, 1 << 31] as [UInt64] {
            #expect(bench.errno { try bench.machine.mlock2(bench.process, bench.at(0), page, flags: flags) } == .EINVAL)
        }
        // The flags are an int: 1 << 40 is 0, which mlock2 takes and mlockall does not.
        #expect(bench.errno { try bench.machine.mlock2(bench.process, bench.at(1), page, flags: 1 << 40) } == nil)
        #expect(bench.unlock(1, 1) == nil)
        for flags in [0, 8, 4, 1 << 40] as [UInt64] {
            #expect(bench.errno { try bench.machine.mlockall(bench.process, flags: flags) } == .EINVAL)
        }
        #expect(bench.errno { try bench.machine.mlock2(bench.process, bench.at(0), page, flags: 1) } == nil)
        #expect(try bench.machine.mincore(bench.process, bench.at(0), page) == [false])
        #expect(bench.lock(1, 1) == nil)
        #expect(try bench.machine.mincore(bench.process, bench.at(1), page) == [true])
    }

    @Test("memory without rights is ENOMEM and stays locked; with MLOCK_ONFAULT it succeeds (`__mm_populate`)")
    func withoutRights() throws {
        let bench = try CallBench()
        try bench.map(0, 8, prot: 0)
        #expect(bench.lock(0, 1) == .ENOMEM)
        #expect(try bench.lockedPages() == 1)
        #expect(bench.errno { try bench.machine.mlock2(bench.process, bench.at(4), page, flags: 1) } == nil)
        #expect(try bench.lockedPages() == 2)
    }

    @Test("with the capability, the limit does not count")
    func privileged() throws {
        let bench = try CallBench()
        try bench.limit(8, 0)
        try bench.map(0, 8)
        #expect(bench.lock(0, 8) == nil)
        #expect(bench.mapErrno(16, 4, flags: 0x2032) == nil)
        #expect(bench.errno { try bench.machine.mlockall(bench.process, flags: 3) } == nil)
    }

    @Test("what is locked already does not count twice (`count_mm_mlocked_page_nr`)")
    func limit() throws {
        let bench = try limited(4 * page)
        #expect(bench.lock(0, 4) == nil)
        #expect(bench.lock(0, 4) == nil)
        #expect(bench.lock(3, 2) == .ENOMEM)
        #expect(bench.lock(4, 1) == .ENOMEM)
        #expect(bench.lock(0, 5) == .ENOMEM)
        #expect(bench.unlock(3, 1) == nil)
        #expect(bench.lock(4, 1) == nil)
        #expect(bench.errno { try bench.machine.mlock(bench.process, bench.at(0) + 1, page) } == nil)
        #expect(bench.mapErrno(16, 1, flags: 0x2032) == .EAGAIN)
        #expect(bench.unlock(0, 8) == nil)
        #expect(bench.mapErrno(32, 4, flags: 0x2032) == nil)
        #expect(bench.mapErrno(16, 1, flags: 0x2032) == .EAGAIN)
    }

    @Test("mremap of locked memory may not pass the limit, but may move what is locked (`check_prep_vma`)")
    func mremap() throws {
        let bench = try limited(4 * page)
        #expect(bench.mapErrno(32, 4, flags: 0x2032) == nil)
        #expect(bench.remap(32, 4, 5, flags: 1) == .EAGAIN)
        #expect(bench.remap(32, 4, 2, flags: 1) == nil)
        #expect(bench.remap(32, 2, 4, flags: 1) == nil)
        #expect(bench.remap(32, 4, 4, flags: 3, to: 64) == nil)
        #expect(try bench.lockedPages() == 4)
    }

    @Test("mlockall counts the whole address space; MCL_FUTURE binds mmap and brk (`check_brk_limits`)")
    func everything() throws {
        let bench = try limited(4 * page)
        func lockAll(_ flags: UInt64) -> Errno? {
            bench.errno { try bench.machine.mlockall(bench.process, flags: flags) }
        }
        #expect(lockAll(1) == .ENOMEM)
        #expect(lockAll(3) == .ENOMEM)
        #expect(bench.lock(0, 4) == nil)
        #expect(lockAll(2) == nil)
        #expect(bench.mapErrno(128, 1) == .EAGAIN)
        let heap = try bench.machine.brk(bench.process, 0)
        #expect(try bench.machine.brk(bench.process, heap + 8 * page) == heap)
        try bench.machine.munlockall(bench.process)
        #expect(bench.mapErrno(128, 1) == nil)
        #expect(try bench.machine.brk(bench.process, heap + 8 * page) == heap + 8 * page)
        #expect(try bench.lockedPages() == 0)
    }

    @Test("a limit of 0 is EPERM before anything else but bad flags (`can_do_mlock`)")
    func limitOfZero() throws {
        let bench = try limited(0)
        #expect(bench.lock(0, 1) == .EPERM)
        #expect(bench.lock(0, 0) == .EPERM)
        #expect(bench.lock(64, 1) == .EPERM)
        #expect(bench.errno { try bench.machine.mlock2(bench.process, bench.at(0), page, flags: 1) } == .EPERM)
        #expect(bench.errno { try bench.machine.mlock2(bench.process, bench.at(0), page, flags: 4) } == .EINVAL)
        #expect(bench.unlock(0, 1) == nil)
        #expect(bench.errno { try bench.machine.mlockall(bench.process, flags: 1) } == .EPERM)
        #expect(bench.errno { try bench.machine.mlockall(bench.process, flags: 0) } == .EINVAL)
        #expect(bench.mapErrno(16, 1, flags: 0x2032) == .EPERM)
        // do_mmap: the type of the mapping is looked at later, a mapping that is in the way earlier.
        #expect(bench.mapErrno(16, 1, flags: 0x2030) == .EPERM)
        #expect(bench.mapErrno(0, 1, flags: 0x10_2022) == .EEXIST)
    }

    @Test("the limit is rounded down to pages, the length up")
    func rounding() throws {
        let bench = try limited(2 * page + 4095)
        #expect(bench.lock(0, 2) == nil)
        #expect(bench.errno { try bench.machine.mlock(bench.process, bench.at(2), 1) } == .ENOMEM)
        #expect(bench.errno { try bench.machine.mlock(bench.process, bench.at(64), 0 &- page) } == .ENOMEM)
        #expect(bench.errno { try bench.machine.mlock(bench.process, bench.at(0), .max) } == nil)
    }

    @Test("a locked stack may not grow past the limit (`acct_stack_growth`)")
    func stack() throws {
        let bench = try limited(64 * page)
        let stack = try #require(try bench.machine.snapshot(bench.process).vmas.last)
        #expect(
            bench.errno { try bench.machine.mlock(bench.process, stack.start, stack.end - stack.start) } == nil)
        let below = stack.start - 40 * page
        #expect(try bench.machine.store(bench.process, below, 1) == AccessFault(signal: .noMapping, address: below))
        #expect(try bench.machine.store(bench.process, stack.start - 8 * page, 1) == nil)
        #expect(try bench.lockedPages() == 41)
    }
}
