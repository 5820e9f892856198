import Testing

@testable import Faultline

/// Calls on a machine that has only a few frames left, or none.
@Suite("Calls without a frame")
struct WithoutFrameTests {
    private static let base: UInt64 = 0x1000_0000_0000
    private static let elsewhere: UInt64 = 0x2000_0000_0000

    enum Call: String, CaseIterable {
        case mremap, mremapGrowing, mremapKeeping, mmapPopulated, fork, mlock, mlockall, lockedBreak, populateWrite,
            populateRead
        case guardInstall, attach, writeMemoryFile, writeDiskFile, allocate, truncate, mapFile, start, load, store,
            fetch
    }

    /// A machine of 2 MiB, its process with four written pages, a memory file, a disk file, and nearly all frames in the kernel's hands.
    private static func fullMachine(free: Int) throws -> (Machine, Int) {
        let machine = try Machine(ramBytes: 2 << 20)
        let process = try machine.start()
        try machine.mmap(process, base, 0x4000, prot: 3, flags: 0x32)
        for page in 0..<UInt64(4) { #expect(try machine.store(process, base + page << 12, 1) == nil) }
        _ = try machine.diskFile(process, name: "d", size: 8192)
        _ = try machine.memfdCreate(process, "m", flags: 0)
        // GFP_HIGHUSER_MOVABLE for which nobody reclaims, down to the min watermark.
        var taken: [PFN] = []
        while let pfn = try? machine.allocatePages(process, order: 0, flags: 0x18_20ca) { taken.append(pfn) }
        for pfn in taken.prefix(free) { try machine.freePages(process, pfn) }
        #expect(machine.checkInvariants() == nil)
        return (machine, process)
    }

    private static func make(_ call: Call, _ machine: Machine, _ process: Int) throws -> AccessFault? {
        switch call {
        case .mremap: try machine.mremap(process, base, 0x4000, 0x4000, flags: 3, new: elsewhere)
        case .mremapGrowing: try machine.mremap(process, base, 0x4000, 0x8000, flags: 3, new: elsewhere)
        case .mremapKeeping: try machine.mremap(process, base, 0x4000, 0x4000, flags: 7, new: elsewhere)
        case .mmapPopulated: try machine.mmap(process, elsewhere, 0x8000, prot: 3, flags: 0x8032)
        case .fork: _ = try machine.fork(process)
        case .mlock:
            try machine.mmap(process, elsewhere, 0x4000, prot: 3, flags: 0x32)
            try machine.mlock(process, elsewhere, 0x4000)
        case .mlockall: try machine.mlockall(process, flags: 3)
        case .lockedBreak:
            try machine.mlockall(process, flags: 2)
            try machine.brk(process, machine.brk(process, 0) + 0x8000)
        case .populateWrite, .populateRead:
            try machine.mmap(process, elsewhere, 0x8000, prot: 3, flags: 0x32)
            try machine.madvise(process, elsewhere, 0x8000, advice: call == .populateWrite ? 23 : 22)
        case .guardInstall:
            try machine.mmap(process, elsewhere, 0x4000, prot: 3, flags: 0x32)
            try machine.madvise(process, elsewhere, 0x4000, advice: 102)
        case .attach:
            let id = try machine.shmget(process, key: 0, size: 0x4000, flags: 0o1600)
            let place = try machine.shmat(process, id: Int32(id), 0, flags: 0)
            return try machine.store(process, place, 1)
        case .writeMemoryFile: _ = try machine.pwrite(process, 1, offset: 1 << 30, length: 40, byte: 1)
        case .writeDiskFile: _ = try machine.pwrite(process, 0, offset: 16384, length: 40, byte: 1)
        case .allocate: try machine.fallocate(process, 1, mode: 0, 1 << 30, 0x8000)
        case .truncate: try machine.ftruncate(process, 0, 100)
        case .mapFile:
            try machine.mmap(process, elsewhere, 0x2000, prot: 3, flags: 0x8011, fd: 0)
            return try machine.store(process, elsewhere, 1)
        case .start: _ = try machine.start()
        case .load: if case .failure(let fault) = try machine.load(process, base + 1 << 39) { return fault }
        case .store: return try machine.store(process, base, 2)
        case .fetch: if case .failure(let fault) = try machine.fetch(process, 0x40_1000) { return fault }
        }
        return nil
    }

    @Test(
        "the call succeeds, fails for want of memory or ends in a kill, and nothing is lost", arguments: Call.allCases)
    func calls(_ call: Call) throws {
        for free in 0..<14 {
            let (machine, process) = try Self.fullMachine(free: free)
            // More than once: what is lost each time would add up.
            for _ in 0..<3 where machine.isAlive(process) {
                do {
                    if let fault = try Self.make(call, machine, process) {
                        #expect(
                            [.killed, .noMapping, .busError].contains(fault.signal), "\(call), \(free) frames free")
                    }
                } catch let error as Errno {
                    #expect(
                        [.ENOMEM, .EAGAIN, .EFAULT, .ESRCH].contains(error), "\(call), \(free) frames free: \(error)")
                }
                #expect(machine.checkInvariants() == nil, "\(call), \(free) frames free")
            }
            for process in 0..<machine.processCount where machine.isAlive(process) { try machine.exit(process) }
            #expect(machine.checkInvariants() == nil, "\(call), \(free) frames free, after the end")
            #expect(machine.vmas.liveCount == 0 && machine.mms.liveCount == 0)
        }
    }

    @Test("moves that fail leave total_vm and Committed_AS as they were")
    func failedMoves() throws {
        let (machine, process) = try Self.fullMachine(free: 1)
        let mm = machine.processes[process].mm
        let (total, committed) = (mm.pointee.totalVM, machine.committedPages)
        for _ in 0..<1000 {
            #expect(throws: Errno.ENOMEM) {
                try machine.mremap(process, Self.base, 0x4000, 0x4000, flags: 3, new: Self.elsewhere)
            }
        }
        #expect(mm.pointee.totalVM == total && machine.committedPages == committed)
        #expect(try machine.load(process, Self.base + 0x3000) == .success(1))
        #expect(machine.checkInvariants() == nil)
    }
}
