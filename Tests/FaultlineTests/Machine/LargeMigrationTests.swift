import Testing

@testable import Faultline

/// Large folios that move to other frames.
struct LargeMigrationTests {
    private static let base: UInt64 = 0x1000_0000_0000
    private static let huge: UInt64 = 2 << 20

    /// A process with memory that asked for huge pages, and 64 KiB folios besides; every page has its own byte.
    private static func machine(nodes: Int = 0) throws -> (Machine, Int) {
        var options = BootOptions()
        options.fakeNodes = nodes
        let machine = try Machine(boot: BootLayout(FirmwareMap(ramBytes: 512 << 20), options))
        let process = try machine.start()
        try machine.mmap(process, base, 8 << 20, prot: 3, flags: 0x32)
        try machine.madvise(process, base, 8 << 20, advice: 14)
        return (machine, process)
    }

    private static func fill(_ machine: Machine, _ process: Int, _ pages: Range<UInt64>) throws {
        for page in pages { #expect(try machine.store(process, base + page << 12, byte(page)) == nil) }
    }

    private static func byte(_ page: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: page * 7 + 1) | 1 }

    private static func expect(_ machine: Machine, _ process: Int, _ pages: Range<UInt64>) throws {
        for page in pages { #expect(try machine.load(process, base + page << 12) == .success(byte(page))) }
        #expect(machine.checkInvariants() == nil)
    }

    private static func folio(_ machine: Machine, _ process: Int, _ page: UInt64 = 0) -> Folio {
        machine.folio(of: machine.readPTE(machine.processes[process].mm, base + page << 12).pfn)
    }

    /// mbind(MPOL_LOCAL) moves all of the range: the policy names no node.
    private static func move(_ machine: Machine, _ process: Int, _ flags: UInt32 = 2) throws {
        try machine.mbind(process, base, huge, mode: 4, nodes: 0, flags: flags)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("2 MiB move as a whole: one entry before and after, dirty, and queued as they were")
    func whole() throws {
        let (machine, process) = try Self.machine()
        try Self.fill(machine, process, 0..<512)
        let before = Self.folio(machine, process).pfn
        try Self.move(machine, process)
        let folio = Self.folio(machine, process)
        #expect(folio.pfn != before && folio.order == 9 && folio.entireMapCount == 1)
        #expect(folio.head.pointee.has(.dirty) && folio.head.pointee.has(.deferred))
        #expect(!folio.head.pointee.has(.partiallyMapped) && folio.head.pointee.has(.anonExclusive))
        #expect(machine.hugePageCounts.migrations == 1 && machine.hugePageCounts.deferredSplits == 0)
        #expect(machine.compactionCounts.migrated == 512)
        try Self.expect(machine, process, 0..<512)
    }

    @Test("2 MiB that single entries map wait to be split when they have moved, and the next move splits them")
    func entries() throws {
        let (machine, process) = try Self.machine()
        try Self.fill(machine, process, 0..<512)
        try machine.mprotect(process, Self.base, 4096, prot: 1)
        try Self.move(machine, process)
        #expect(Self.folio(machine, process).order == 9)
        #expect(machine.hugePageCounts.migrations == 1 && machine.hugePageCounts.deferredSplits == 2)
        try Self.move(machine, process)
        #expect(Self.folio(machine, process).order == 0 && machine.hugePageCounts.splits == 1)
        #expect(machine.hugePageCounts.splitMigrations == 1 && machine.hugePageCounts.failedMigrations == 1)
        #expect(machine.compactionCounts.migrated == 1024)
        try Self.expect(machine, process, 0..<512)
    }

    @Test("a folio of which a part is unmapped is split first; its zeros become the zero page")
    func partly() throws {
        let (machine, process) = try Self.machine()
        try Self.fill(machine, process, 0..<1)
        try machine.madvise(process, Self.base + 8 << 12, 3 << 12, advice: 4)
        try Self.move(machine, process)
        #expect(machine.hugePageCounts.splitMigrations == 1 && machine.hugePageCounts.migrations == 0)
        #expect(machine.compactionCounts.migrated == 512)
        let mm = machine.processes[process].mm
        #expect(machine.readPTE(mm, Self.base + 1 << 12).pfn == machine.zeroFrame)
        #expect(machine.readPTE(mm, Self.base + 8 << 12).rawValue == 0)
        try Self.expect(machine, process, 0..<1)
    }

    @Test("what two processes share moves only with MPOL_MF_MOVE_ALL, and locked memory stays locked")
    func shared() throws {
        let (machine, process) = try Self.machine()
        try Self.fill(machine, process, 0..<512)
        try machine.mlock(process, Self.base, Self.huge)
        let child = try machine.fork(process)
        let before = Self.folio(machine, process).pfn
        try Self.move(machine, process, 2)
        #expect(Self.folio(machine, process).pfn == before)
        try Self.move(machine, process, 4)
        let folio = Self.folio(machine, process)
        #expect(folio.pfn != before && folio.entireMapCount == 2 && folio.pfn == Self.folio(machine, child).pfn)
        #expect(folio.head.pointee.has(.unevictable) && folio.head.pointee.has(.mlocked))
        #expect(try machine.store(child, Self.base + 5 << 12, 0xee) == nil)
        try Self.move(machine, process, 4)
        try Self.expect(machine, process, 0..<512)
        try Self.expect(machine, child, 0..<5)
        try machine.munlock(process, Self.base, Self.huge)
        try machine.exit(child)
        try Self.expect(machine, process, 0..<512)
    }

    @Test("2 MiB of a memory file move in the file and in all mappings")
    func file() throws {
        let (machine, process) = try Self.machine()
        let file = try machine.memfdCreate(process, "m", flags: 0)
        try machine.ftruncate(process, file, 2 * Self.huge)
        try machine.mmap(process, Self.base, Self.huge, prot: 3, flags: 0x11, fd: file)
        try Self.fill(machine, process, 0..<512)
        try machine.madvise(process, Self.base, Self.huge, advice: 25)
        let before = Self.folio(machine, process).pfn
        try Self.move(machine, process)
        let folio = Self.folio(machine, process)
        #expect(folio.order == 9 && folio.pfn != before && folio.entireMapCount == 1)
        try machine.mprotect(process, Self.base, 4096, prot: 1)
        try Self.expect(machine, process, 0..<512)
        try Self.move(machine, process)
        #expect(Self.folio(machine, process).order == 9)
        try Self.expect(machine, process, 0..<512)
    }

    @Test("compaction moves folios of 64 KiB as they are, and leaves those of 2 MiB")
    func compaction() throws {
        let (machine, process) = try Self.machine()
        try Self.fill(machine, process, 0..<512)
        let whole = Self.folio(machine, process).pfn
        #expect(try machine.setHugePageFile("transparent_hugepage/hugepages-2048kB/enabled", "never"))
        #expect(try machine.setHugePageFile("transparent_hugepage/hugepages-64kB/enabled", "always"))
        try Self.fill(machine, process, 512..<2048)
        for page in stride(from: 512, to: 2048, by: 32) as StrideTo<UInt64> {
            try machine.munmap(process, Self.base + page << 12, 16 << 12)
        }
        machine.drainBatches()
        machine.physical.drainAll()
        let pages = Array(stride(from: 528, to: 2048, by: 32) as StrideTo<UInt64>)
        let before = pages.map { Self.folio(machine, process, $0).pfn }
        try machine.compactMemory(process)
        #expect(machine.checkInvariants() == nil && Self.folio(machine, process).pfn == whole)
        // Where the scanners meet there is no room for a folio: it is split.
        let moved = zip(pages, before).count { page, pfn in
            let folio = Self.folio(machine, process, page)
            return folio.pfn != pfn && folio.order == 4
        }
        #expect(moved > pages.count / 4, "\(moved) of \(pages.count)")
        for page in stride(from: 528, to: 2048, by: 32) as StrideTo<UInt64> {
            try Self.expect(machine, process, page..<page + 16)
        }
    }

    @Test("memory of a given place is had although large folios lie there, but not from the middle of one on")
    func place() throws {
        let (machine, process) = try Self.machine()
        try Self.fill(machine, process, 0..<512)
        let first = Self.folio(machine, process).pfn
        #expect(throws: Errno.EBUSY) { try machine.allocateContiguous(process, first + 3, count: 5) }
        #expect(machine.checkInvariants() == nil)
        try machine.allocateContiguous(process, first, count: 300)
        #expect(Self.folio(machine, process).order == 9 && Self.folio(machine, process).pfn != first)
        try Self.expect(machine, process, 0..<512)
        try machine.freeContiguous(process, first, count: 300)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("move_pages takes a folio as a whole; the next page of it is EBUSY, those behind are there")
    func movePages() throws {
        let (machine, process) = try Self.machine(nodes: 2)
        try Self.fill(machine, process, 0..<512)
        let node = machine.physical.nodes.node(of: Self.folio(machine, process).pfn)
        let other = Int64(1 - node)
        let moved = try machine.movePages(process, of: process, Self.base, count: 4, node: other, flags: 2)
        #expect(moved.left == 0 && moved.statuses == [Int32(other), -16, Int32(other), Int32(other)])
        #expect(Self.folio(machine, process).order == 9 && machine.hugePageCounts.migrations == 1)
        try Self.expect(machine, process, 0..<512)
        #expect(try machine.migratePages(process, of: process, from: 1 << UInt64(other), to: 1 << UInt64(node)) == 0)
        #expect(machine.physical.nodes.node(of: Self.folio(machine, process).pfn) == node)
        try Self.expect(machine, process, 0..<512)
    }

    @Test("a fault on memory whose 2 MiB are on their way waits for them")
    func waits() throws {
        let (machine, process) = try Self.machine()
        try Self.fill(machine, process, 0..<512)
        let target = try #require(machine.migrationTarget(order: 9, node: 0))
        _ = Folio.make(target, order: 9, in: machine.frames)
        #expect(machine.beginMigration(Self.folio(machine, process).pfn, to: target))
        let faults = machine.processes[process].minorFaults
        #expect(try machine.load(process, Self.base + 7 << 12) == .success(Self.byte(7)))
        #expect(machine.processes[process].minorFaults == faults + 1 && Self.folio(machine, process).pfn == target)
        try Self.expect(machine, process, 0..<512)
    }
}
