import Testing

@testable import Faultline

/// posix_fadvise(2) and what it does to the page cache; every value is the live kernel's for the same calls.
struct FadviseTests {
    private let bench: CallBench
    private var machine: Machine { bench.machine }

    init() throws { bench = try CallBench(ram: 128 << 20) }

    private func advise(_ fd: Int32, _ advice: FileAdvice, offset: UInt64 = 0, length: UInt64 = 0) throws {
        try machine.fadvise(bench.process, fd, offset: offset, length: length, advice: advice.rawValue)
        #expect(machine.checkInvariants() == nil)
    }

    private func disk(_ pages: UInt64) throws -> Int32 {
        try machine.diskFile(bench.process, name: "file:f", size: pages << 12)
    }

    /// Maps the file, and says which of its pages are in memory.
    private func resident(_ fd: Int32, _ pages: UInt64) throws -> [UInt64] {
        _ = try machine.mmap(bench.process, bench.at(0), pages << 12, prot: 1, flags: 0x11, fd: fd)
        defer { _ = try? machine.munmap(bench.process, bench.at(0), pages << 12) }
        let bits = try machine.mincore(bench.process, bench.at(0), pages << 12)
        return bits.indices.filter { bits[$0] }.map { UInt64($0) }
    }

    @Test("what is refused, in the kernel's order")
    func refusals() throws {
        let memory = try machine.memfdCreate(bench.process, "m", flags: 0)
        func errno(_ fd: Int32, _ offset: UInt64, _ length: UInt64, _ advice: Int32) -> Errno? {
            bench.errno { try machine.fadvise(bench.process, fd, offset: offset, length: length, advice: advice) }
        }
        let file = try disk(1)
        for fd in [memory, file] {
            #expect(errno(fd, 0, 0, 6) == .EINVAL && errno(fd, 0, 0, -1) == .EINVAL)
            #expect(errno(fd, 0, 1 << 63, 4) == .EINVAL)
            #expect(errno(fd, .max, 0, 4) == nil && errno(fd, 0, 1 << 62, 1) == nil)
        }
        #expect(errno(99, 0, .max, 9) == .EBADF)
    }

    @Test("DONTNEED takes whole pages that are clean and not mapped, and the last one with the file's last byte")
    func ranges() throws {
        let file = try machine.diskFile(bench.process, name: "file:f", size: 3 * 4096 + 100)
        try advise(file, .dontNeed, offset: 1, length: 8191)
        #expect(try resident(file, 4) == [0, 2, 3])
        try advise(file, .dontNeed, offset: 3 * 4096, length: 99)
        try advise(file, .dontNeed, offset: 3 * 4096, length: 101)
        #expect(try resident(file, 4) == [0, 2, 3])
        try advise(file, .dontNeed, offset: 3 * 4096, length: 100)
        #expect(try resident(file, 4) == [0, 2])
        _ = try machine.mmap(bench.process, bench.at(8), 4096, prot: 1, flags: 0x11, fd: file)
        _ = try machine.load(bench.process, bench.at(8))
        try advise(file, .dontNeed)
        #expect(try resident(file, 4).contains(0))
    }

    @Test("the first call starts the writeback of a dirty page, the next one drops it; its bytes come back")
    func dirtyPages() throws {
        let file = try disk(2)
        _ = try machine.pwrite(bench.process, file, offset: 10, length: 4, byte: 77)
        try advise(file, .dontNeed)
        #expect(try resident(file, 2) == [0])
        try advise(file, .dontNeed)
        #expect(try resident(file, 2) == [])
        _ = try machine.mmap(bench.process, bench.at(8), 4096, prot: 1, flags: 0x11, fd: file)
        #expect(try machine.load(bench.process, bench.at(8) + 12).get() == 77)
    }

    @Test("WILLNEED reads what was asked for, up to a window, and SEQUENTIAL doubles the window")
    func windows() throws {
        let file = try disk(6000)
        try advise(file, .dontNeed)
        try advise(file, .willNeed, offset: 4095, length: 2)
        #expect(try resident(file, 6000) == [0, 1])
        try advise(file, .willNeed)
        #expect(try resident(file, 6000).count == 2048)
        try advise(file, .sequential)
        try advise(file, .willNeed)
        #expect(try resident(file, 6000).count == 4096)
        try advise(file, .dontNeed)
        try advise(file, .normal)
        try advise(file, .willNeed)
        #expect(try resident(file, 6000).count == 2048)
    }

    @Test("after RANDOM, read brings what it reads; NORMAL reads ahead again; another open file is not concerned")
    func random() throws {
        let file = try disk(64)
        let other = try machine.reopen(bench.process, file, reads: true, writes: false)
        let same = try machine.dup(bench.process, file)
        func read(_ fd: Int32) throws -> [UInt64] {
            try advise(file, .dontNeed)
            _ = try machine.pread(bench.process, fd, offset: 0, length: 16)
            return try resident(file, 64)
        }
        try advise(file, .random)
        #expect(try read(file) == [0] && read(same) == [0])
        #expect(try read(other) == [0, 1, 2, 3])
        try advise(same, .normal)
        #expect(try read(file) == [0, 1, 2, 3])
    }

    @Test("with NOREUSE, a mapping that goes does not call its pages used")
    func noReuse() throws {
        let file = try disk(2)
        func referenced() throws -> Bool {
            _ = try machine.mmap(bench.process, bench.at(0), 4096, prot: 1, flags: 0x11, fd: file)
            _ = try machine.load(bench.process, bench.at(0))
            let pfn = machine.readPTE(machine.processes[bench.process].mm, bench.at(0)).pfn
            machine.page(pfn).pointee.clear(PageFlag.referenced)
            _ = try machine.munmap(bench.process, bench.at(0), 4096)
            return machine.page(pfn).pointee.has(PageFlag.referenced)
        }
        #expect(try referenced())
        try advise(file, .noReuse)
        #expect(try !referenced())
    }

    @Test("files in memory ignore advice")
    func memoryFiles() throws {
        let file = try machine.tmpfsFile(bench.process, name: "file:t", size: 16384)
        for advice in FileAdvice.allCases { try advise(file, advice) }
        #expect(try resident(file, 4) == [0, 1, 2, 3])
    }
}
