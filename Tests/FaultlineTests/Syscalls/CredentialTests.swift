import Testing

@testable import Faultline

/// What a process that is not root's may not do; every value is the live kernel's for the same calls.
struct CredentialTests {
    private static let user: UInt32 = 1000

    /// A bench whose second process is of another user.
    private static func bench() throws -> (CallBench, Int) {
        let bench = try CallBench(ram: 64 << 20)
        let other = try bench.machine.fork(bench.process)
        try bench.machine.setuid(other, user)
        return (bench, other)
    }

    @Test("only root becomes another user, and no one user -1")
    func becoming() throws {
        let (bench, other) = try Self.bench()
        let machine = bench.machine
        #expect(bench.errno { try machine.setuid(bench.process, .max) } == .EINVAL)
        #expect(bench.errno { try machine.setuid(other, .max) } == .EINVAL)
        #expect(bench.errno { try machine.setuid(other, Self.user) } == nil)
        #expect(bench.errno { try machine.setuid(other, 0) } == .EPERM)
        #expect(bench.errno { try machine.setuid(bench.process, 0) } == nil)
        #expect(try machine.user(bench.process) == 0 && machine.user(other) == Self.user)
        #expect(try machine.capabilities(other) == Capabilities.none)
        #expect(try machine.capabilities(bench.process) == Capabilities())
        let grandchild = try machine.fork(other)
        let sharer = try machine.cloneVM(other)
        #expect(try machine.user(grandchild) == Self.user && machine.user(sharer) == Self.user)
    }

    @Test("root without CAP_SETUID stays root")
    func withoutSetUID() throws {
        let bench = try CallBench(ram: 64 << 20)
        var capabilities = Capabilities()
        capabilities.canChangeUser = false
        try bench.machine.setCapabilities(bench.process, capabilities)
        #expect(bench.errno { try bench.machine.setuid(bench.process, Self.user) } == .EPERM)
        #expect(try bench.machine.user(bench.process) == 0)
    }

    @Test("mincore tells nothing of a file that the process may not write to, and MADV_PAGEOUT leaves its pages")
    func filesOfOthers() throws {
        let (bench, other) = try Self.bench()
        let machine = bench.machine
        let file = try machine.diskFile(bench.process, name: "file:f", size: 16384)
        let child = try machine.fork(bench.process)
        try machine.setuid(child, Self.user)
        for process in [bench.process, child] {
            _ = try machine.mmap(process, bench.at(0), 16384, prot: 1, flags: 0x11, fd: file)
        }
        try machine.fadvise(bench.process, file, offset: 0, length: 0, advice: FileAdvice.dontNeed.rawValue)
        #expect(try machine.mincore(bench.process, bench.at(0), 16384) == [false, false, false, false])
        #expect(try machine.mincore(child, bench.at(0), 16384) == [true, true, true, true])
        _ = try machine.load(child, bench.at(0))
        try machine.madvise(child, bench.at(0), 16384, advice: 21)
        #expect(try machine.mincore(bench.process, bench.at(0), 16384).allSatisfy { $0 })
        _ = try machine.munmap(child, bench.at(0), 16384)
        _ = try machine.load(bench.process, bench.at(0))
        try machine.madvise(bench.process, bench.at(0), 4096, advice: 21)
        #expect(try machine.mincore(bench.process, bench.at(0), 4096) == [false])
        #expect(bench.errno { _ = try machine.reopen(child, file, reads: true, writes: false) } == .EACCES)
        let own = try machine.diskFile(other, name: "file:o", size: 4096)
        #expect(bench.errno { _ = try machine.reopen(other, own, reads: true, writes: true) } == nil)
    }

    @Test("memory of others, and of oneself after setuid, is not to be had")
    func memoryOfOthers() throws {
        let (bench, other) = try Self.bench()
        let machine = bench.machine
        let place: UInt64 = 0x40_2000
        #expect(bench.errno { _ = try machine.readMemory(other, of: bench.process, place, 1) } == .EACCES)
        #expect(bench.errno { _ = try machine.readMemory(other, of: other, place, 1) } == .EACCES)
        #expect(bench.errno { _ = try machine.readMemory(bench.process, of: other, place, 1) } == nil)
        // The memory of one who shares it with a process that became another user is root's too.
        let sharer = try machine.cloneVM(bench.process)
        try machine.setuid(sharer, Self.user)
        #expect(bench.errno { _ = try machine.readMemory(sharer, of: bench.process, place, 1) } == .EACCES)
        #expect(bench.errno { _ = try machine.readMemory(bench.process, of: bench.process, place, 1) } == nil)
    }

    @Test("SHM_LOCK counts for the user in all processes, until the segment is unlocked or gone")
    func lockedSegments() throws {
        let (bench, first) = try Self.bench()
        let machine = bench.machine
        try machine.setrlimit(first, resource: 8, limit: 24576)
        let second = try machine.fork(first)
        func segment(_ pages: UInt64) throws -> Int32 {
            Int32(try machine.shmget(first, key: 0, size: pages << 12, flags: 0o1600))
        }
        func control(_ process: Int, _ id: Int32, _ command: Int32) -> Errno? {
            bench.errno { _ = try machine.shmctl(process, id: id, command: command, buffer: 0) }
        }
        let (a, b) = (try segment(4), try segment(3))
        #expect(control(first, a, 11) == nil)
        #expect(control(first, a, 11) == nil)
        #expect(control(second, b, 11) == .ENOMEM)
        #expect(control(second, a, 12) == nil)
        #expect(control(second, b, 11) == nil)
        #expect(control(first, a, 11) == .ENOMEM)
        #expect(control(first, b, 0) == nil)
        #expect(control(first, a, 11) == nil)
        let roots = Int32(try machine.shmget(bench.process, key: 0, size: 4096, flags: 0o1666))
        #expect(control(first, roots, 11) == .EPERM && control(first, roots, 0) == .EPERM)
        #expect(control(bench.process, roots, 11) == nil)
    }

    @Test("RLIMIT_NPROC counts the processes of a user other than root")
    func processLimit() throws {
        let (bench, other) = try Self.bench()
        let machine = bench.machine
        try machine.setrlimit(bench.process, resource: 6, limit: 0)
        #expect(bench.errno { _ = try machine.fork(bench.process) } == nil)
        try machine.setrlimit(other, resource: 6, limit: 2)
        let child = try machine.fork(other)
        #expect(bench.errno { _ = try machine.fork(other) } == .EAGAIN)
        #expect(bench.errno { _ = try machine.cloneVM(child) } == .EAGAIN)
        try machine.exit(child)
        #expect(bench.errno { _ = try machine.cloneVM(other) } == nil)
    }

    @Test("strict overcommit keeps the administrators' reserve from others")
    func overcommit() throws {
        var settings = KernelSettings()
        settings.overcommitMode = 2
        settings.adminReserveKiB = 16384
        let bench = try CallBench(ram: 64 << 20, settings: settings)
        // Half of the rest, in pages.
        let free = (bench.machine.commitLimitKiB - bench.machine.committedKiB) / 8
        let child = try bench.machine.fork(bench.process)
        try bench.machine.setuid(child, Self.user)
        func map(_ process: Int, pages: UInt64) -> Errno? {
            bench.errno { _ = try bench.machine.mmap(process, 0, pages << 12, prot: 3, flags: 0x22) }
        }
        #expect(map(child, pages: free + 1024) == .ENOMEM)
        #expect(map(bench.process, pages: free + 1024) == nil)
    }
}
