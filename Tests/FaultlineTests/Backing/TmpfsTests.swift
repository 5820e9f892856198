import Testing

@testable import Faultline

/// File systems in memory that become full.
struct TmpfsTests {
    private static let area: UInt64 = 0x1000_0000_0000

    /// A machine, its process, and a sparse file of 64 pages in a tmpfs of so many blocks, mapped at `area`.
    private static func mapped(blocks: UInt64, shared: Bool = true) throws -> (Machine, Int, Int32) {
        let machine = try Machine(ramBytes: 64 << 20)
        let process = try machine.start()
        let file = try machine.tmpfsFile(
            process, name: "file:f", size: 0, mount: machine.tmpfsMount(size: blocks << 12))
        try machine.ftruncate(process, file, 64 << 12)
        try machine.mmap(process, area, 64 << 12, prot: 3, flags: shared ? 0x11 : 0x12, fd: file)
        return (machine, process, file)
    }

    @Test("sizes are rounded up to blocks; 0, and what overflows in rounding, is no limit")
    func sizes() throws {
        let machine = try Machine(ramBytes: 64 << 20)
        let limits: [(size: UInt64, blocks: UInt64)] = [
            (1, 1), (4096, 1), (4097, 2), (0, 0), (.max, 0), (1 << 63, 1 << 51),
        ]
        for (index, limit) in limits.enumerated() {
            #expect(machine.tmpfsMount(size: limit.size) == Int32(index + 1))
            #expect(try machine.tmpfsBlocks(Int32(index + 1)).limit == limit.blocks)
        }
        for number in [0, -1, 7] as [Int32] {
            #expect(throws: Errno.EBADF) { try machine.tmpfsBlocks(number) }
        }
        let process = try machine.start()
        #expect(throws: Errno.EBADF) { try machine.tmpfsFile(process, name: "file:f", size: 0, mount: 7) }
    }

    @Test("a write takes the last block, the next is refused, one over both pages is short")
    func writes() throws {
        let (machine, process, file) = try Self.mapped(blocks: 2)
        #expect(try machine.pwrite(process, file, offset: 0, length: 4096, byte: 1) == 4096)
        #expect(try machine.pwrite(process, file, offset: 8186, length: 12, byte: 1) == 6)
        #expect(throws: Errno.ENOSPC) { try machine.pwrite(process, file, offset: 8192, length: 1, byte: 1) }
        #expect(try machine.tmpfsBlocks(1).used == 2)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("an access to a hole is SIGBUS where no block is left, private or shared", arguments: [true, false])
    func faults(shared: Bool) throws {
        let (machine, process, _) = try Self.mapped(blocks: 1, shared: shared)
        #expect(try machine.load(process, Self.area).get() == 0)
        #expect(try machine.store(process, Self.area, 3) == nil)
        machine.trace(true)
        #expect(try machine.store(process, Self.area + 4096, 3)?.signal == .busError)
        let events = machine.takeEvents()
        #expect(events.contains { $0.kind == .signal && $0.reason == .tmpfsFull })
        #expect(events.compactMap(\.refusal?.rule.id) == ["tmpfs_full"])
        #expect(throws: Errno.ENOMEM) { try machine.mlock(process, Self.area, 8192) }
        #expect(throws: Errno.EFAULT) { try machine.madvise(process, Self.area, 8192, advice: 22) }
        #expect(machine.checkInvariants() == nil)
    }

    @Test("a fallocate that fails takes back what it added, and no more")
    func allocations() throws {
        let (machine, process, file) = try Self.mapped(blocks: 4)
        #expect(try machine.pwrite(process, file, offset: 4096, length: 1, byte: 1) == 1)
        #expect(throws: Errno.ENOSPC) { try machine.fallocate(process, file, mode: 0, 0, 5 << 12) }
        #expect(throws: Errno.ENOSPC) { try machine.fallocate(process, file, mode: 0, 4 << 12, 4 << 12) }
        #expect(try machine.tmpfsBlocks(1).used == 1)
        try machine.fallocate(process, file, mode: 0, 0, 4 << 12)
        #expect(try machine.tmpfsBlocks(1).used == 4)
        try machine.fallocate(process, file, mode: 0, 0, 4 << 12)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("truncation, holes and the end of a file give blocks back, and their share of the commitment")
    func givingBack() throws {
        let (machine, process, file) = try Self.mapped(blocks: 8)
        let before = machine.memoryInfo().committed
        for index in 0..<8 as Range<UInt64> { #expect(try machine.store(process, Self.area + index << 12, 1) == nil) }
        #expect(machine.memoryInfo().committed == before + 8)
        try machine.fallocate(process, file, mode: 3, 0, 6000)
        #expect(try machine.tmpfsBlocks(1).used == 7)
        try machine.madvise(process, Self.area + 4096, 4096, advice: 9)
        #expect(try machine.tmpfsBlocks(1).used == 6)
        try machine.ftruncate(process, file, 5 << 12)
        #expect(try machine.tmpfsBlocks(1).used == 3)
        try machine.close(process, file)
        #expect(try machine.tmpfsBlocks(1).used == 3)
        try machine.munmap(process, Self.area, 64 << 12)
        #expect(try machine.tmpfsBlocks(1).used == 0)
        #expect(machine.memoryInfo().committed == before)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("a page that reclaim took stays charged until its file gains or loses one")
    func reclaimedPages() throws {
        let (machine, process, file) = try Self.mapped(blocks: 2)
        _ = try machine.load(process, Self.area)
        _ = try machine.load(process, Self.area + 4096)
        try machine.madvise(process, Self.area, 8192, advice: 21)
        #expect(try machine.mincore(process, Self.area, 8192) == [false, false])
        #expect(try machine.tmpfsBlocks(1).used == 2)
        #expect(machine.checkInvariants() == nil)
        let other = try machine.tmpfsFile(process, name: "file:g", size: 0, mount: 1)
        #expect(throws: Errno.ENOSPC) { try machine.pwrite(process, other, offset: 0, length: 1, byte: 1) }
        #expect(try machine.pwrite(process, file, offset: 4096 * 9, length: 1, byte: 1) == 1)
        #expect(try machine.tmpfsBlocks(1).used == 1)
        #expect(try machine.pwrite(process, other, offset: 0, length: 1, byte: 1) == 1)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("a file that does not fit leaves nothing behind")
    func tooLargeFile() throws {
        let machine = try Machine(ramBytes: 64 << 20)
        let process = try machine.start()
        let mount = machine.tmpfsMount(size: 16 << 12)
        #expect(throws: Errno.ENOSPC) { try machine.tmpfsFile(process, name: "file:f", size: 1 << 30, mount: mount) }
        #expect(try machine.tmpfsBlocks(mount).used == 0)
        _ = try machine.tmpfsFile(process, name: "file:f", size: 16 << 12, mount: mount)
        #expect(machine.checkInvariants() == nil)
    }
}
