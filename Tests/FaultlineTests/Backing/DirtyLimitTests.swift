import Testing

@testable import Faultline

/// The limits on dirty memory, and a machine whose memory is nothing but dirty pages.
struct DirtyLimitTests {
    private static let area: UInt64 = 0x1000_0000_0000

    private static func machine(_ lines: [String], ram: UInt64 = 16 << 20, file pages: UInt64) throws -> (
        Machine, Int, Int32
    ) {
        var settings = KernelSettings()
        for line in lines { try settings.set(line) }
        let machine = try Machine(ramBytes: ram, settings: settings)
        let process = try machine.start()
        let file = try machine.diskFile(process, name: "file:f", size: pages << 12)
        try machine.mmap(process, area, pages << 12, prot: 3, flags: 0x11, fd: file)
        return (machine, process, file)
    }

    @Test("limits in bytes count in place of ratios, and writers stay below")
    func bytes() throws {
        let lines = ["vm.dirty_bytes=400000", "vm.dirty_background_bytes=100000"]
        let (machine, process, _) = try Self.machine(lines, ram: 64 << 20, file: 2000)
        #expect(machine.memoryInfo().dirtyThreshold == 98 && machine.memoryInfo().backgroundThreshold == 25)
        for page in 0..<UInt64(2000) {
            #expect(try machine.store(process, Self.area + page << 12, 3) == nil)
            #expect(machine.nodeStatistics.dirty + machine.nodeStatistics.writeback <= 98)
        }
        #expect(machine.memoryInfo().written > 1800)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("a ratio counts of free memory without reserves and of the file lists")
    func ratios() throws {
        let (machine, _, _) = try Self.machine(["vm.dirty_ratio=30"], ram: 64 << 20, file: 1000)
        let free = machine.physical.freeInBlocks - machine.physical.nodes.totalReserve
        let all =
            free + machine.lruLists.count(0, LRUKind.inactiveFile) + machine.lruLists.count(0, LRUKind.activeFile) + 1
        // 30 % are 1228 of 4096 parts of a page, 10 % 409.
        #expect(machine.memoryInfo().dirtyThreshold == 1228 * all / 4096)
        #expect(machine.memoryInfo().backgroundThreshold == 409 * all / 4096)
    }

    @Test("a background limit that is no lower than the other counts as half of it")
    func half() throws {
        let (machine, _, _) = try Self.machine(["vm.dirty_bytes=81920", "vm.dirty_background_bytes=81920"], file: 10)
        #expect(machine.memoryInfo().dirtyThreshold == 20 && machine.memoryInfo().backgroundThreshold == 10)
    }

    @Test("memory full of dirty pages is written and given back: nothing is lost, and nobody is killed")
    func fullOfDirtyPages() throws {
        let (machine, process, file) = try Self.machine(
            ["vm.dirty_ratio=100", "vm.dirty_background_ratio=100"], file: 8192)
        for page in 0..<UInt64(8192) {
            let byte = UInt8(truncatingIfNeeded: page &* 7)
            #expect(try machine.store(process, Self.area + page << 12 + 5, byte) == nil)
        }
        #expect(!machine.wasKilled(process) && machine.memoryInfo().written > 4000)
        #expect(machine.checkInvariants() == nil)
        for page in 0..<UInt64(8192) {
            let byte = UInt8(truncatingIfNeeded: page &* 7)
            #expect(try machine.load(process, Self.area + page << 12 + 5) == .success(byte))
        }
        try machine.fsync(process, file)
        #expect(machine.nodeStatistics.dirty == 0 && machine.checkInvariants() == nil)
    }

    @Test("calls reclaim clean pages of files in place of failing")
    func calls() throws {
        let (machine, process, file) = try Self.machine([], file: 8192)
        let pages = machine.physical.totalPages
        #expect(machine.memoryInfo().cached < pages, "the file is larger than memory")
        for page in 0..<UInt64(8192) {
            #expect(try machine.pwrite(process, file, offset: page << 12, length: 10, byte: 9) == 10)
        }
        for page in 0..<UInt64(8192) where page % 5 == 0 {
            #expect(try machine.load(process, Self.area + page << 12) == .success(9))
        }
        for _ in 0..<20 { _ = try machine.fork(process) }
        #expect(machine.takeOutOfMemoryKills().isEmpty && machine.checkInvariants() == nil)
    }
}
