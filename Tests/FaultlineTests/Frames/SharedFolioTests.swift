import Testing

@testable import Faultline

/// Large folios of shared memory: what the counters and the figures of smaps say of them, and that nothing is left of them.
struct SharedFolioTests {
    private static let base: UInt64 = 0x1000_0000_0000

    /// 2 MiB of shared anonymous memory whose folios may have the size.
    private func makeMachine(_ kilobytes: Int, _ policy: String = "always") throws -> (Machine, Int) {
        let machine = try Machine(ramBytes: 1 << 30)
        let process = try machine.start()
        let file = "transparent_hugepage/hugepages-\(kilobytes)kB/shmem_enabled"
        #expect(try machine.setHugePageFile(file, policy))
        try machine.mmap(process, Self.base, PageSize.large, prot: 3, flags: 0x31)
        return (machine, process)
    }

    private func figure(_ machine: Machine, _ process: Int, _ figure: SmapsFigure) throws -> Int {
        let vma = try #require(try machine.snapshot(process).vmas.first { $0.start == Self.base })
        return vma.figures[figure]
    }

    private func advise(_ machine: Machine, _ process: Int, _ place: UInt64, _ length: UInt64, _ advice: Advice) throws
    {
        try machine.madvise(process, Self.base + place, length, advice: advice.rawValue)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("2 MiB are mapped by one entry without a table for its split, and unmapped by the first change of a part")
    func whole() throws {
        let (machine, process) = try makeMachine(2048)
        let tables = machine.processes[process].mm.pointee.tableFrames
        #expect(try machine.load(process, Self.base + 20480) == .success(0))
        #expect(machine.checkInvariants() == nil)
        // A table of the PUD and one of the PMD.
        #expect(machine.processes[process].mm.pointee.tableFrames == tables + 2)
        var counts = machine.hugePageCounts
        #expect([counts.fileFaults, counts.fileMapped, counts.shared, counts.sharedMapped] == [1, 1, 1, 1])
        #expect(try figure(machine, process, .shmemPmdMapped) == 2048)
        try advise(machine, process, 8192, 4096, .dontNeed)
        counts = machine.hugePageCounts
        #expect([counts.splitEntries, counts.splits, counts.shared, counts.sharedMapped] == [1, 0, 1, 0])
        #expect(try figure(machine, process, .rss) == 0)
        try advise(machine, process, 8192, 4096, .remove)
        counts = machine.hugePageCounts
        #expect([counts.splits, counts.failedSplits, counts.shared] == [1, 0, 0])
        let free = machine.physical.freePages
        try machine.munmap(process, Self.base, PageSize.large)
        machine.drainBatches()
        #expect(machine.checkInvariants() == nil)
        #expect(machine.physical.freePages >= free + 511)
    }

    @Test("a hole splits around itself: pages 4 and 5 of 16 leave 16 KiB, two pages, 32 KiB")
    func hole() throws {
        let (machine, process) = try makeMachine(64)
        #expect(try machine.load(process, Self.base) == .success(0))
        #expect(try figure(machine, process, .rss) == 64)
        try advise(machine, process, 16384, 8192, .remove)
        #expect(try figure(machine, process, .rss) == 0)
        let mapping = try #require(machine.liveMappings().first { $0.pointee.kind == .shmem })
        var orders: [UInt64: UInt64] = [:]
        var next: UInt64 = 0
        while let found = mapping.pointee.pages.next(from: next, through: 511) {
            orders[found.index] = found.order
            next = found.lastIndex + 1
        }
        #expect(orders == [0: 2, 6: 0, 7: 0, 8: 3])
    }

    @Test("sizes that may not reach beyond the end of the file do not")
    func withinSize() throws {
        let (machine, process) = try makeMachine(64, "within_size")
        let fd = try machine.memfdCreate(process, "m", flags: 0)
        try machine.ftruncate(process, fd, 100 << 10)
        let place = Self.base + 8 << 20
        _ = try machine.mmap(process, place, 1 << 20, prot: 3, flags: 0x11, fd: fd, offset: 0)
        #expect(try machine.load(process, place) == .success(0))
        #expect(try machine.load(process, place + 70 << 10) == .success(0))
        #expect(machine.checkInvariants() == nil)
        let mapping = try #require(machine.liveMappings().first { $0.pointee.size == 100 << 10 })
        #expect(mapping.pointee.pageCount == 17)
    }
}
