import Testing

@testable import Faultline

/// kcompactd: it wakes for an allocation that could not wait, and by itself where memory is in pieces.
struct KCompactdTests {
    private static let base: UInt64 = 0x1000_0000_0000

    /// A machine all of whose memory is used, but for every other frame.
    private static func fragmented(proactiveness: UInt64) throws -> (Machine, Int) {
        let machine = try Machine(ramBytes: 64 << 20)
        let process = try machine.start()
        try machine.setAllocator(process, "vm.compaction_proactiveness", proactiveness)
        try machine.mmap(process, base, 64 << 20, prot: 3, flags: 0x4032)
        let pages = machine.physical.freePages - 4000
        for page in 0..<pages { #expect(try machine.store(process, base + page << 12, UInt8(page & 0xff)) == nil) }
        machine.drainBatches()
        for page in stride(from: 0, to: pages, by: 2) {
            try machine.madvise(process, base + page << 12, 4096, advice: 4)
        }
        machine.physical.drainAll()
        // What is left in large blocks, down to the last reserve.
        for order in [10, 9] as [UInt64] {
            while (try? machine.allocatePages(process, order: order, flags: UInt64(GFPFlags.high.rawValue))) != nil {}
        }
        return (machine, process)
    }

    private static func expectContents(_ machine: Machine, _ process: Int) throws {
        for page in stride(from: 1, to: 2000, by: 2) as StrideTo<UInt64> {
            #expect(try machine.load(process, base + page << 12) == .success(UInt8(page & 0xff)))
        }
    }

    @Test("an atomic allocation of a large block fails, and kcompactd makes one when time passes")
    func wish() throws {
        let (machine, process) = try Self.fragmented(proactiveness: 0)
        let atomic = UInt64(GFPFlags.atomic.rawValue)
        #expect(throws: Errno.ENOMEM) { try machine.allocatePages(process, order: 9, flags: atomic) }
        #expect(machine.compactionCounts.daemonWakes == 0 && machine.physical.compactionWish?.order == 9)
        machine.trace(true)
        machine.advance(centiseconds: 1)
        #expect(machine.takeEvents().contains { $0.kind == .pageMigrated && $0.kernelThread == .compactor })
        #expect(machine.compactionCounts.daemonWakes == 1 && machine.compactionCounts.daemonMigrateScanned > 0)
        #expect(machine.physical.compactionWish == nil && machine.checkInvariants() == nil)
        #expect(machine.zones.contains { $0.freeBlocks[9] + $0.freeBlocks[10] > 0 })
        try Self.expectContents(machine, process)
    }

    @Test(
        "kcompactd compacts by itself where the score is above the high mark, half a second later, and stops at the low one"
    )
    func proactive() throws {
        let (machine, process) = try Self.fragmented(proactiveness: 20)
        #expect(machine.physical.fragmentationScore > 90)
        machine.physical.nextCompactionCheck = CompactionWish.interval
        machine.advance(centiseconds: 49)
        #expect(machine.compactionCounts.migrated == 0)
        machine.advance(centiseconds: 1)
        #expect(machine.compactionCounts.migrated > 0 && machine.compactionCounts.daemonWakes == 0)
        #expect(machine.physical.fragmentationScore <= 90 && machine.checkInvariants() == nil)
        try Self.expectContents(machine, process)
    }

    @Test("with vm.compaction_proactiveness 0 it does nothing by itself")
    func off() throws {
        let (machine, _) = try Self.fragmented(proactiveness: 0)
        machine.advance(centiseconds: 1000)
        #expect(machine.compactionCounts.migrated == 0)
    }

    @Test("compaction in vain is passed over twice as often each time, up to 63 of 64 times, until it makes a block")
    func deferral() {
        var deferral = CompactionDeferral()
        var attempts: [Int] = []
        for _ in 0..<8 {
            var passed = 0
            while deferral.isDeferred(9) { passed += 1 }
            attempts.append(passed)
            deferral.putOff(9)
        }
        #expect(attempts == [0, 1, 3, 7, 15, 31, 63, 63])
        deferral.reset(9, wasAllocated: true)
        let isDeferred = deferral.isDeferred(9)
        #expect(!isDeferred)
    }

    @Test("what may wait on the lists of the CPU falls by an eighth a second, to the least, and the rest goes back")
    func decay() throws {
        let machine = try Machine(ramBytes: 4 << 30)
        let process = try machine.start()
        try machine.mmap(process, Self.base, 1 << 30, prot: 3, flags: 0x4032)
        for page in 0..<200_000 as Range<UInt64> {
            #expect(try machine.store(process, Self.base + page << 12, 1) == nil)
        }
        try machine.munmap(process, Self.base, 1 << 30)
        let zone = machine.physical.zones.count - 1
        let before = machine.physical.zones[zone].perCPU
        #expect(before.high > before.highMin && before.count > before.highMin)
        machine.advance(centiseconds: 100)
        let after = machine.physical.zones[zone].perCPU
        #expect(after.high == max(before.count - before.batch << 5, before.high - before.high / 8, before.highMin))
        #expect(after.count <= max(after.high, before.count))
        machine.advance(centiseconds: 100_000)
        let end = machine.physical.zones[zone].perCPU
        #expect(end.high == end.highMin && end.count <= end.highMin && machine.checkInvariants() == nil)
    }
}
