import Testing

@testable import Faultline

/// What becomes of written file pages: writeback, errors, and the disk's own copy.
@Suite struct WritebackTests {
    private static let area: UInt64 = 0x1000_0000_0000
    private static let readWrite: UInt64 = 3
    private static let shared: UInt64 = 0x11
    private static let `private`: UInt64 = 0x12

    /// A machine, its process, and a disk file of `pages` pages that is mapped shared at `area`.
    private static func mappedFile(pages: UInt64) throws -> (Machine, Int, Int32) {
        let machine = try Machine(ramBytes: 64 << 20)
        let process = try machine.start()
        let file = try machine.diskFile(process, name: "file:f", size: pages << 12)
        try machine.mmap(process, area, pages << 12, prot: readWrite, flags: shared, fd: file)
        return (machine, process, file)
    }

    @Test func aSharedWriteIsDirtyUntilItIsSynchronised() throws {
        let (machine, process, file) = try Self.mappedFile(pages: 8)
        #expect(try machine.store(process, Self.area + 0x2000, 99) == nil)
        #expect(machine.nodeStatistics.dirty == 1)
        try machine.fsync(process, file)
        #expect(machine.nodeStatistics.dirty == 0)
        #expect(machine.memoryInfo().writeback == 0, "fsync waits")
        let before = try machine.faultCounts(process).minor
        #expect(try machine.store(process, Self.area + 0x2000, 98) == nil)
        #expect(try machine.faultCounts(process).minor == before + 1, "the clean page is write-protected")
        #expect(machine.checkInvariants() == nil)
    }

    @Test func msyncWritesNothingOutsideItsRange() throws {
        let (machine, process, _) = try Self.mappedFile(pages: 8)
        for page in 0..<UInt64(8) { #expect(try machine.store(process, Self.area + page << 12, 1) == nil) }
        try machine.msync(process, Self.area + 0x2000, 0x3000, flags: 4)
        #expect(machine.nodeStatistics.dirty == 5)
        try machine.msync(process, Self.area, 0x8000, flags: 1)
        #expect(machine.nodeStatistics.dirty == 5, "MS_ASYNC starts nothing")
        #expect(machine.checkInvariants() == nil)
    }

    @Test func whatWasWrittenComesBackFromTheDisk() throws {
        let (machine, process, file) = try Self.mappedFile(pages: 4)
        #expect(try machine.store(process, Self.area + 0x1234, 77) == nil)
        // Moves the blocks, for which all pages go to the disk and leave memory.
        try machine.fallocate(process, file, mode: 0x20, 0, 4096)
        #expect(try machine.load(process, Self.area + 0x2234).get() == 77)
        #expect(try machine.load(process, Self.area + 0x3000).get() == 3)
        #expect(try machine.load(process, Self.area).get() == 0, "the inserted hole")
        #expect(try machine.faultCounts(process).major > 0)
        #expect(machine.checkInvariants() == nil)
    }

    @Test func nothingBeyondTheEndReachesTheDisk() throws {
        let machine = try Machine(ramBytes: 64 << 20)
        let process = try machine.start()
        let file = try machine.diskFile(process, name: "file:f", size: 4096 + 100)
        try machine.mmap(process, Self.area, 0x2000, prot: Self.readWrite, flags: Self.shared, fd: file)
        #expect(try machine.store(process, Self.area + 0x1000 + 200, 9) == nil)
        try machine.fsync(process, file)
        #expect(try machine.load(process, Self.area + 0x1000 + 200).get() == 0)
        #expect(try machine.load(process, Self.area + 0x1000 + 99).get() == 2)
    }

    @Test func deletedFilesGiveEverythingBack() throws {
        let machine = try Machine(ramBytes: 64 << 20)
        let process = try machine.start()
        let before = machine.committedPages
        let disk = try machine.diskFile(process, name: "file:d", size: 300 << 12)
        let memory = try machine.tmpfsFile(process, name: "file:t", size: 300 << 12)
        #expect(machine.committedPages == before + 300)
        try machine.mmap(process, Self.area, 300 << 12, prot: Self.readWrite, flags: Self.shared, fd: memory)
        try machine.close(process, disk)
        try machine.close(process, memory)
        #expect(machine.memoryInfo().cached == 300, "of the memory file")
        #expect(machine.committedPages == before + 300, "the mapping holds the file")
        try machine.munmap(process, Self.area, 300 << 12)
        #expect(machine.committedPages == before)
        #expect(machine.mappings.liveCount == 2, "only the program's image and the disk itself are left")
        #expect(machine.disk.store.storedCount == machine.disk.contents.count(), "no block of the file is left")
        #expect(machine.checkInvariants() == nil)
    }

    // MARK: The flusher

    @Test func theFlusherWritesWhatHasBeenDirtyForThirtySeconds() throws {
        let (machine, process, _) = try Self.mappedFile(pages: 8)
        #expect(try machine.store(process, Self.area, 1) == nil)
        machine.advance(centiseconds: 2000)
        #expect(try machine.store(process, Self.area + 0x1000, 1) == nil)
        #expect(machine.memoryInfo().dirty == 2)
        #expect(machine.advance(centiseconds: 900) == 0, "not old enough")
        // Once the file is old, all of it goes.
        #expect(machine.advance(centiseconds: 600) == 2)
        #expect(machine.memoryInfo().dirty == 0)
        #expect(machine.advance(centiseconds: 100_000) == 0)
        #expect(machine.checkInvariants() == nil)
    }

    @Test func writersAboveTheLimitDoTheFlushersWork() throws {
        var settings = KernelSettings()
        settings.dirtyBackgroundRatio = 1
        settings.dirtyRatio = 2
        let machine = try Machine(ramBytes: 64 << 20, settings: settings)
        let process = try machine.start()
        let file = try machine.diskFile(process, name: "file:f", size: 2000 << 12)
        try machine.mmap(process, Self.area, 2000 << 12, prot: Self.readWrite, flags: Self.shared, fd: file)
        var highest: UInt64 = 0
        for page in 0..<UInt64(2000) {
            #expect(try machine.store(process, Self.area + page << 12, 3) == nil)
            highest = max(highest, machine.memoryInfo().dirty)
        }
        #expect(highest <= machine.memoryInfo().dirtyThreshold)
        #expect(machine.memoryInfo().written > 1000)
        #expect(machine.checkInvariants() == nil)
    }
}
