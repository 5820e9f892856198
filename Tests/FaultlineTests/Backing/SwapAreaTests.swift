import Testing

@testable import Faultline

@Suite("Swap area")
struct SwapAreaTests {
    private static let base: UInt64 = 0x1000_0000_0000
    private static let pageOut: Int32 = 21

    /// A machine whose process has written to so many pages at `base`, with an area of so many pages.
    private func machine(pages: UInt64, area: UInt64, compressed: Bool = false) throws -> Machine {
        let machine = try Machine(ramBytes: 1 << 30)
        let process = try machine.start()
        try machine.swapOn(bytes: area << 12, compressed: compressed)
        try machine.mmap(process, Self.base, pages << 12, prot: 3, flags: 0x32)
        for page in 0..<pages { #expect(try machine.store(process, Self.base + page << 12, 7) == nil) }
        machine.settleSwap()
        return machine
    }

    /// The slots that the entries of the first pages name; nil for a page that is in memory.
    private func slots(_ machine: Machine, _ count: UInt64) -> [UInt64?] {
        (0..<count).map { page in
            let entry = machine.readPTE(machine.processes[0].mm, Self.base + page << 12)
            guard case .swap(let swapped) = EntryState(lastLevel: entry.rawValue) else { return nil }
            return swapped.offset
        }
    }

    @Test("one cluster after the other is filled, the first one from slot 1 on")
    func clusters() throws {
        let machine = try machine(pages: 1500, area: 4096)
        try machine.madvise(0, Self.base, 1500 << 12, advice: Self.pageOut)
        #expect(slots(machine, 1500) == (1...1500).map { UInt64($0) })
        #expect(machine.checkInvariants() == nil)
        // Room that comes free in a full cluster is used before a cluster that never was.
        try machine.munmap(0, Self.base + 4 << 12, 8 << 12)
        try machine.mmap(0, Self.base + 4 << 12, 8 << 12, prot: 3, flags: 0x32)
        for page in 4..<12 as Range<UInt64> { #expect(try machine.store(0, Self.base + page << 12, 1) == nil) }
        machine.settleSwap()
        try machine.madvise(0, Self.base + 4 << 12, 8 << 12, advice: Self.pageOut)
        #expect(slots(machine, 12).suffix(8) == (1501...1508).map { UInt64($0) }, "the cluster in use goes on first")
        #expect(machine.checkInvariants() == nil)
    }

    @Test("a full area takes no page, until slots of pages in memory are given back")
    func full() throws {
        let machine = try machine(pages: 40, area: 24)
        try machine.madvise(0, Self.base, 40 << 12, advice: Self.pageOut)
        #expect(slots(machine, 40).compactMap { $0 }.count == 23)
        #expect(machine.usedSwapSlots == 23)
        #expect(machine.checkInvariants() == nil)
        // More than half is in use: a page that comes back lets its slot go.
        #expect(try machine.load(0, Self.base) == .success(7))
        #expect(machine.usedSwapSlots == 22)
        machine.settleSwap()
        try machine.madvise(0, Self.base + 39 << 12, 1 << 12, advice: Self.pageOut)
        #expect(slots(machine, 40).last == 1)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("a checkpoint has what went out")
    func comesBack() throws {
        let machine = try machine(pages: 8, area: 1024, compressed: true)
        // Bytes that no page record has room for.
        for place in 0..<64 as Range<UInt64> {
            #expect(try machine.store(0, Self.base + place * 64, UInt8(place)) == nil)
        }
        try machine.madvise(0, Self.base, 8 << 12, advice: Self.pageOut)
        let taken: MachineCheckpoint? = machine.checkpoint()
        let before = try #require(taken)
        #expect(try machine.load(0, Self.base + 64) == .success(1))
        try machine.swapOff()
        #expect(machine.checkInvariants() == nil)
        machine.restore(before)
        #expect(machine.usedSwapSlots == 8 && machine.checkInvariants() == nil)
        #expect(try machine.load(0, Self.base + 63 * 64) == .success(63))
    }

    @Test("a count that is not what names the slot is reported, and so is a slot on no cluster's account")
    func invariants() throws {
        let machine = try machine(pages: 4, area: 1024)
        try machine.madvise(0, Self.base, 4 << 12, advice: Self.pageOut)
        #expect(machine.checkInvariants() == nil)
        machine.swap.area?.slots[2].uses += 1
        #expect(machine.checkInvariants()?.contains("slot 2: the map counts 2, 1 name it") == true)
        machine.swap.area?.slots[2].uses -= 1
        machine.swap.area?.clusters[0].count += 1
        #expect(machine.checkInvariants()?.contains("cluster 0 counts") == true)
    }
}
