import Testing

@testable import Faultline

/// Pages that stay pinned, and copies between address spaces.
struct PinTests {
    private static let base: UInt64 = 0x1000_0000_0000

    private static func machine() throws -> (Machine, Int) {
        let machine = try Machine(ramBytes: 64 << 20)
        let process = try machine.start()
        try machine.mmap(process, base, 64 << 12, prot: 3, flags: 0x32)
        return (machine, process)
    }

    private static func frame(_ machine: Machine, _ process: Int, _ page: UInt64) throws -> PFN {
        machine.readPTE(try machine.task(process).mm, base + page << 12).pfn
    }

    @Test("fork copies a pinned page at once, and the parent keeps its frame")
    func fork() throws {
        let (machine, process) = try Self.machine()
        let ring = try machine.pin(process, Self.base + 100, 8192)
        #expect(try machine.pinnedKiB(process) == 12)
        let frame = try Self.frame(machine, process, 0)
        let child = try machine.fork(process)
        #expect(try Self.frame(machine, child, 0) != frame)
        #expect(machine.page(frame).pointee.mapcount == 1)
        let before = try machine.faultCounts(child)
        #expect(try machine.store(child, Self.base, 1) == nil && machine.store(process, Self.base, 2) == nil)
        #expect(try machine.faultCounts(child) == before)
        #expect(try Self.frame(machine, process, 0) == frame)
        #expect(machine.checkInvariants() == nil)
        // The page outlives its entries.
        try machine.munmap(process, Self.base, 64 << 12)
        #expect(try machine.pinnedKiB(process) == 12)
        #expect(machine.checkInvariants() == nil)
        try machine.unpin(process, ring)
        #expect(try machine.pinnedKiB(process) == 0)
        #expect(throws: Errno.EBADF) { try machine.unpin(process, ring) }
        #expect(machine.checkInvariants() == nil)
    }

    @Test("a ring lives until its last descriptor is closed; a checkpoint brings it back")
    func lifetime() throws {
        let (machine, process) = try Self.machine()
        let ring = try machine.pin(process, Self.base, 4096)
        let child = try machine.fork(process)
        let checkpoint = try #require(machine.checkpoint(after: nil))
        let free = machine.physical.freePages
        machine.exit(try machine.task(process))
        #expect(machine.checkInvariants() == nil)
        try machine.close(child, ring)
        #expect(machine.checkInvariants() == nil)
        #expect(machine.rings.isEmpty && machine.physical.freePages > free)
        machine.restore(checkpoint)
        #expect(try machine.pinnedKiB(process) == 4)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("pinning a part fails as a whole; RLIMIT_MEMLOCK holds for who lacks CAP_IPC_LOCK")
    func refusals() throws {
        let (machine, process) = try Self.machine()
        try machine.mprotect(process, Self.base + 4096, 4096, prot: 1)
        let before = try machine.faultCounts(process).minor
        #expect(throws: Errno.EFAULT) { try machine.pin(process, Self.base, 8192) }
        #expect(try machine.faultCounts(process).minor == before + 1)
        #expect(throws: Errno.EFAULT) { try machine.pin(process, Self.base, 0) }
        #expect(throws: Errno.EOVERFLOW) { try machine.pin(process, 0 &- 4095, 4096) }
        try machine.setrlimit(process, resource: 8, limit: 16384)
        var capabilities = Capabilities()
        capabilities.canLockMemory = false
        try machine.setCapabilities(process, capabilities)
        // The ring itself takes two pages.
        #expect(throws: Errno.ENOMEM) { try machine.pin(process, Self.base + 8192, 12288) }
        _ = try machine.pin(process, Self.base + 8192, 8192)
        #expect(throws: Errno.ENOMEM) { try machine.pin(process, Self.base + 8192, 4096) }
        #expect(machine.checkInvariants() == nil)
    }

    @Test("a pinned page is not paged out; F_SEAL_WRITE finds a pinned page of a file")
    func stays() throws {
        let (machine, process) = try Self.machine()
        try machine.swapOn(bytes: 1 << 20)
        for page in 0..<4 as Range<UInt64> { #expect(try machine.store(process, Self.base + page << 12, 7) == nil) }
        _ = try machine.pin(process, Self.base, 4096)
        try machine.madvise(process, Self.base, 16384, advice: 21)
        let mm = try machine.task(process).mm
        #expect(machine.readPTE(mm, Self.base).isPresent)
        #expect(!machine.readPTE(mm, Self.base + 4096).isPresent)
        let file = try machine.memfdCreate(process, "f", flags: 2)
        try machine.ftruncate(process, file, 4096)
        let place = Self.base + 64 << 12
        try machine.mmap(process, place, 4096, prot: 3, flags: 0x11, fd: file)
        let ring = try machine.pin(process, place, 4096)
        try machine.munmap(process, place, 4096)
        #expect(throws: Errno.EBUSY) { try machine.addSeals(process, file, 8) }
        try machine.unpin(process, ring)
        try machine.addSeals(process, file, 8)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("process_vm_readv makes a shared page the process's own, and copies overlapping bytes upwards")
    func copies() throws {
        let (machine, process) = try Self.machine()
        for byte in 0..<4 as Range<UInt64> {
            #expect(try machine.store(process, Self.base + byte, UInt8(byte + 1)) == nil)
        }
        let child = try machine.fork(process)
        let frame = try Self.frame(machine, process, 0)
        let local = Self.base + 32 << 12
        let count = try machine.copyProcessMemory(
            process, of: child, local: local, remote: Self.base, length: 4, writes: false)
        #expect(count == 4)
        #expect(try machine.load(process, local + 3) == .success(4))
        #expect(try Self.frame(machine, child, 0) != frame)
        // Reading its own page by one byte to the right repeats the first byte.
        _ = try machine.copyProcessMemory(
            process, of: process, local: Self.base + 1, remote: Self.base, length: 3, writes: false)
        #expect(try machine.load(process, Self.base + 3) == .success(1))
        #expect(machine.checkInvariants() == nil)
    }
}
