import Testing

@testable import Faultline

/// No argument of a public call traps, leaves the machine's state broken, or lasts.
@Suite("Arguments of any size")
struct ExtremeArgumentTests {
    private static let base: UInt64 = 0x1000_0000_0000

    /// Numbers at which sums, shifts and conversions go over.
    private static let numbers: [UInt64] = [
        0, 1, 2, 3, 8, 0x12, 0x22, 0x32, 4095, 4096, 4097, 8192, 1 << 21, 1 << 30, (1 << 31) - 1, 1 << 31, 1 << 32,
        1 << 39,
        base, base + 4096, (1 << 44) - 4096, (1 << 44) - 4095, (1 << 46), (1 << 47) - 8192, (1 << 47) - 4096, 1 << 47,
        1 << 52, 1 << 61, (1 << 63) - 4096, (1 << 63) - 1, 1 << 63, .max - 8191, .max - 4095, .max - 1, .max,
    ]

    private struct Draw {
        var generator: SeededGenerator

        mutating func number() -> UInt64 { numbers.randomElement(using: &generator) ?? 0 }
        mutating func int() -> Int32 { Int32(truncatingIfNeeded: number()) }
        mutating func index() -> Int {
            [0, 0, 0, 0, 0, 1, 2, -1, 5, .max, .min].randomElement(using: &generator) ?? 0
        }
        /// A descriptor: mostly one that there is.
        mutating func descriptor() -> Int32 {
            [0, 1, 2, 3, 4, 5, -1, .max, .min].randomElement(using: &generator) ?? 0
        }
        mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &generator) }
    }

    /// One call on memory. - Throws: what the call throws.
    private static func callMemory(_ machine: Machine, _ draw: inout Draw) throws {
        let (process, a, b, c) = (draw.index(), draw.number(), draw.number(), draw.number())
        switch draw.below(20) {
        case 0:
            try machine.mmap(
                process, a, b, prot: c & 7, flags: draw.number(), fd: draw.descriptor(), offset: draw.number())
        case 1: try machine.mmap(process, a, b, prot: 3, flags: 0x4022)
        case 2: try machine.munmap(process, a, b)
        case 3: try machine.mprotect(process, a, b, prot: c)
        case 4: try machine.mremap(process, a, b, c, flags: draw.number() & 7, new: draw.number())
        case 5: try machine.madvise(process, a, min(b, 1 << 32), advice: Int32(draw.below(26)))
        case 6: try machine.brk(process, a)
        case 7: _ = try machine.findVMA(process, a)
        case 8: try machine.munlock(process, a, b)
        case 9: _ = try machine.mincore(process, a, b >= 1 << 40 && b < 1 << 47 ? 4096 : b)
        case 10: try machine.mseal(process, a, b, flags: 1)
        case 11: _ = try machine.prctl(process, draw.int(), b, c)
        case 12: try machine.setrlimit(process, resource: Int32(draw.below(20)) - 2, limit: max(b, 1 << 20))
        case 13: _ = try machine.load(process, a)
        case 14: _ = try machine.store(process, a, 1)
        case 15: _ = try machine.fetch(process, a)
        case 16: _ = try machine.reverseMap(process, a)
        case 17: _ = try machine.faultCounts(process)
        case 18: try machine.msync(process, a, b, flags: draw.int() & 7)
        default: try machine.remapFilePages(process, a, b, prot: 0, pgoff: c, flags: 0)
        }
    }

    /// One call on files, segments and time.
    private static func callFile(_ machine: Machine, _ draw: inout Draw) throws {
        let (process, fd, a, b) = (draw.index(), draw.descriptor(), draw.number(), draw.number())
        switch draw.below(18) {
        case 0: _ = try machine.memfdCreate(process, "m", flags: a)
        case 1: _ = try machine.tmpfsFile(process, name: "t", size: a)
        case 2: _ = try machine.diskFile(process, name: "d", size: a)
        case 3: try machine.ftruncate(process, fd, a)
        case 4:
            try machine.fallocate(
                process, fd, mode: [0, 1, 3, 8, 16, 32, 64].randomElement(using: &draw.generator) ?? 0, a, b)
        case 5: _ = try machine.pread(process, fd, offset: a, length: min(b, 1 << 22))
        case 6: _ = try machine.pwrite(process, fd, offset: a, length: min(b, 1 << 22), byte: 7)
        case 7: _ = try machine.dup(process, fd)
        case 8: _ = try machine.reopen(process, fd, reads: a & 1 != 0, writes: b & 1 != 0)
        case 9: try machine.addSeals(process, fd, UInt32(truncatingIfNeeded: a))
        case 10: _ = try machine.seals(process, fd)
        case 11: try machine.fsync(process, fd)
        case 12: try machine.close(process, fd)
        case 13: _ = try machine.shmget(process, key: a, size: b, flags: draw.number() | 0o1000)
        case 14: _ = try machine.shmat(process, id: fd, a, flags: b)
        case 15: _ = try machine.shmctl(process, id: fd, command: draw.int(), buffer: a)
        case 16: _ = try machine.openDisk(process)
        default: machine.advance(centiseconds: a)
        }
    }

    @Test("no call traps or breaks the machine", arguments: 0..<40 as Range<UInt64>)
    func calls(seed: UInt64) throws {
        var draw = Draw(generator: SeededGenerator(seed: seed))
        var settings = KernelSettings()
        settings.overcommitMode = Int(seed % 3)
        settings.diskBlocks = 1 << 16
        let machine = try Machine(ramBytes: 32 << 20, settings: settings)
        let process = try machine.start()
        try machine.mmap(process, Self.base, 1 << 20, prot: 3, flags: 0x4032)
        _ = try machine.memfdCreate(process, "m", flags: 2)
        _ = try machine.diskFile(process, name: "d", size: 64 << 10)
        _ = try machine.fork(process)
        for step in 0..<300 {
            do {
                if draw.below(2) == 0 {
                    try Self.callMemory(machine, &draw)
                } else {
                    try Self.callFile(machine, &draw)
                }
            } catch is Errno {}
            if step % 10 == 9, let problem = machine.checkInvariants() {
                Issue.record("seed \(seed), step \(step): \(problem)")
                return
            }
            if !machine.isAlive(process) { return }
        }
    }

    @Test("a process that never was has no faults to count", arguments: [-1, 1, 5, .max, .min])
    func faultCounts(_ index: Int) throws {
        let machine = try Machine(ramBytes: 32 << 20)
        let process = try machine.start()
        #expect(throws: Errno.ESRCH) { try machine.faultCounts(index) }
        try machine.exit(process)
        #expect(try machine.faultCounts(process).minor > 0)
    }

    @Test("an address space is refused or started, whatever it says of itself", arguments: 0..<60 as Range<UInt64>)
    func addressSpaces(seed: UInt64) throws {
        var draw = Draw(generator: SeededGenerator(seed: seed))
        let machine = try Machine(ramBytes: 32 << 20)
        var space = InitialAddressSpace.scenarioAgent
        for _ in 0..<1 + draw.below(3) {
            switch draw.below(6) {
            case 0: space.mmapBase = draw.number()
            case 1: space.startBrk = draw.number()
            case 2: space.brk = draw.number()
            case 3: space.startStack = draw.number()
            case 4: space.bottomUpBase = draw.number()
            default:
                let ends = [draw.number(), draw.number()].sorted()
                space.touched.append(ends[0]..<ends[1])
            }
        }
        let randomized = space.randomized(seed: seed)
        for space in [space, randomized] {
            guard let process = try? machine.start(space) else { continue }
            _ = try? machine.mmap(process, 0, 4096, prot: 3, flags: 0x22)
            _ = try machine.brk(process, draw.number())
            #expect(machine.checkInvariants() == nil)
        }
    }

    @Test("settings out of range become the next that are in it")
    func settings() throws {
        for value: UInt64 in [0, 1, 1 << 32, .max] {
            var settings = KernelSettings()
            settings.maxMapCount = Int(truncatingIfNeeded: value) &- 1
            settings.mmapMinAddress = value
            settings.privilegedMinAddress = value
            settings.stackGuardGap = value
            settings.randomizeVASpace = Int(truncatingIfNeeded: value)
            settings.mmapRandomBits = value
            settings.overcommitMode = Int(truncatingIfNeeded: value)
            settings.overcommitRatio = value
            settings.adminReserveKiB = value
            settings.userReserveKiB = value
            settings.faultAroundBytes = value
            settings.shmMaxSegments = Int(truncatingIfNeeded: value)
            settings.shmMaxBytes = value
            settings.shmAllPages = value
            settings.readaheadPages = value
            settings.diskBlocks = value
            settings.diskPageMicroseconds = value
            settings.dirtyBackgroundRatio = value
            settings.dirtyRatio = value
            settings.dirtyWritebackCentiseconds = value
            settings.dirtyExpireCentiseconds = value
            let machine = try Machine(ramBytes: 32 << 20, settings: settings)
            #expect(machine.settings == settings.clamped && settings.clamped == settings.clamped.clamped)
            let space = InitialAddressSpace.scenarioAgent
            guard let process = try? machine.start(space) else { continue }
            _ = try? machine.mmap(process, 0, 64 << 10, prot: 3, flags: 0x22)
            if let file = try? machine.diskFile(process, name: "d", size: 64 << 10) {
                _ = try? machine.pwrite(process, file, offset: 5, length: 9, byte: 1)
                _ = try? machine.pread(process, file, offset: 0, length: 64 << 10)
                _ = try? machine.mmap(process, Self.base, 64 << 10, prot: 3, flags: 0x11, fd: file)
                if machine.isAlive(process) { _ = try machine.store(process, Self.base, 1) }
            }
            machine.advance(centiseconds: 10_000)
            machine.advance(centiseconds: .max)
            machine.advance(centiseconds: .max)
            _ = try? machine.start(space.randomized(seed: 1, settings: settings))
            #expect(machine.checkInvariants() == nil)
        }
    }
}
