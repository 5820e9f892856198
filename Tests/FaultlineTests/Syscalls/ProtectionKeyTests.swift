import Testing

@testable import Faultline

/// Protection keys (`arch/x86/mm/pkeys.c`, `mm/mprotect.c`). What a processor with keys does was read from a live 6.18
/// kernel; of one without them the errnos are those of the source (`arch_pkeys_enabled`).
struct ProtectionKeyTests {
    private let base: UInt64 = 0x1000_0000_0000
    private let exec: UInt64 = 4
    private let readWrite: UInt64 = 3

    private func start(keys: Bool = true) throws -> (machine: Machine, process: Int) {
        var settings = KernelSettings()
        settings.cpu.protectionKeys = keys
        let machine = try Machine(ramBytes: 64 << 20, settings: settings)
        return (machine, try machine.start())
    }

    private func map(_ machine: Machine, _ process: Int, pages: UInt64, prot: UInt64, flags: UInt64 = 0) throws {
        try machine.mmap(process, base, pages << 12, prot: prot, flags: 0x32 | flags)
    }

    private func errno(_ body: () throws -> Void) -> Errno? {
        do { try body() } catch { return error as? Errno }
        return nil
    }

    private func loadSignal(_ machine: Machine, _ process: Int, _ address: UInt64) throws -> FaultSignal? {
        if case .failure(let fault) = try machine.load(process, address) { return fault.signal }
        return nil
    }

    @Test("PROT_EXEC alone takes the first key, which keeps loads and stores away without a fault that counts")
    func executeOnly() throws {
        let (machine, process) = try start()
        try map(machine, process, pages: 2, prot: readWrite)
        #expect(try machine.store(process, base, 0xc3) == nil)
        try machine.mprotect(process, base, 8192, prot: exec)
        let before = try machine.faultCounts(process)
        #expect(try loadSignal(machine, process, base) == .protectionKey(1))
        #expect(try machine.store(process, base, 1)?.signal == .protectionKey(1))
        #expect(try loadSignal(machine, process, base + 4096) == .protectionKey(1))
        #expect(try machine.fetch(process, base) == .success(0xc3))
        #expect(try machine.faultCounts(process) == before)
        #expect(try machine.snapshot(process).vmas.first { $0.start == base }?.figures[.protectionKey] == 1)
        #expect(machine.checkInvariants() == nil)
        // Any other protection takes the key off again.
        try machine.mprotect(process, base, 4096, prot: 5)
        #expect(try machine.load(process, base) == .success(0xc3))
        #expect(machine.checkInvariants() == nil)
    }

    @Test("a child has its parent's keys and register; what it opens is open for it alone")
    func fork() throws {
        let (machine, process) = try start()
        let key = try machine.pkeyAlloc(process, rights: 2)
        try map(machine, process, pages: 1, prot: readWrite)
        #expect(try machine.store(process, base, 5) == nil)
        try machine.pkeyMprotect(process, base, 4096, prot: readWrite, key: Int32(key))
        let child = try machine.fork(process)
        #expect(try machine.store(child, base, 1)?.signal == .protectionKey(1))
        #expect(try machine.load(child, base) == .success(5))
        #expect(try machine.writePKRU(child, 0) == nil)
        #expect(try machine.store(process, base, 1)?.signal == .protectionKey(1))
        #expect(try machine.store(child, base, 6) == nil)
        #expect(try machine.load(process, base) == .success(5))
        #expect(try machine.readPKRU(process) == .success(0x5555_5558))
        #expect(try machine.readPKRU(child) == .success(0))
        #expect(machine.checkInvariants() == nil)
    }

    @Test("15 keys can be had, the lowest free one first; the one of PROT_EXEC can be neither freed nor named")
    func allocation() throws {
        let (machine, process) = try start()
        #expect(errno { _ = try machine.pkeyAlloc(process, flags: 1) } == .EINVAL)
        #expect(errno { _ = try machine.pkeyAlloc(process, rights: 4) } == .EINVAL)
        try map(machine, process, pages: 1, prot: exec)
        for key in 2...15 as ClosedRange<UInt64> { #expect(try machine.pkeyAlloc(process) == key) }
        #expect(errno { _ = try machine.pkeyAlloc(process) } == .ENOSPC)
        for key in [1, 16, -1] as [Int32] { #expect(errno { try machine.pkeyFree(process, key: key) } == .EINVAL) }
        #expect(
            errno { try machine.pkeyMprotect(process, base, 4096, prot: 1, key: 1) } == .EINVAL)
        try machine.pkeyFree(process, key: 7)
        #expect(errno { try machine.pkeyFree(process, key: 7) } == .EINVAL)
        #expect(try machine.pkeyAlloc(process) == 7)
    }

    @Test("without a free key PROT_EXEC alone can be read")
    func noKeyForExecuteOnly() throws {
        let (machine, process) = try start()
        for _ in 1...15 { _ = try machine.pkeyAlloc(process) }
        try map(machine, process, pages: 1, prot: exec)
        #expect(try machine.load(process, base) == .success(0))
    }

    @Test("an explicit key stays through mprotect, also with PROT_EXEC alone, until it is replaced")
    func explicitKeys() throws {
        let (machine, process) = try start()
        let key = Int32(try machine.pkeyAlloc(process))
        try map(machine, process, pages: 1, prot: readWrite)
        try machine.pkeyMprotect(process, base, 4096, prot: 1, key: key)
        try machine.mprotect(process, base, 4096, prot: readWrite)
        func current() throws -> Int? {
            try machine.snapshot(process).vmas.first { $0.start == base }?.figures[.protectionKey]
        }
        #expect(try current() == 1)
        try machine.mprotect(process, base, 4096, prot: exec)
        #expect(try current() == 2)
        try machine.mprotect(process, base, 4096, prot: readWrite)
        #expect(try current() == 0)
        try machine.pkeyMprotect(process, base, 4096, prot: readWrite, key: 0)
        #expect(try current() == 0)
    }

    @Test("memory whose key is closed is not populated, whether its pages are there or not")
    func population() throws {
        let (machine, process) = try start()
        try map(machine, process, pages: 2, prot: exec, flags: 0x8000)
        #expect(try machine.snapshot(process).vmas.first { $0.start == base }?.figures[.rss] == 0)
        #expect(errno { try machine.mlock(process, base, 4096) } == .ENOMEM)
        let key = Int32(try machine.pkeyAlloc(process, rights: 1))
        try map(machine, process, pages: 2, prot: readWrite)
        try machine.pkeyMprotect(process, base, 8192, prot: readWrite, key: key)
        #expect(errno { try machine.madvise(process, base, 8192, advice: 22) } == .EINVAL)
        #expect(errno { try machine.mlock(process, base, 8192) } == .ENOMEM)
        #expect(try machine.writePKRU(process, 0) == nil)
        #expect(errno { try machine.madvise(process, base, 8192, advice: 22) } == nil)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("a processor without keys gives none, reads PROT_EXEC, and knows no WRPKRU")
    func withoutKeys() throws {
        let (machine, process) = try start(keys: false)
        try map(machine, process, pages: 1, prot: exec)
        #expect(try machine.load(process, base) == .success(0))
        #expect(errno { _ = try machine.pkeyAlloc(process) } == .EINVAL)
        let child = try machine.fork(process)
        for process in [process, child] { #expect(errno { _ = try machine.pkeyAlloc(process) } == .ENOSPC) }
        #expect(errno { _ = try machine.pkeyAlloc(process, flags: 1) } == .EINVAL)
        for key in [0, 1] as [Int32] {
            #expect(errno { try machine.pkeyFree(process, key: key) } == .EINVAL)
            #expect(errno { try machine.pkeyMprotect(process, base, 4096, prot: 1, key: key) } == .EINVAL)
        }
        try machine.pkeyMprotect(process, base, 4096, prot: 1, key: -1)
        #expect(try machine.writePKRU(process, 0)?.signal == .invalidOpcode)
        #expect(try machine.readPKRU(process) == .failure(AccessFault(signal: .invalidOpcode, address: 0)))
        #expect(machine.checkInvariants() == nil)
    }
}
