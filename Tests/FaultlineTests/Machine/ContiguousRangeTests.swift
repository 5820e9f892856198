import Testing

@testable import Faultline

/// Memory at a given place, and page blocks that are isolated for it.
struct ContiguousRangeTests {
    private static let base: UInt64 = 0x1000_0000_0000

    @Test("what lies in the range moves away with its contents, and all comes back when the range is freed")
    func moves() throws {
        let machine = try Machine(ramBytes: 256 << 20)
        let process = try machine.start()
        try machine.mmap(process, Self.base, 16 << 20, prot: 3, flags: 0x32)
        for page in 0..<4096 as Range<UInt64> {
            #expect(try machine.store(process, Self.base + page << 12, UInt8(page & 0xff)) == nil)
        }
        let mm = machine.processes[process].mm
        let first = machine.readPTE(mm, Self.base + 100 << 12).pfn & ~511
        let free = machine.freePages
        try machine.allocateContiguous(process, first + 3, count: 600)
        #expect(machine.checkInvariants() == nil && machine.freePages == free - 600)
        #expect(machine.physical.nodes.blocks[first] == .movable)
        for page in 0..<4096 as Range<UInt64> {
            #expect(try machine.load(process, Self.base + page << 12) == .success(UInt8(page & 0xff)))
            let pfn = machine.readPTE(mm, Self.base + page << 12).pfn
            #expect(!(first + 3..<first + 603).contains(pfn))
        }
        #expect(throws: Errno.EBUSY) { try machine.allocateContiguous(process, first + 10, count: 1) }
        #expect(throws: Errno.EINVAL) { try machine.freeContiguous(process, first, count: 600) }
        try machine.freeContiguous(process, first + 3, count: 600)
        #expect(machine.checkInvariants() == nil && machine.freePages == free)
    }

    @Test("memory that nobody had yet is taken whole, and the lists are as before when it is free again")
    func untouched() throws {
        let machine = try Machine(ramBytes: 256 << 20)
        let process = try machine.start()
        machine.physical.drainAll()
        let before = machine.zones.map(\.freeBlocks)
        try machine.allocateContiguous(process, 0x8000 + 700, count: 1000)
        #expect(machine.checkInvariants() == nil)
        try machine.freeContiguous(process, 0x8000 + 700, count: 1000)
        machine.physical.drainAll()
        #expect(machine.zones.map(\.freeBlocks) == before && machine.checkInvariants() == nil)
    }

    @Test("a page that the kernel keeps for itself leaves the range as it was")
    func unmovable() throws {
        let machine = try Machine(ramBytes: 256 << 20)
        let process = try machine.start()
        let kept = try machine.allocatePages(process, order: 0, flags: UInt64(GFPFlags.kernel.rawValue))
        let free = machine.freePages
        #expect(throws: Errno.EBUSY) { try machine.allocateContiguous(process, kept, count: 1) }
        #expect(throws: Errno.EBUSY) { try machine.allocateContiguous(process, kept | 511, count: 2) }
        #expect(throws: Errno.EINVAL) { try machine.allocateContiguous(process, 1 << 30, count: 1) }
        #expect(machine.freePages == free && machine.checkInvariants() == nil)
    }

    @Test("frames of an isolated page block are not counted as free, nor handed out, and go to no list of the CPU")
    func isolation() throws {
        var memory = try PhysicalMemory(bytes: 256 << 20)
        let index = memory.zones.count - 1
        let taken = memory.allocate(.anonymous)
        let pfn = try #require(taken)
        memory.page(pfn).pointee.set(.lru)
        memory.drainAll()
        let free = memory.freePages
        let isIsolated = memory.isolateBlock(index, pfn)
        #expect(isIsolated && memory.nodes.blocks[pfn] == .isolate && memory.freePages == free - 511)
        let isTwice = memory.isolateBlock(index, pfn)
        #expect(!isTwice)
        memory.page(pfn).pointee.flags = []
        memory.free(pfn)
        #expect(memory.freePages == free - 511 && memory.zones[index].perCPU.count == 0)
        while let other = memory.allocate(.anonymous) { #expect(other >> 9 != pfn >> 9) }
        memory.endIsolation(index, pfn)
        #expect(memory.nodes.blocks[pfn] == .movable)
        let again = memory.allocate(.anonymous)
        #expect(again != nil)
        let problem = memory.checkInvariants()
        #expect(problem == nil)
    }
}
