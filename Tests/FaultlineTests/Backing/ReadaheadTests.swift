import Testing

@testable import Faultline

/// How much of a file comes into memory, and how much of that a read fault maps. The windows of reads were measured on the
/// live kernel.
struct ReadaheadTests {
    private static let area: UInt64 = 0x1000_0000_0000

    /// A file of 99 pages of which none is in memory, mapped for reading.
    private static func emptyFile(
        _ settings: KernelSettings = KernelSettings(), isCached: Bool = false
    ) throws -> (Machine, Int, Int32) {
        let machine = try Machine(ramBytes: 64 << 20, settings: settings)
        let process = try machine.start()
        let file = try machine.diskFile(process, name: "file:f", size: 100 << 12)
        if !isCached { try machine.fallocate(process, file, mode: 0x08, 0, 4096) }
        try machine.mmap(process, area, 99 << 12, prot: 1, flags: 0x11, fd: file)
        return (machine, process, file)
    }

    private static func resident(_ machine: Machine, _ process: Int) throws -> [Int] {
        let bits = try machine.mincore(process, area, 99 << 12)
        return bits.indices.filter { bits[$0] }
    }

    /// Pages that have an entry.
    private static func mapped(_ machine: Machine, _ process: Int) -> [Int] {
        (0..<99).filter { machine.readPTE(machine.processes[process].mm, area + UInt64($0) << 12).isPresent }
    }

    @Test("reads in a row find the mark and read on: 4 pages, then 16 more, then what ends where a folio may end")
    func sequentialReads() throws {
        let (machine, process, file) = try Self.emptyFile()
        func read(_ page: UInt64) throws {
            #expect(try machine.pread(process, file, offset: page << 12, length: 40) == 40)
        }
        try read(0)
        #expect(try Self.resident(machine, process) == Array(0..<4))
        try read(1)
        #expect(try Self.resident(machine, process) == Array(0..<20), "the mark was at page 1")
        try read(2)
        #expect(try Self.resident(machine, process) == Array(0..<20))
        try read(4)
        #expect(try Self.resident(machine, process) == Array(0..<80))
    }

    @Test("a fault reads around its page, one of MADV_RANDOM memory only the page")
    func faults() throws {
        var settings = KernelSettings()
        settings.readaheadPages = 32
        let (machine, process, _) = try Self.emptyFile(settings)
        #expect(try machine.load(process, Self.area + 40 << 12).get() == 42)
        #expect(try machine.faultCounts(process).major == 1)
        #expect(try Self.resident(machine, process) == Array(24..<56))
        try machine.madvise(process, Self.area, 99 << 12, advice: 1)
        #expect(try machine.load(process, Self.area + 90 << 12).get() == 92)
        #expect(try Self.resident(machine, process) == Array(24..<56) + [90])
    }

    @Test(
        "fault-around maps its window, by address and within the VMA",
        arguments: [
            (0, 1), (4096, 1), (16384, 4), (65536, 16), (100_000, 16), (1 << 30, 99),
        ] as [(UInt64, Int)])
    func faultAround(_ bytes: UInt64, _ pages: Int) throws {
        var settings = KernelSettings()
        settings.faultAroundBytes = bytes
        let (machine, process, _) = try Self.emptyFile(settings, isCached: true)
        let before = try machine.faultCounts(process).minor
        #expect(try machine.load(process, Self.area + 37 << 12).get() == 38)
        let mapped = Self.mapped(machine, process)
        #expect(mapped.count == pages)
        #expect(mapped.first == (pages > 98 ? 0 : 37 / pages * pages))
        #expect(try machine.faultCounts(process).minor == before + 1)
        #expect(machine.checkInvariants() == nil)
    }
}
