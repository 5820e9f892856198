import Testing

@testable import Faultline

/// PG_anon_exclusive as the snapshot has it: whose page it is alone.
@Suite("PG_anon_exclusive")
struct AnonExclusiveTests {
    private static let base: UInt64 = 0x1000_0000_0000
    private static let elsewhere: UInt64 = 0x2000_0000_0000

    private let machine: Machine
    private let parent: Int

    /// Eight pages of private memory, all but the last written.
    init() throws {
        machine = try Machine(ramBytes: 1 << 30)
        parent = try machine.start()
        try machine.mmap(parent, Self.base, 0x8000, prot: 3, flags: 0x32)
        for page in 0..<UInt64(7) { _ = try machine.store(parent, Self.base + page << 12, 1) }
        _ = try machine.load(parent, Self.base + 0x7000)
    }

    /// What the snapshot says of the page at an address; nil where nothing is mapped.
    private func isExclusive(_ process: Int, _ address: UInt64) throws -> Bool? {
        #expect(machine.checkInvariants() == nil)
        return try machine.snapshot(process).vmas.flatMap(\.pages).first { $0.address == address }?.flags.contains(
            .anonExclusive)
    }

    @Test("a page is exclusive from its first write on; the zero page is not")
    func firstWrite() throws {
        #expect(try isExclusive(parent, Self.base) == true)
        #expect(try isExclusive(parent, Self.base + 0x7000) == false)
        #expect(try machine.store(parent, Self.base + 0x7000, 1) == nil)
        #expect(try isExclusive(parent, Self.base + 0x7000) == true)
    }

    @Test(
        "fork shares it, the write that copies has a page of its own, and the last holder's write takes the old one back"
    )
    func forkAndCopy() throws {
        let child = try machine.fork(parent)
        #expect(try isExclusive(parent, Self.base) == false && isExclusive(child, Self.base) == false)
        #expect(try machine.store(parent, Self.base, 2) == nil)
        #expect(try isExclusive(parent, Self.base) == true && isExclusive(child, Self.base) == false)
        _ = try machine.load(child, Self.base)
        #expect(try isExclusive(child, Self.base) == false, "reading changes nothing")
        #expect(try machine.store(child, Self.base, 3) == nil)
        #expect(try isExclusive(child, Self.base) == true)
        try machine.exit(child)
        #expect(try isExclusive(parent, Self.base + 0x1000) == false, "the other holder's end changes nothing")
        #expect(try machine.store(parent, Self.base + 0x1000, 2) == nil)
        #expect(try isExclusive(parent, Self.base + 0x1000) == true)
    }

    @Test("what fork leaves out or refills stays exclusive", arguments: [10, 18] as [Int32])
    func leftOut(advice: Int32) throws {
        try machine.madvise(parent, Self.base, 0x1000, advice: advice)
        let child = try machine.fork(parent)
        #expect(try isExclusive(parent, Self.base) == true && isExclusive(child, Self.base) == nil)
        #expect(try isExclusive(parent, Self.base + 0x1000) == false)
    }

    @Test("moving and protecting keep it", arguments: [3, 7] as [UInt64])
    func moved(flags: UInt64) throws {
        _ = try machine.fork(parent)
        #expect(try machine.store(parent, Self.base, 2) == nil)
        try machine.mprotect(parent, Self.base, 0x2000, prot: 0)
        try machine.mremap(parent, Self.base, 0x2000, 0x2000, flags: flags, new: Self.elsewhere)
        #expect(
            try isExclusive(parent, Self.elsewhere) == true && isExclusive(parent, Self.elsewhere + 0x1000) == false)
        try machine.mprotect(parent, Self.elsewhere, 0x2000, prot: 3)
        try machine.madvise(parent, Self.elsewhere, 0x2000, advice: 23)
        #expect(try isExclusive(parent, Self.elsewhere + 0x1000) == true)
    }

    @Test("a fork that fails leaves the pages shared until the next write")
    func failedFork() throws {
        machine.physical.setFailures(AllocationFailures(5...(.max - 1)))
        #expect(throws: Errno.ENOMEM) { try machine.fork(parent) }
        machine.physical.setFailures(nil)
        for page in 0..<UInt64(7) {
            #expect(try machine.store(parent, Self.base + page << 12, 2) == nil)
            #expect(try isExclusive(parent, Self.base + page << 12) == true)
        }
    }

    @Test("pages of files never are, private copies of them are", arguments: [true, false])
    func files(onDisk: Bool) throws {
        let file =
            try onDisk
            ? machine.diskFile(parent, name: "f", size: 8192) : machine.tmpfsFile(parent, name: "f", size: 8192)
        try machine.mmap(parent, Self.elsewhere, 8192, prot: 3, flags: 0x12, fd: file)
        try machine.mmap(parent, Self.elsewhere + 8192, 8192, prot: 3, flags: 0x11, fd: file)
        #expect(try machine.store(parent, Self.elsewhere, 1) == nil)
        _ = try machine.load(parent, Self.elsewhere + 4096)
        #expect(try machine.store(parent, Self.elsewhere + 8192, 1) == nil)
        #expect(try isExclusive(parent, Self.elsewhere) == true)
        #expect(try isExclusive(parent, Self.elsewhere + 4096) == false)
        #expect(try isExclusive(parent, Self.elsewhere + 8192) == false)
    }
}
