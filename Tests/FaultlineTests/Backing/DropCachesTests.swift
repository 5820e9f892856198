import Testing

@testable import Faultline

/// Writes to /proc/sys/vm/drop_caches.
struct DropCachesTests {
    private static let area: UInt64 = 0x1000_0000_0000
    private static let pages: UInt64 = 8

    /// A machine, its process, and a disk file of 8 pages that is mapped shared at `area`.
    private static func mapped() throws -> (Machine, Int, Int32) {
        let machine = try Machine(ramBytes: 64 << 20)
        let process = try machine.start()
        let file = try machine.diskFile(process, name: "file:f", size: pages << 12)
        try machine.mmap(process, area, pages << 12, prot: 3, flags: 0x11, fd: file)
        try machine.madvise(process, area, pages << 12, advice: 1)
        return (machine, process, file)
    }

    private static func inMemory(_ machine: Machine, _ process: Int) throws -> [Int] {
        let bits = try machine.mincore(process, area, pages << 12)
        return bits.indices.filter { bits[$0] }
    }

    @Test("only clean pages that no one maps go; 2 takes none; other values are EINVAL")
    func cleanPages() throws {
        let (machine, process, file) = try Self.mapped()
        try machine.dropCaches(2)
        #expect(try Self.inMemory(machine, process).count == 8)
        #expect(try machine.store(process, Self.area + 4096, 9) == nil)
        #expect(try machine.pwrite(process, file, offset: 5 << 12, length: 1, byte: 7) == 1)
        try machine.dropCaches(1)
        let mapped = try Self.inMemory(machine, process)
        #expect(mapped == [1, 5])
        try machine.fsync(process, file)
        try machine.dropCaches(3)
        #expect(try Self.inMemory(machine, process) == [1])
        try machine.madvise(process, Self.area, 8 << 12, advice: 4)
        try machine.dropCaches(1)
        #expect(try Self.inMemory(machine, process) == [])
        #expect(try machine.load(process, Self.area + 4096).get() == 9, "the disk has what was written")
        #expect(try machine.load(process, Self.area + 5 << 12).get() == 7)
        for value in [0, -1, 4, .min, .max] as [Int64] {
            #expect(throws: Errno.EINVAL) { try machine.dropCaches(value) }
        }
        #expect(machine.checkInvariants() == nil)
    }

    @Test("the file system's own pages go too, once the journal has committed, and come back with what they held")
    func metadata() throws {
        let (machine, process, file) = try Self.mapped()
        let before = machine.memoryInfo().buffers
        try machine.dropCaches(1)
        #expect(machine.memoryInfo().buffers < before)
        try machine.ftruncate(process, file, 2 << 12)
        let running = machine.memoryInfo().buffers
        try machine.dropCaches(1)
        #expect(machine.memoryInfo().buffers == running, "the running transaction holds what it changed")
        try machine.fsync(process, file)
        #expect(machine.checkInvariants() == nil)
        _ = try machine.diskFile(process, name: "file:g", size: 3 << 12)
        #expect(machine.checkInvariants() == nil)
    }

    @Test(
        "the page that a read brought into a hole of tmpfs goes, a written one stays and is passed over by fault-around"
    )
    func pagesOfTmpfs() throws {
        let machine = try Machine(ramBytes: 64 << 20)
        let process = try machine.start()
        let file = try machine.tmpfsFile(process, name: "file:t", size: 4 << 12, mount: machine.tmpfsMount(size: 0))
        try machine.ftruncate(process, file, 8 << 12)
        try machine.mmap(process, Self.area, 8 << 12, prot: 1, flags: 0x11, fd: file)
        _ = try machine.load(process, Self.area + 6 << 12)
        try machine.munmap(process, Self.area, 8 << 12)
        try machine.dropCaches(1)
        try machine.mmap(process, Self.area, 8 << 12, prot: 1, flags: 0x11, fd: file)
        #expect(try Self.inMemory(machine, process) == [0, 1, 2, 3])
        #expect(try machine.tmpfsBlocks(1).used == 5)
        _ = try machine.pwrite(process, file, offset: 2 << 12, length: 1, byte: 1)
        _ = try machine.load(process, Self.area)
        let shown = try machine.snapshot(process).vmas.first { $0.start == Self.area }
        #expect(shown?.figures[.rss] == 8, "page 0, and page 2, which was written to since")
        #expect(machine.checkInvariants() == nil)
    }
}
