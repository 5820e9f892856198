import Testing

@testable import Faultline

/// The list of dirty files, and time that passes.
@Suite("The flusher")
struct FlusherTests {
    private static let area: UInt64 = 0x1000_0000_0000

    /// What takes the last dirty page of a file away without writing it.
    enum Loss: CaseIterable { case truncation, hole, removal, close }

    private static func fileThatLost(_ loss: Loss, ram: UInt64 = 64 << 20) throws -> (Machine, Int) {
        let machine = try Machine(ramBytes: ram)
        let process = try machine.start()
        let file = try machine.diskFile(process, name: "file:f", size: 64 << 10)
        _ = try machine.pwrite(process, file, offset: 0, length: 10, byte: 1)
        switch loss {
        case .truncation: try machine.ftruncate(process, file, 0)
        case .hole: try machine.fallocate(process, file, mode: 3, 0, 64 << 10)
        case .removal:
            try machine.mmap(process, area, 64 << 10, prot: 3, flags: 0x11, fd: file)
            try machine.madvise(process, area, 64 << 10, advice: 9)
        case .close: try machine.close(process, file)
        }
        return (machine, process)
    }

    @Test("a file that lost its last dirty page leaves the list when it is old enough", arguments: Loss.allCases)
    func losesItsPages(_ loss: Loss) throws {
        let (machine, _) = try Self.fileThatLost(loss)
        #expect(machine.checkInvariants() == nil)
        machine.advance(centiseconds: 4000)
        #expect(machine.disk.dirtyFiles.isEmpty && machine.nodeStatistics.dirty == 0)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("a writer that waits for the flusher gets past such a file", arguments: Loss.allCases)
    func throttledWriter(_ loss: Loss) throws {
        let (machine, process) = try Self.fileThatLost(loss, ram: 16 << 20)
        let other = try machine.diskFile(process, name: "file:g", size: 4 << 20)
        try machine.mmap(process, Self.area + 1 << 30, 4 << 20, prot: 3, flags: 0x11, fd: other)
        for page in 0..<UInt64(1024) {
            #expect(try machine.store(process, Self.area + 1 << 30 + page << 12, 1) == nil)
        }
        #expect(machine.nodeStatistics.written > 0)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("after truncation and time, what is written again is written back in its time")
    func timeAfterTruncation() throws {
        let (machine, process) = try Self.fileThatLost(.truncation)
        machine.advance(centiseconds: 2000)
        _ = try machine.pwrite(process, 0, offset: 4096, length: 10, byte: 2)
        // The file has been on the list since its first write.
        #expect(machine.advance(centiseconds: 1500) > 0)
        #expect(machine.nodeStatistics.dirty == 0)
        #expect(try machine.pread(process, 0, offset: 0, length: 8192) == 4106)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("a wake that changes nothing is passed over, and its place in time is kept")
    func idleWakes() throws {
        var settings = KernelSettings()
        settings.dirtyWritebackCentiseconds = 1
        settings.dirtyExpireCentiseconds = 0x7fff_ffff
        let machine = try Machine(ramBytes: 64 << 20, settings: settings)
        let process = try machine.start()
        let file = try machine.diskFile(process, name: "file:f", size: 64 << 10)
        _ = try machine.pwrite(process, file, offset: 0, length: 10, byte: 1)
        #expect(machine.advance(centiseconds: 0x7fff_fff0) == 0)
        #expect(machine.advance(centiseconds: 0x10) > 0)
        #expect(machine.elapsedCentiseconds >= 0x7fff_ffff)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("time can pass without end")
    func endOfTime() throws {
        let (machine, process) = try Self.fileThatLost(.truncation)
        for _ in 0..<3 { machine.advance(centiseconds: .max) }
        let end = machine.elapsedCentiseconds
        _ = try machine.pwrite(process, 0, offset: 0, length: 10, byte: 3)
        try machine.fsync(process, 0)
        #expect(machine.elapsedCentiseconds >= end)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("the events of the flusher are its own, not those of the last caller")
    func ownEvents() throws {
        let machine = try Machine(ramBytes: 64 << 20)
        let process = try machine.start()
        let file = try machine.diskFile(process, name: "file:f", size: 64 << 10)
        _ = try machine.pwrite(process, file, offset: 0, length: 10, byte: 1)
        machine.trace(true)
        machine.advance(centiseconds: 4000)
        let writes = machine.takeEvents().filter { $0.kind == .writeback }
        #expect(!writes.isEmpty && writes.allSatisfy { $0.kernelThread == .flusher })
        // The process goes on in its own name, and what it asks for itself is its own.
        _ = try machine.pwrite(process, file, offset: 0, length: 10, byte: 2)
        try machine.fsync(process, file)
        let own = machine.takeEvents().filter { $0.kind == .writeback }
        #expect(!own.isEmpty && own.allSatisfy { $0.process == Int32(process) })
        #expect(machine.checkInvariants() == nil)
    }

    @Test("a writer above the limit has the flusher write, and goes on in its own name")
    func throttledInItsName() throws {
        let machine = try Machine(ramBytes: 16 << 20)
        let process = try machine.start()
        let file = try machine.diskFile(process, name: "file:g", size: 4 << 20)
        machine.trace(true)
        _ = try machine.pwrite(process, file, offset: 0, length: 4 << 20, byte: 1)
        let events = machine.takeEvents()
        #expect(events.contains { $0.kind == .writeback && $0.kernelThread == .flusher })
        #expect(machine.cpu.current == Int32(process))
        #expect(machine.checkInvariants() == nil)
    }

    @Test("a look-up of a process leaves the one on the CPU there")
    func lookUps() throws {
        let machine = try Machine(ramBytes: 64 << 20)
        let first = try machine.start()
        let second = try machine.fork(first)
        _ = try machine.brk(first, 0)
        _ = try machine.capabilities(second)
        _ = try machine.sharesMemory(first, second)
        #expect(machine.cpu.current == Int32(first))
        _ = try machine.brk(second, 0)
        #expect(machine.cpu.current == Int32(second))
    }
}
