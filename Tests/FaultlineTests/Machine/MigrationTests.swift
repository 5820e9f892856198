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

    @Test(
        "a fault on a migration entry waits for the page: it ends when the page is in its new frame, and counts as a minor one"
    )
    func waits() throws {
        let machine = try Machine(ramBytes: 64 << 20)
        let (process, child) = try Self.used(machine)
        let mm = machine.processes[child].mm
        for (page, isWrite) in [(7, false), (9, true)] as [(UInt64, Bool)] {
            let address = Self.base + page << 12
            let source = machine.readPTE(mm, address).pfn
            let (flags, mapcount) = (machine.page(source).pointee.flags, machine.page(source).pointee.mapcount)
            let target = try #require(machine.allocatePage(.anonymous))
            #expect(machine.beginMigration(source, to: target))
            #expect(!machine.readPTE(mm, address).isPresent && machine.checkRememberedByCPU() != nil)
            let faults = machine.processes[child].minorFaults
            if isWrite {
                // The wait, and the copy of a page that the parent has too.
                #expect(try machine.store(child, address, 0x77) == nil)
                #expect(machine.processes[child].minorFaults == faults + 2)
                #expect(try machine.load(process, address) == .success(9))
            } else {
                #expect(try machine.load(child, address) == .success(7))
                #expect(machine.processes[child].minorFaults == faults + 1)
                #expect(machine.readPTE(mm, address).pfn == target)
                #expect(
                    machine.page(target).pointee.mapcount == mapcount
                        && machine.page(target).pointee.flags.union(.dirty) == flags.union(.dirty))
            }
            #expect(machine.migration == nil && machine.checkInvariants() == nil)
        }
    }

    @Test("a page that moves keeps its contents, flags and map count, in every process")
    func keeps() throws {
        let machine = try Machine(ramBytes: 64 << 20)
        let (process, child) = try Self.used(machine)
        // A shared mapping's entries are not copied at fork.
        #expect(try machine.load(child, Self.base + 64 << 20) == .success(0x55))
        let pages = Array(0..<300 as Range<UInt64>).map { Self.base + $0 << 12 } + [Self.base + 64 << 20]
        func state(_ owner: Int, _ address: UInt64) -> (PFN, PageFlag, Int32) {
            let entry = machine.readPTE(machine.processes[owner].mm, address)
            return (entry.pfn, machine.page(entry.pfn).pointee.flags, machine.page(entry.pfn).pointee.mapcount)
        }
        for address in pages {
            for owner in [process, child] {
                let (source, flags, mapcount) = state(owner, address)
                let target = try #require(machine.allocatePage(.anonymous))
                #expect(machine.migratePage(source, to: target))
                let after = state(owner, address)
                // What an entry knew of writes, the page knows then.
                #expect(after.0 == target && after.1.union(.dirty) == flags.union(.dirty) && after.2 == mapcount)
            }
        }
        #expect(machine.checkInvariants() == nil)
        try Self.expectContents(machine, process, child)
    }

    @Test("dirty pages of a disk file move with their buffers, and reach the disk from where they are then")
    func buffers() throws {
        var settings = KernelSettings()
        settings.chargesKernelObjects = true
        let machine = try Machine(ramBytes: 256 << 20, settings: settings)
        let process = try machine.start()
        let file = try machine.diskFile(process, name: "file:f", size: 8 << 12)
        try machine.mmap(process, Self.base, 8 << 12, prot: 3, flags: 0x11, fd: file)
        for page in 0..<4 as Range<UInt64> { #expect(try machine.store(process, Self.base + page << 12, 0x40) == nil) }
        machine.drainBatches()
        let mm = machine.processes[process].mm
        for page in 0..<4 as Range<UInt64> {
            let source = machine.readPTE(mm, Self.base + page << 12).pfn
            #expect(machine.page(source).pointee.has(PageFlag.private))
            let target = try #require(machine.allocatePage(.anonymous))
            #expect(machine.migratePage(source, to: target) && machine.checkInvariants() == nil)
            #expect(machine.readPTE(mm, Self.base + page << 12).pfn == target)
        }
        try machine.fsync(process, file)
        try machine.munmap(process, Self.base, 8 << 12)
        try machine.dropCaches(3)
        #expect(try machine.pread(process, file, offset: 0, length: 40) == 40 && machine.checkInvariants() == nil)
        try machine.mmap(process, Self.base, 8 << 12, prot: 1, flags: 0x11, fd: file)
        for page in 0..<5 as Range<UInt64> {
            #expect(try machine.load(process, Self.base + page << 12) == .success(page < 4 ? 0x40 : UInt8(page + 1)))
        }
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
