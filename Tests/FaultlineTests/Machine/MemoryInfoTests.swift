import Testing

@testable import Faultline

/// Figures of /proc/meminfo after each step of a program, as the live kernel changed them for the same steps.
struct MemoryInfoTests {
    private static let area: UInt64 = 0x1000_0000_0000

    @Test("Cached, Dirty, Shmem, Mapped, AnonPages, Mlocked follow a program of file, memory file and private pages")
    func figures() throws {
        let machine = try Machine(ramBytes: 256 << 20)
        let process = try machine.start()
        let start = machine.memoryInfo()
        let pages: UInt64 = 2048
        let half: UInt64 = 1024
        let disk = try machine.diskFile(process, name: "file:d", size: 0)
        for page in 0..<pages { _ = try machine.pwrite(process, disk, offset: page << 12, length: 40, byte: 1) }
        var info = machine.memoryInfo()
        #expect(info.cached == start.cached + pages && info.dirty == pages && info.writeback == 0)
        try machine.fsync(process, disk)
        info = machine.memoryInfo()
        #expect(info.dirty > 0 && info.dirty <= 5, "the journal's blocks; the live kernel had five")
        let metadata = info.dirty
        #expect(info.buffers >= metadata)

        try machine.mmap(process, Self.area, pages << 12, prot: 3, flags: 0x11, fd: disk)
        for page in 0..<half { #expect(try machine.store(process, Self.area + page << 12, 5) == nil) }
        info = machine.memoryInfo()
        #expect(info.dirty == half + metadata && info.mapped == start.mapped + half)
        try machine.msync(process, Self.area, pages << 12, flags: 4)
        #expect(machine.memoryInfo().dirty == metadata && machine.memoryInfo().mapped == start.mapped + half)

        let memory = try machine.memfdCreate(process, "m", flags: 0)
        try machine.ftruncate(process, memory, pages << 12)
        let shared = Self.area + 1 << 30
        try machine.mmap(process, shared, pages << 12, prot: 3, flags: 0x11, fd: memory)
        for page in 0..<half { #expect(try machine.store(process, shared + page << 12, 5) == nil) }
        info = machine.memoryInfo()
        #expect(info.shmem == half && info.cached == start.cached + pages + half)
        #expect(info.dirty == metadata, "memory files are never Dirty")
        #expect(info.mapped == start.mapped + 2 * half)

        let copies = Self.area + 2 << 30
        try machine.mmap(process, copies, pages << 12, prot: 3, flags: 0x12, fd: disk)
        for page in 0..<half { #expect(try machine.store(process, copies + page << 12, 5) == nil) }
        #expect(machine.memoryInfo().anonPages == info.anonPages + half)
        #expect(machine.memoryInfo().mapped == info.mapped, "a private copy is no page of the file")

        try machine.mlock(process, shared, 512 << 12)
        #expect(machine.memoryInfo().mlocked == 512 && machine.memoryInfo().unevictable == 512)
        try machine.munmap(process, shared, pages << 12)
        #expect(machine.memoryInfo().mapped == start.mapped + half)
        #expect(machine.memoryInfo().shmem == half)
        try machine.close(process, memory)
        #expect(machine.memoryInfo().shmem == 0)
        try machine.munmap(process, copies, pages << 12)
        try machine.munmap(process, Self.area, pages << 12)
        #expect(machine.memoryInfo().mapped == start.mapped)
        try machine.close(process, disk)
        info = machine.memoryInfo()
        #expect(info.cached == start.cached && info.dirty == metadata)
        #expect(info.free + info.buffers <= start.free + start.buffers)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("Active and Inactive are the lists of pages, and MemAvailable follows from them and the reserves")
    func lists() throws {
        let machine = try Machine(ramBytes: 256 << 20)
        let process = try machine.start()
        let start = machine.memoryInfo()
        try machine.mmap(process, Self.area, 64 << 12, prot: 3, flags: 0x22)
        for page in 0..<64 as Range<UInt64> { #expect(try machine.store(process, Self.area + page << 12, 5) == nil) }
        let file = try machine.diskFile(process, name: "file:f", size: 512 << 12)
        machine.drainBatches()
        let info = machine.memoryInfo()
        #expect(info.inactiveAnon + info.activeAnon == start.inactiveAnon + start.activeAnon + 64)
        // The pages of the file, and those of the disk that its blocks took.
        let cachedPages = { (info: MemoryInfo) in info.cached + info.buffers - info.shmem }
        let onLists = { (info: MemoryInfo) in info.inactiveFile + info.activeFile }
        #expect(cachedPages(info) >= cachedPages(start) + 512)
        #expect(onLists(info) - onLists(start) == cachedPages(info) - cachedPages(start))
        let zones = machine.zones
        let kept = zones.reduce(0) { $0 + min(($1.protection.max() ?? 0) + $1.high, $1.managed) }
        let low = zones.reduce(0) { $0 + $1.low }
        let cached = info.inactiveFile + info.activeFile
        #expect(info.available == info.free - kept + cached - min(cached / 2, low))
        try machine.close(process, file)
    }
}
