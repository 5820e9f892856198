import Testing

@testable import Faultline

/// The disk's own page cache, its buffer heads, and the steps of writeback.
struct BlockDeviceTests {
    private static let area: UInt64 = 0x1000_0000_0000

    private static func machine(_ settings: KernelSettings = KernelSettings()) throws -> (Machine, Int) {
        let machine = try Machine(ramBytes: 64 << 20, settings: settings)
        return (machine, try machine.start())
    }

    @Test("pages of the disk are Buffers, pages of files are Cached")
    func buffersAndCached() throws {
        let (machine, process) = try Self.machine()
        #expect(machine.memoryInfo().buffers == 0)
        let file = try machine.diskFile(process, name: "file:f", size: 8 << 12)
        let metadata = machine.memoryInfo()
        #expect(metadata.cached == 8 && metadata.dirty == 0)
        #expect(metadata.buffers == 3, "two bitmaps and a block of inodes")
        let disk = try machine.openDisk(process)
        try machine.mmap(process, Self.area, 8 << 12, prot: 1, flags: 0x11, fd: disk, offset: 0x1000_0000)
        #expect(try machine.load(process, Self.area).get() == 0)
        let read = machine.memoryInfo()
        #expect(read.buffers > metadata.buffers && read.cached == 8)
        #expect(read.mapped > 0)
        try machine.close(process, file)
        #expect(machine.memoryInfo().cached == 0 && machine.memoryInfo().buffers >= read.buffers)
        let name = try machine.snapshot(process).vmas.first { $0.start == Self.area }?.name
        #expect(name == "/dev/vda")
        #expect(machine.checkInvariants() == nil)
    }

    @Test("a file's data reach the disk's own pages by way of the disk only")
    func deviceSeesWhatWasWrittenBack() throws {
        let (machine, process) = try Self.machine()
        let file = try machine.diskFile(process, name: "file:f", size: 4096)
        let block = try #require(
            machine.blockState(machine.processes[process].files[Int(file)]!.pointee.mapping, 0).block)
        _ = try machine.pwrite(process, file, offset: 7, length: 1, byte: 99)
        let disk = try machine.openDisk(process)
        func byte(_ slot: UInt64) throws -> UInt8 {
            let place = Self.area + slot << 12
            try machine.mmap(process, place, 4096, prot: 1, flags: 0x11, fd: disk, offset: block << 12)
            return try machine.load(process, place + 7).get()
        }
        #expect(try byte(0) == 1, "the change is in the file's page only")
        try machine.fsync(process, file)
        #expect(try byte(0) == 1, "the disk's page is as it was read")
        try machine.madvise(process, Self.area, 4096, advice: 21)
        #expect(try byte(1) == 99)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("a write to the disk's own page reaches the file where it reads the block anew")
    func writesToTheDevice() throws {
        let (machine, process) = try Self.machine()
        let file = try machine.diskFile(process, name: "file:f", size: 4096)
        let mapping = machine.processes[process].files[Int(file)]!.pointee.mapping
        let block = try #require(machine.blockState(mapping, 0).block)
        let disk = try machine.openDisk(process)
        #expect(try machine.pwrite(process, disk, offset: block << 12, length: 4, byte: 77) == 4)
        #expect(machine.memoryInfo().dirty == 1)
        try machine.mmap(process, Self.area, 4096, prot: 1, flags: 0x11, fd: file)
        #expect(try machine.load(process, Self.area).get() == 1)
        try machine.fsync(process, disk)
        try machine.madvise(process, Self.area, 4096, advice: 21)
        #expect(try machine.load(process, Self.area).get() == 77)
        #expect(throws: Errno.EINVAL) { try machine.ftruncate(process, disk, 0) }
        #expect(throws: Errno.EOPNOTSUPP) { try machine.fallocate(process, disk, mode: 0, 0, 4096) }
        #expect(throws: Errno.ENOSPC) {
            _ = try machine.pwrite(process, disk, offset: machine.settings.diskBlocks << 12, length: 1, byte: 1)
        }
        #expect(machine.checkInvariants() == nil)
    }

    @Test("a block that a file takes is not overwritten by what the disk's own page had")
    func aliases() throws {
        let (machine, process) = try Self.machine()
        let disk = try machine.openDisk(process)
        let next = DiskLayout.firstDataBlock
        _ = try machine.pwrite(process, disk, offset: next << 12, length: 4, byte: 5)
        #expect(machine.memoryInfo().dirty == 1)
        let file = try machine.diskFile(process, name: "file:f", size: 4096)
        #expect(machine.blockState(machine.processes[process].files[Int(file)]!.pointee.mapping, 0).block == next)
        #expect(machine.memoryInfo().dirty == 0)
        try machine.fsync(process, disk)
        try machine.mmap(process, Self.area, 4096, prot: 1, flags: 0x11, fd: file)
        #expect(try machine.load(process, Self.area).get() == 1)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("bitmaps say which blocks are in use; they are dirty once the journal has committed")
    func metadata() throws {
        let (machine, process) = try Self.machine()
        let file = try machine.diskFile(process, name: "file:f", size: 4096)
        try machine.ftruncate(process, file, 3 << 12)
        _ = try machine.pwrite(process, file, offset: 4096, length: 4, byte: 5)
        #expect(machine.memoryInfo().dirty == 1, "the block is only promised")
        #expect(!machine.disk.transaction.isEmpty)
        let mapping = machine.processes[process].files[Int(file)]!.pointee.mapping
        #expect(machine.blockState(mapping, 1) == .delayed)
        try machine.fsync(process, file)
        #expect(machine.memoryInfo().dirty == 2, "the bitmap and the inode, as on the live kernel")
        let block = try #require(machine.blockState(mapping, 1).block)
        func isUsed() throws -> Bool {
            let (bitmap, bit) = DiskLayout.bitmap(ofBlock: block)
            let pfn = try #require(machine.cachedPage(machine.deviceMapping(), bitmap))
            return machine.frames.byte(pfn << 12 + bit >> 3) >> (bit & 7) & 1 == 1
        }
        #expect(try isUsed())
        #expect(machine.memoryInfo().dirtyFiles == 1)
        machine.advance(centiseconds: 4000)
        #expect(machine.memoryInfo().dirty == 0, "the flusher writes the disk's own pages too")
        try machine.ftruncate(process, file, 4096)
        #expect(try !isUsed())
        #expect(machine.memoryInfo().dirty == 0)
        machine.advance(centiseconds: 500)
        #expect(machine.memoryInfo().dirty == 2, "five seconds are the journal's interval")
        #expect(machine.checkInvariants() == nil)
    }

    @Test("a page is under way to the disk until time has passed; its buffer head holds it")
    func underWay() throws {
        var settings = KernelSettings()
        settings.diskPageMicroseconds = 1_000_000
        let (machine, process) = try Self.machine(settings)
        let file = try machine.diskFile(process, name: "file:f", size: 4 << 12)
        try machine.mmap(process, Self.area, 4 << 12, prot: 3, flags: 0x11, fd: file)
        let start = machine.elapsedCentiseconds
        for page in 0..<UInt64(3) { #expect(try machine.store(process, Self.area + page << 12, 9) == nil) }
        #expect(machine.advance(centiseconds: 3050) == 3)
        #expect(machine.memoryInfo().dirty == 0)
        #expect(machine.memoryInfo().writeback == 3)
        #expect(machine.checkInvariants() == nil)
        machine.advance(centiseconds: 100)
        #expect(machine.memoryInfo().writeback == 2)
        // Written to while under way: dirty again, and written once more.
        #expect(try machine.store(process, Self.area + 0x2000, 10) == nil)
        #expect(machine.memoryInfo().dirty == 1 && machine.memoryInfo().writeback == 2)
        // MADV_PAGEOUT waits for the writes that earlier calls started, and leaves what is dirty again.
        try machine.madvise(process, Self.area, 4 << 12, advice: 21)
        #expect(try machine.mincore(process, Self.area, 4 << 12) == [false, false, true, true])
        let written = machine.memoryInfo().written
        try machine.fsync(process, file)
        #expect(machine.memoryInfo().writeback == 0 && machine.memoryInfo().dirty == 0)
        #expect(machine.memoryInfo().written == written + 1)
        #expect(machine.elapsedCentiseconds >= start + 3050 + 100 + 200, "fsync waits for the disk")
        #expect(machine.checkInvariants() == nil)
    }

    @Test("truncation waits for the pages that are under way")
    func truncationWaits() throws {
        var settings = KernelSettings()
        settings.diskPageMicroseconds = 1_000_000
        let (machine, process) = try Self.machine(settings)
        let file = try machine.diskFile(process, name: "file:f", size: 4 << 12)
        for page in 0..<UInt64(4) { _ = try machine.pwrite(process, file, offset: page << 12, length: 1, byte: 9) }
        machine.advance(centiseconds: 3050)
        #expect(machine.memoryInfo().writeback == 4)
        try machine.ftruncate(process, file, 4096)
        #expect(machine.memoryInfo().writeback == 0)
        #expect(machine.checkInvariants() == nil)
        _ = try machine.pwrite(process, file, offset: 0, length: 1, byte: 9)
        try machine.close(process, file)
        #expect(machine.memoryInfo().cached == 0)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("MS_ASYNC starts nothing, MS_SYNC waits for its range only")
    func msyncWaits() throws {
        var settings = KernelSettings()
        settings.diskPageMicroseconds = 1_000_000
        let (machine, process) = try Self.machine(settings)
        let file = try machine.diskFile(process, name: "file:f", size: 4 << 12)
        try machine.mmap(process, Self.area, 4 << 12, prot: 3, flags: 0x11, fd: file)
        for page in 0..<UInt64(4) { #expect(try machine.store(process, Self.area + page << 12, 9) == nil) }
        try machine.msync(process, Self.area, 4 << 12, flags: 1)
        #expect(machine.memoryInfo().dirty == 4 && machine.memoryInfo().writeback == 0)
        let before = machine.elapsedCentiseconds
        try machine.msync(process, Self.area + 0x1000, 0x2000, flags: 4)
        #expect(machine.memoryInfo().dirty == 2 && machine.memoryInfo().writeback == 0)
        #expect(machine.elapsedCentiseconds == before + 200)
    }

    @Test("writers above the limit wait for the disk")
    func throttling() throws {
        var settings = KernelSettings()
        settings.dirtyBackgroundRatio = 1
        settings.dirtyRatio = 2
        settings.diskPageMicroseconds = 1000
        let (machine, process) = try Self.machine(settings)
        let file = try machine.diskFile(process, name: "file:f", size: 2000 << 12)
        try machine.mmap(process, Self.area, 2000 << 12, prot: 3, flags: 0x11, fd: file)
        let before = machine.elapsedCentiseconds
        var highest: UInt64 = 0
        for page in 0..<UInt64(2000) {
            #expect(try machine.store(process, Self.area + page << 12, 3) == nil)
            let info = machine.memoryInfo()
            highest = max(highest, info.dirty + info.writeback)
        }
        #expect(highest <= machine.memoryInfo().dirtyThreshold)
        #expect(machine.elapsedCentiseconds - before > 100, "a thousand pages take a second")
        #expect(machine.checkInvariants() == nil)
    }
}
