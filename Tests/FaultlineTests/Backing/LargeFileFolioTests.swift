import Testing

@testable import Faultline

/// Folios of several pages that reading ahead makes of a disk's files. What they do was measured on the live kernel.
struct LargeFileFolioTests {
    private static let area: UInt64 = 0x1000_0000_0000
    private static let pages: UInt64 = 256

    /// A file of 1 MiB of which five reads brought [0, 256) into memory, mapped.
    private static func machine(_ flags: UInt64 = 1, large: Bool = true) throws -> (Machine, Int, Int32) {
        var settings = KernelSettings()
        settings.hasLargeFileFolios = large
        let machine = try Machine(ramBytes: 256 << 20, settings: settings)
        let process = try machine.start()
        let file = try machine.diskFile(process, name: "file:f", size: pages << 12)
        try machine.fadvise(process, file, offset: 0, length: 0, advice: 4)
        for page in [0, 1, 4, 20] as [UInt64] {
            #expect(try machine.pread(process, file, offset: page << 12, length: 8) == 8)
        }
        try machine.mmap(process, area, pages << 12, prot: 3, flags: flags | 0x10, fd: file)
        #expect(machine.checkInvariants() == nil)
        return (machine, process, file)
    }

    /// Orders of the folios in the file, by their first pages.
    private static func orders(_ machine: Machine, _ process: Int, _ file: Int32) throws -> [UInt64: UInt64] {
        let opened = try machine.openFile(machine.processes[process], file)
        let mapping = opened.pointee.mapping
        var orders: [UInt64: UInt64] = [:]
        var next: UInt64 = 0
        while let found = mapping.pointee.pages.next(from: next, through: .max) {
            if found.cached.isPage, found.order > 0 { orders[found.index] = found.order }
            next = found.lastIndex + 1
        }
        return orders
    }

    private static func mapped(_ machine: Machine, _ process: Int) -> [UInt64] {
        (0..<pages).filter { machine.readPTE(machine.processes[process].mm, area + $0 << 12).isPresent }
    }

    private static func expectContents(_ machine: Machine, _ process: Int, _ pages: Range<UInt64>) throws {
        for page in pages {
            #expect(try machine.load(process, area + page << 12) == .success(UInt8(page & 127) + 1))
        }
        #expect(machine.checkInvariants() == nil)
    }

    @Test("each window has folios of four times the size, smaller ones at its ends")
    func orders() throws {
        let (machine, process, file) = try Self.machine()
        let expected: [UInt64: UInt64] = [
            4: 2, 8: 2, 12: 2, 16: 2, 20: 2, 24: 3, 32: 4, 48: 4, 64: 4, 80: 4, 96: 5, 128: 6, 192: 6,
        ]
        #expect(try Self.orders(machine, process, file) == expected)
        try Self.expectContents(machine, process, 0..<256)
        let (single, other, same) = try Self.machine(large: false)
        #expect(try Self.orders(single, other, same).isEmpty)
        try Self.expectContents(single, other, 0..<256)
    }

    @Test(
        "a write maps and dirties a folio, a write to one that is mapped dirties it, and writeback cleans all entries")
    func writes() throws {
        let (machine, process, file) = try Self.machine()
        #expect(try machine.store(process, Self.area + 22 << 12, 9) == nil)
        #expect(Self.mapped(machine, process) == Array(20..<24))
        #expect(machine.memoryInfo().dirty == 4 && machine.checkInvariants() == nil)
        try machine.fsync(process, file)
        #expect(machine.memoryInfo().dirty == 0 && machine.checkInvariants() == nil)
        let faults = try machine.faultCounts(process).minor
        #expect(try machine.store(process, Self.area + 23 << 12, 8) == nil)
        #expect(try machine.faultCounts(process).minor == faults + 1)
        #expect(try machine.pwrite(process, file, offset: 50 << 12, length: 4, byte: 7) == 4)
        #expect(machine.memoryInfo().dirty == 20 && machine.checkInvariants() == nil)
        try machine.fsync(process, file)
        try machine.munmap(process, Self.area, Self.pages << 12)
        try machine.dropCaches(3)
        #expect(try Self.orders(machine, process, file).isEmpty)
        try machine.mmap(process, Self.area, Self.pages << 12, prot: 1, flags: 0x11, fd: file)
        for (page, byte) in [(22, 9), (23, 8), (50, 7)] as [(UInt64, UInt8)] {
            #expect(try machine.load(process, Self.area + page << 12) == .success(byte))
        }
        try Self.expectContents(machine, process, 0..<22)
    }

    @Test("a new end inside a folio halves it until the end is between two; a hole does so at both ends")
    func truncation() throws {
        let (machine, process, file) = try Self.machine()
        try Self.expectContents(machine, process, 0..<256)
        try machine.ftruncate(process, file, 75 << 12)
        let after = try Self.orders(machine, process, file)
        #expect(after[64] == 3 && after[72] == 1 && after[74] == nil && after[80] == nil)
        #expect(Self.mapped(machine, process).last == 63 && machine.checkInvariants() == nil)
        try machine.fallocate(process, file, mode: 3, 150 << 10, 20 << 10)
        let holed = try Self.orders(machine, process, file)
        #expect(holed[32] == 2 && holed[36] == nil && holed[44] == 2 && machine.checkInvariants() == nil)
        #expect(try machine.load(process, Self.area + 40 << 12) == .success(0))
        try Self.expectContents(machine, process, 0..<37)
        try Self.expectContents(machine, process, 43..<75)
    }

    @Test("a folio that is dirty keeps its size, and what lies beyond the end of the file in it")
    func dirty() throws {
        let (machine, process, file) = try Self.machine()
        #expect(try machine.store(process, Self.area + 70 << 12, 71) == nil)
        try machine.ftruncate(process, file, 75 << 12)
        #expect(try Self.orders(machine, process, file)[64] == 4 && machine.checkInvariants() == nil)
        #expect(Self.mapped(machine, process) == [])
        #expect(try machine.load(process, Self.area + 64 << 12) == .success(65))
        #expect(Self.mapped(machine, process) == Array(64..<75))
        try machine.fsync(process, file)
        #expect(machine.checkInvariants() == nil)
        try machine.ftruncate(process, file, Self.pages << 12)
        #expect(try machine.load(process, Self.area + 76 << 12) == .success(0))
        try Self.expectContents(machine, process, 0..<75)
    }

    @Test("reclaim takes clean folios as a whole, and splits one of which a part was advised")
    func reclaim() throws {
        let (machine, process, file) = try Self.machine()
        try Self.expectContents(machine, process, 0..<256)
        try machine.madvise(process, Self.area + 64 << 12, 4 << 12, advice: 21)
        #expect(machine.checkInvariants() == nil)
        #expect(try Self.orders(machine, process, file)[64] == nil)
        try machine.madvise(process, Self.area + 128 << 12, 64 << 12, advice: 21)
        #expect(try Self.orders(machine, process, file)[128] == nil)
        #expect(Self.mapped(machine, process).count { 128..<192 ~= $0 } == 0)
        try Self.expectContents(machine, process, 0..<256)
    }

    @Test("they move with their buffers, and private writes copy a page of them")
    func moves() throws {
        let (machine, process, file) = try Self.machine(2)
        #expect(try machine.load(process, Self.area + 22 << 12) == .success(23))
        #expect(try machine.store(process, Self.area + 23 << 12, 0x70) == nil)
        #expect(machine.checkInvariants() == nil)
        #expect(try machine.pwrite(process, file, offset: 25 << 12, length: 4, byte: 26) == 4)
        try machine.mbind(process, Self.area, Self.pages << 12, mode: 4, nodes: 0, flags: 2)
        #expect(machine.checkInvariants() == nil)
        try machine.compactMemory(process)
        #expect(try machine.load(process, Self.area + 23 << 12) == .success(0x70))
        try Self.expectContents(machine, process, 24..<256)
    }
}
