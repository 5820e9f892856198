import Testing

@testable import Faultline

/// A disk that fails: nothing that was written is lost in silence.
struct DiskErrorTests {
    private static let area: UInt64 = 0x1000_0000_0000

    /// A machine, its process, and a disk file of `pages` pages that is mapped shared at `area`.
    private static func mappedFile(pages: UInt64) throws -> (Machine, Int, Int32) {
        let machine = try Machine(ramBytes: 64 << 20)
        let process = try machine.start()
        let file = try machine.diskFile(process, name: "file:f", size: pages << 12)
        try machine.mmap(process, area, pages << 12, prot: 3, flags: 0x11, fd: file)
        return (machine, process, file)
    }

    /// Takes the pages out of memory: MADV_PAGEOUT twice, the first time for the reference of the batch.
    private func pageOut(_ machine: Machine, _ process: Int, _ pages: UInt64) throws {
        try machine.madvise(process, Self.area, pages << 12, advice: 21)
    }

    @Test("fsync and msync report a failed write once to each opener")
    func reportedOnce() throws {
        let (machine, process, file) = try Self.mappedFile(pages: 2)
        let other = try machine.reopen(process, file, reads: true, writes: false)
        #expect(try machine.store(process, Self.area, 5) == nil)
        machine.setDiskFailure(reads: false, writes: true)
        #expect(throws: Errno.EIO) { try machine.fsync(process, file) }
        machine.setDiskFailure(reads: false, writes: false)
        // The mapping is the open file that heard of it.
        try machine.msync(process, Self.area, 4096, flags: 4)
        #expect(throws: Errno.EIO) { try machine.fsync(process, other) }
        try machine.fsync(process, other)
        try machine.fsync(process, file)
        let late = try machine.reopen(process, file, reads: true, writes: false)
        try machine.fsync(process, late)
        #expect(try machine.load(process, Self.area).get() == 5, "memory keeps what the disk refused")
        #expect(machine.checkInvariants() == nil)
    }

    @Test("the first fsync reports an error of the flusher, even on a file opened later")
    func flusherError() throws {
        let (machine, process, file) = try Self.mappedFile(pages: 2)
        #expect(try machine.store(process, Self.area, 5) == nil)
        machine.setDiskFailure(reads: false, writes: true)
        #expect(machine.advance(centiseconds: 4000) >= 1)
        machine.setDiskFailure(reads: false, writes: false)
        #expect(machine.memoryInfo().dirty == 0)
        let late = try machine.reopen(process, file, reads: true, writes: false)
        #expect(throws: Errno.EIO) { try machine.fsync(process, late) }
        #expect(throws: Errno.EIO) { try machine.msync(process, Self.area, 8192, flags: 4) }
        try machine.msync(process, Self.area, 8192, flags: 4)
    }

    @Test("what the disk refused reads as before once the page has left memory, and the error was reported")
    func refusedPageLeavesMemory() throws {
        let (machine, process, file) = try Self.mappedFile(pages: 2)
        #expect(try machine.store(process, Self.area, 50) == nil)
        machine.setDiskFailure(reads: false, writes: true)
        #expect(throws: Errno.EIO) { try machine.fsync(process, file) }
        machine.setDiskFailure(reads: false, writes: false)
        try pageOut(machine, process, 2)
        #expect(try machine.mincore(process, Self.area, 8192) == [false, true])
        #expect(try machine.load(process, Self.area).get() == 1)
        // A new block never got its contents.
        try machine.ftruncate(process, file, 12288)
        _ = try machine.pwrite(process, file, offset: 8192, length: 40, byte: 9)
        machine.setDiskFailure(reads: false, writes: true)
        #expect(throws: Errno.EIO) { try machine.fsync(process, file) }
        machine.setDiskFailure(reads: false, writes: false)
        #expect(machine.checkInvariants() == nil)
        try machine.mmap(process, Self.area, 12288, prot: 1, flags: 0x11, fd: file)
        #expect(try machine.load(process, Self.area + 8192).get() == 9)
        try pageOut(machine, process, 3)
        #expect(try machine.load(process, Self.area + 8192).get() == 0)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("a page written to again after the error goes to the disk at the next synchronisation")
    func rewriting() throws {
        let (machine, process, file) = try Self.mappedFile(pages: 1)
        #expect(try machine.store(process, Self.area, 50) == nil)
        machine.setDiskFailure(reads: false, writes: true)
        #expect(throws: Errno.EIO) { try machine.fsync(process, file) }
        machine.setDiskFailure(reads: false, writes: false)
        #expect(try machine.store(process, Self.area + 1, 51) == nil)
        try machine.fsync(process, file)
        try pageOut(machine, process, 1)
        #expect(try machine.load(process, Self.area).get() == 50)
        #expect(try machine.load(process, Self.area + 1).get() == 51)
        #expect(try machine.faultCounts(process).major == 1)
    }

    @Test("a page that cannot be read is SIGBUS for accesses, EIO for calls, EFAULT for population")
    func failedReads() throws {
        let (machine, process, file) = try Self.mappedFile(pages: 4)
        #expect(try machine.load(process, Self.area).get() == 1)
        try pageOut(machine, process, 4)
        // What nobody mapped is still there.
        try machine.fallocate(process, file, mode: 0x08, 0, 4096)
        #expect(try machine.mincore(process, Self.area, 12288) == [false, false, false])
        machine.setDiskFailure(reads: true, writes: false)
        for write in [false, true] {
            let fault = AccessFault(signal: .busError, address: Self.area + 5)
            let got = write ? try machine.store(process, Self.area + 5, 1) : try Self.fault(machine, process)
            #expect(got == fault)
        }
        #expect(throws: Errno.EIO) { _ = try machine.pread(process, file, offset: 0, length: 10) }
        #expect(throws: Errno.EIO) { _ = try machine.pwrite(process, file, offset: 0, length: 10, byte: 1) }
        #expect(throws: Errno.EIO) { try machine.ftruncate(process, file, 100) }
        #expect(throws: Errno.EFAULT) { try machine.madvise(process, Self.area, 4096, advice: 22) }
        machine.setDiskFailure(reads: false, writes: false)
        #expect(try machine.load(process, Self.area + 5).get() == 2)
        #expect(machine.checkInvariants() == nil)
    }

    private static func fault(_ machine: Machine, _ process: Int) throws -> AccessFault? {
        if case .failure(let fault) = try machine.load(process, area + 5) { return fault }
        return nil
    }

    @Test("a full disk refuses pwrite and fallocate, and is SIGBUS for a write through a mapping")
    func fullDisk() throws {
        var settings = KernelSettings()
        settings.diskBlocks = DiskLayout.firstDataBlock + 4
        let machine = try Machine(ramBytes: 64 << 20, settings: settings)
        let process = try machine.start()
        let file = try machine.diskFile(process, name: "file:f", size: 2 << 12)
        try machine.ftruncate(process, file, 8 << 12)
        try machine.mmap(process, Self.area, 8 << 12, prot: 3, flags: 0x11, fd: file)
        #expect(try machine.store(process, Self.area + 0x2000, 1) == nil)
        #expect(try machine.pwrite(process, file, offset: 0x3000, length: 4, byte: 1) == 4)
        #expect(
            try machine.store(process, Self.area + 0x4000, 1)
                == AccessFault(signal: .busError, address: Self.area + 0x4000))
        #expect(throws: Errno.ENOSPC) { _ = try machine.pwrite(process, file, offset: 0x5000, length: 4, byte: 1) }
        #expect(throws: Errno.ENOSPC) { try machine.fallocate(process, file, mode: 0, 0x6000, 4096) }
        #expect(throws: Errno.ENOSPC) { _ = try machine.diskFile(process, name: "file:g", size: 4096) }
        #expect(machine.checkInvariants() == nil)
        try machine.fallocate(process, file, mode: 3, 0, 4096)
        #expect(try machine.store(process, Self.area + 0x4000, 1) == nil)
        #expect(machine.checkInvariants() == nil)
    }
}
