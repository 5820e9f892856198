import Testing

@testable import Faultline

/// Pages that move to other frames, and compaction.
struct MigrationTests {
    private static let base: UInt64 = 0x1000_0000_0000

    /// Two processes that share pages, a memory file that is mapped, locked memory, and holes between all of them.
    private static func used(_ machine: Machine) throws -> (Int, Int) {
        let process = try machine.start()
        try machine.mmap(process, base, 8 << 20, prot: 3, flags: 0x32)
        for page in 0..<2048 as Range<UInt64> {
            #expect(try machine.store(process, base + page << 12, UInt8(truncatingIfNeeded: page)) == nil)
        }
        let file = try machine.memfdCreate(process, "m", flags: 0)
        try machine.ftruncate(process, file, 1 << 20)
        try machine.mmap(process, base + 64 << 20, 1 << 20, prot: 3, flags: 0x11, fd: file)
        for page in 0..<256 as Range<UInt64> {
            #expect(
                try machine.store(process, base + 64 << 20 + page << 12, UInt8(truncatingIfNeeded: page ^ 0x55)) == nil)
        }
        try machine.mlock(process, base + 16 << 12, 64 << 12)
        let child = try machine.fork(process)
        #expect(try machine.store(child, base + 5 << 12, 0xee) == nil)
        // Every other page goes.
        for page in stride(from: 512, to: 2048, by: 2) as StrideTo<UInt64> {
            for owner in [process, child] { try machine.munmap(owner, base + page << 12, 4096) }
        }
        machine.drainBatches()
        return (process, child)
    }

    private static func expectContents(_ machine: Machine, _ process: Int, _ child: Int) throws {
        for page in 0..<2048 as Range<UInt64> where page < 512 || page % 2 == 1 {
            let byte = UInt8(truncatingIfNeeded: page)
            #expect(try machine.load(process, base + page << 12) == .success(byte))
            #expect(try machine.load(child, base + page << 12) == .success(page == 5 ? 0xee : byte))
        }
        for page in 0..<256 as Range<UInt64> {
            let byte = UInt8(truncatingIfNeeded: page ^ 0x55)
            #expect(try machine.load(child, base + 64 << 20 + page << 12) == .success(byte))
        }
    }

    @Test("compaction makes large blocks, and pages keep contents, map counts and flags")
    func compaction() throws {
        let machine = try Machine(ramBytes: 64 << 20)
        let (process, child) = try Self.used(machine)
        machine.physical.drainAll()
        let before = machine.zones.map { FragmentationIndex($0.freeBlocks, order: 9).unusable }
        try machine.compactMemory(process)
        #expect(machine.checkInvariants() == nil)
        let after = machine.zones.map { FragmentationIndex($0.freeBlocks, order: 9).unusable }
        #expect(machine.compactionCounts.migrated > 100)
        #expect(zip(before, after).contains { $0 > $1 }, "\(before) \(after)")
        try Self.expectContents(machine, process, child)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("a block that fragmentation keeps from an allocation is made by compaction")
    func direct() throws {
        let machine = try Machine(ramBytes: 64 << 20)
        let process = try machine.start()
        try machine.mmap(process, Self.base, 64 << 20, prot: 3, flags: 0x4032)
        let pages = machine.physical.freePages - 4000
        for page in 0..<pages { #expect(try machine.store(process, Self.base + page << 12, 1) == nil) }
        machine.drainBatches()
        for page in stride(from: 0, to: pages, by: 2) {
            try machine.madvise(process, Self.base + page << 12, 4096, advice: 4)
        }
        machine.physical.drainAll()
        let block = try machine.allocatePages(process, order: 9, flags: UInt64(GFPFlags.highUserMovable.rawValue))
        #expect(block % 512 == 0 && machine.checkInvariants() == nil)
        try machine.freePages(process, block)
        #expect(throws: Errno.EINVAL) { try machine.freePages(process, block) }
        #expect(machine.checkInvariants() == nil)
    }

    @Test("what someone else holds stays where it is")
    func pinned() throws {
        let machine = try Machine(ramBytes: 64 << 20)
        let (process, _) = try Self.used(machine)
        let vma = try #require(machine.findVMA(machine.processes[process].mm, Self.base))
        let pfn = machine.readPTE(vma.pointee.mm, Self.base).pfn
        #expect(machine.canMigrate(pfn))
        machine.page(pfn).pointee.refcount += 1
        #expect(!machine.canMigrate(pfn))
        machine.page(pfn).pointee.refcount -= 1
        #expect(machine.checkInvariants() == nil)
    }
}
