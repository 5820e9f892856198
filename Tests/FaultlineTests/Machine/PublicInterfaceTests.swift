import Faultline
import Testing

/// The library as somebody else's program uses it: no `@testable`, typed calls only.
struct PublicInterfaceTests {
    private func machine() throws -> (Machine, ProcessID) {
        let machine = try Machine(ramBytes: 64 << 20)
        return (machine, try machine.startProcess())
    }

    @Test("what a process writes, its child reads, and a write of the child's stays its own")
    func forkAndWrite() throws {
        let (machine, parent) = try machine()
        let address = try machine.mmap(parent, length: 1 << 20)
        try machine.write(parent, at: address + 4090, Array("across a page".utf8))
        let child = try machine.fork(parent)
        #expect(try machine.read(child, at: address + 4090, count: 13) == Array("across a page".utf8))
        try machine.store(child, at: address + 4090, UInt8(ascii: "A"))
        #expect(try machine.load(parent, at: address + 4090) == UInt8(ascii: "a"))
        #expect(try machine.load(child, at: address + 4090) == UInt8(ascii: "A"))
        #expect(machine.liveProcesses == [parent, child])
        try machine.exit(child)
        #expect(!machine.isAlive(child))
        #expect(machine.checkInvariants() == nil)
    }

    @Test("an access that ends in a signal throws it, and one of no process says which")
    func accessErrors() throws {
        let (machine, process) = try machine()
        let address = try machine.mmap(process, length: 8192, protection: .read)
        try machine.munmap(process, at: address + 4096, length: 4096)
        #expect(throws: AccessError.fault(AccessFault(signal: .accessDenied, address: address))) {
            try machine.store(process, at: address, 1)
        }
        #expect(throws: AccessError.noProcess(ProcessID(7))) { try machine.load(ProcessID(7), at: address) }
        #expect(throws: AccessError.fault(AccessFault(signal: .noMapping, address: address + 4096))) {
            try machine.read(process, at: address + 4000, count: 200)
        }
    }

    @Test("bytes that a closure changes go back, and bytes that it only reads cost no write")
    func withBytes() throws {
        let (machine, process) = try machine()
        let address = try machine.mmap(process, length: 3 * 4096)
        let sum = try machine.withBytes(process, at: address + 4000, count: 200) { bytes in
            for index in bytes.indices { bytes[index] = UInt8(index) }
            return bytes.reduce(0) { $0 + Int($1) }
        }
        #expect(sum == 199 * 200 / 2)
        #expect(try machine.read(process, at: address + 4000, count: 200) == (0..<200).map { UInt8($0) })
        let readOnly = try machine.mmap(process, length: 4096, protection: .read)
        #expect(try machine.withBytes(process, at: readOnly, count: 16) { $0.reduce(0, +) } == 0)
    }

    @Test("a walk shows four entries to a page, and ends where nothing is mapped")
    func walk() throws {
        let (machine, process) = try machine()
        let address = try machine.mmap(process, length: 8192)
        try machine.store(process, at: address + 5, 77)
        let walk = try #require(try machine.walk(process, at: address + 5))
        #expect(walk.entries.map(\.level) == [.pgd, .pud, .pmd, .pte])
        #expect(walk.pageSize == 4096)
        #expect(walk.physicalAddress.map { $0 % 4096 } == 5)
        #expect(walk.entries.last.map { $0.rawValue & 3 } == 3)
        #expect(try machine.walk(process, at: address + 4096)?.physicalAddress == nil)
        #expect(try machine.walk(process, at: 1 << 46)?.entries.map(\.level) == [.pgd])
        #expect(try machine.walk(process, at: 1 << 60) == nil)
    }

    @Test("the typed calls reach the same kernel as the numbers of the system calls do")
    func calls() throws {
        let (machine, process) = try machine()
        let file = try machine.memfdCreate(process, "file", [.allowSealing])
        try machine.ftruncate(process, file, to: 16384)
        try machine.fallocate(process, file, [.keepSize, .punchHole], offset: 4096, length: 4096)
        let shared = try machine.mmap(process, length: 16384, flags: .shared, file: file)
        try machine.store(process, at: shared, 5)
        try machine.mprotect(process, at: shared, length: 4096, .read)
        try machine.madvise(process, at: shared, length: 16384, .dontNeed)
        #expect(try machine.load(process, at: shared) == 5)
        let moved = try machine.mremap(process, at: shared + 8192, length: 4096, to: 8192, flags: .mayMove)
        #expect(try machine.vma(process, at: moved)?.start == moved)
        #expect(throws: Errno.EINVAL) { try machine.mlockall(process, []) }
        try machine.setLimit(process, .addressSpace, to: 0)
        #expect(throws: Errno.ENOMEM) { try machine.mmap(process, length: 4096) }
        try machine.close(process, file)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("statistics of the TLB count from zero after a reset, and the TLB keeps what it holds")
    func statistics() throws {
        let (machine, process) = try machine()
        let address = try machine.mmap(process, length: 4096)
        try machine.store(process, at: address, 1)
        machine.resetTLBStatistics()
        _ = try machine.load(process, at: address)
        #expect(machine.tlbStatistics.l1Hits.read == 1)
        #expect(machine.tlbStatistics.walks.sum == 0)
    }

    @Test("the zones add up to the machine's RAM without its holes")
    func zones() throws {
        let (machine, _) = try machine()
        #expect(machine.zones.map(\.name).contains("DMA32"))
        #expect(machine.zones.reduce(0) { $0 + $1.free } < (64 << 20) / 4096)
        #expect(machine.zones.allSatisfy { $0.minimum <= $0.low && $0.low <= $0.high })
    }

    @Test("a file shows its cached pages, who maps them, and goes with its last holder")
    func files() throws {
        let (machine, process) = try machine()
        let before = machine.files.count
        let file = try machine.memfdCreate(process, "file", [])
        try machine.ftruncate(process, file, to: 5 * 4096)
        let shared = try machine.mmap(process, length: 5 * 4096, flags: .shared, file: file)
        try machine.store(process, at: shared + 3 * 4096, 1)
        try machine.fallocate(process, file, offset: 0, length: 1)
        let child = try machine.fork(process)
        _ = try machine.load(child, at: shared + 3 * 4096)
        let view = try #require(machine.files.last)
        #expect(view.kind == .sharedMemory && view.size == 5 * 4096)
        #expect(view.pages.map(\.index) == [0, 3])
        // A page that fallocate made holds nothing yet: fault-around leaves it out.
        #expect(view.pages.map(\.mapCount) == [0, 2])
        #expect(view.pages.map(\.isUnderWriteback) == [false, false])
        #expect(view.mapperCount == 2 && view.writableMappings == 2)
        let frame = try #require(try machine.walk(process, at: shared + 3 * 4096)?.physicalAddress) >> 12
        #expect(view.pages[1].frame == frame)
        for process in [process, child] {
            try machine.munmap(process, at: shared, length: 5 * 4096)
            try machine.close(process, file)
        }
        #expect(machine.files.count == before)
    }

    @Test("a moved mapping may leave its old range empty, and a key closes memory until it is opened or given back")
    func moveAndKey() throws {
        var settings = KernelSettings()
        settings.cpu.protectionKeys = true
        let machine = try Machine(ramBytes: 64 << 20, settings: settings)
        let process = try machine.startProcess()
        let old = try machine.mmap(process, length: 8192)
        try machine.store(process, at: old, 9)
        let new = try machine.mremap(process, at: old, length: 8192, to: 8192, flags: [.mayMove, .keepOld])
        #expect(try machine.load(process, at: new) == 9)
        #expect(try machine.load(process, at: old) == 0)
        try machine.msync(process, at: new, length: 8192, .asynchronous)
        let key = try machine.allocateProtectionKey(process, rights: 1)
        try machine.mprotect(process, at: new, length: 4096, .readWrite, key: key)
        let denied = AccessFault(signal: .protectionKey(UInt8(key.rawValue)), address: new)
        #expect(throws: AccessError.fault(denied)) { try machine.load(process, at: new) }
        try machine.freeProtectionKey(process, key)
        #expect(throws: Errno.EINVAL) { try machine.freeProtectionKey(process, key) }
        #expect(machine.checkInvariants() == nil)
    }

    @Test("a file of a full tmpfs gets no page more, and the end of it gives its pages back")
    func fullFileSystem() throws {
        let (machine, process) = try machine()
        let mount = machine.mountTmpfs(size: 8192)
        #expect(throws: Errno.ENOSPC) { try machine.tmpfsFile(process, name: "f", size: 12288, in: mount) }
        let file = try machine.tmpfsFile(process, name: "f", size: 8192, in: mount)
        #expect(throws: Errno.ENOSPC) { try machine.fallocate(process, file, offset: 8192, length: 1) }
        #expect(try machine.blocks(of: mount).used == 2)
        try machine.close(process, file)
        #expect(try machine.blocks(of: mount).used == 0)
        #expect(throws: Errno.EBADF) { try machine.blocks(of: TmpfsID(rawValue: 2)) }
    }
}
