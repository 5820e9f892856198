import Testing

@testable import Faultline

/// What happens when there is not enough of something.
struct ExhaustionTests {
    private let base: UInt64 = 0x1000_0000_0000
    private let readWrite: UInt64 = 3
    /// MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE.
    private let anonymous: UInt64 = 0x4022

    @Test("a process that needs more than the machine has is killed, and the machine goes on")
    func killsWhoNeedsTooMuch() throws {
        let machine = try Machine(ramBytes: 64 << 20)
        let process = try machine.start()
        let other = try machine.fork(process)
        let length: UInt64 = 256 << 20
        try machine.mmap(process, base, length, prot: readWrite, flags: anonymous | 0x10)
        var fault: AccessFault?
        for address in stride(from: base, to: base + length, by: 4096) {
            fault = try machine.store(process, address, 1)
            if fault != nil { break }
        }
        #expect(fault?.signal == .killed)
        #expect(!machine.isAlive(process) && machine.wasKilled(process))
        #expect(machine.isAlive(other))
        #expect(machine.checkInvariants() == nil)
        #expect(try machine.store(other, 0x40_2000, 1) == nil)
        #expect(throws: Errno.ESRCH) { try machine.munmap(process, base, 4096) }
    }

    @Test("a mapping that is larger than RAM is refused unless it reserves nothing")
    func refusesHugeCommitment() throws {
        let machine = try Machine(ramBytes: 64 << 20)
        let process = try machine.start()
        #expect(throws: Errno.ENOMEM) {
            try machine.mmap(process, 0, 256 << 20, prot: readWrite, flags: 0x22)
        }
        try machine.mmap(process, 0, 256 << 20, prot: readWrite, flags: anonymous)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("a machine too small for its first process says so, and keeps nothing of it")
    func tooSmallForAProcess() throws {
        #expect(throws: MachineError.ramSize(bytes: 64 << 10)) { try Machine(ramBytes: 64 << 10) }
        let machine = try Machine(ramBytes: 2 << 20)
        var space = InitialAddressSpace.scenarioAgent
        space.regions.append(.init(start: base, end: base + 2 << 20, isWritable: true, content: .anonymous))
        space.touched.append(base..<base + 2 << 20)
        #expect(throws: Errno.ENOMEM) { try machine.start(space) }
        #expect(machine.checkInvariants() == nil)
        #expect(machine.mms.liveCount == 0 && machine.vmas.liveCount == 0)
        #expect(throws: Never.self) { try machine.start() }
    }

    @Test("VMAs end at max_map_count: splits fail, and nothing is lost")
    func mapCountLimit() throws {
        let machine = try Machine()
        let process = try machine.start()
        let pages: UInt64 = 140_000
        try machine.mmap(process, base, pages << 12, prot: readWrite, flags: 0x32)
        var errno: Errno?
        var page: UInt64 = 1
        while errno == nil, page < pages {
            do { try machine.mprotect(process, base + page << 12, 4096, prot: 1) } catch { errno = error }
            page += 2
        }
        #expect(errno == .ENOMEM)
        let count = try machine.snapshot(process) { _, _ in false }.vmas.count
        #expect(count == 65530)
        #expect(machine.checkInvariants() == nil)
        try machine.munmap(process, base, pages << 12)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("ten thousand processes live and share one frame")
    func manyProcesses() throws {
        let machine = try Machine(ramBytes: 4 << 30)
        let process = try machine.start()
        try machine.mmap(process, base, 4096, prot: readWrite, flags: 0x32)
        #expect(try machine.store(process, base, 7) == nil)
        for _ in 1..<10_000 { _ = try machine.fork(process) }
        let page = try #require(
            try machine.snapshot(process) { start, _ in start == self.base }.vmas.first { $0.start == base }?.pages
                .first)
        #expect(page.mapCount == 10_000)
        for index in stride(from: 9_999, to: 0, by: -1) { try machine.exit(index) }
        #expect(try machine.load(process, base) == .success(7))
        #expect(machine.checkInvariants() == nil)
    }

    @Test("a chain of a thousand forks works, and its anon_vmas go when it ends")
    func deepForkChain() throws {
        let machine = try Machine(ramBytes: 4 << 30)
        let process = try machine.start()
        try machine.mmap(process, base, 8192, prot: readWrite, flags: 0x32)
        var last = process
        for generation in 0..<1000 {
            #expect(try machine.store(last, base, UInt8(generation & 127)) == nil)
            last = try machine.fork(last)
        }
        #expect(try machine.load(last, base) == .success(UInt8(999 & 127)))
        #expect(machine.checkInvariants() == nil)
        for index in 0..<last { try machine.exit(index) }
        #expect(machine.checkInvariants() == nil)
        try machine.exit(last)
        #expect(machine.anonVMAs.liveCount == 0 && machine.chains.liveCount == 0 && machine.vmas.liveCount == 0)
    }
}
