import Testing

@testable import Faultline

/// Every flush is counted by the kernel as by the CPU, and is an event.
struct TLBFlushTests {
    private let base: UInt64 = 0x1000_0000_0000

    @Test("each flush is one event with its range and its reason")
    func events() throws {
        let machine = try Machine(ramBytes: 64 << 20)
        let process = try machine.start()
        try machine.mmap(process, base, 0x8000, prot: 3, flags: 0x32)
        for page in 0..<8 as Range<UInt64> { _ = try machine.store(process, base + page << 12, 1) }
        let child = try machine.fork(process)
        machine.trace(true)
        let calls = machine.flushes.calls
        var events = 0
        func flushed(_ body: () throws -> Void) throws -> [String] {
            try body()
            let flushes = machine.takeEvents().filter { [.tlbFlush, .tlbFlushAll].contains($0.kind) }
            events += flushes.count
            return flushes.map {
                "\($0.address == 0 ? 0 : ($0.address - base) >> 12) \($0.value >> 12) \($0.reason.rawValue)"
            }
        }
        let copied = try flushed { _ = try machine.store(child, base, 2) }
        #expect(copied == ["0 1 the frame is shared or was shared by fork"])
        let protected = try flushed { try machine.mprotect(process, base, 0x3000, prot: 1) }
        #expect(protected == ["0 3 mprotect"])
        let freed = try flushed { try machine.madvise(process, base + 0x4000, 0x2000, advice: 8) }
        #expect(freed == ["4 2 MADV_FREE"])
        let forked = try flushed { _ = try machine.fork(process) }
        #expect(forked == ["0 0 fork"])
        let unmapped = try flushed { try machine.munmap(process, base, 0x8000) }
        #expect(unmapped.first == "0 3 munmap" && unmapped.last == "0 0 page tables were freed", "\(unmapped)")
        #expect(machine.flushes.calls - calls == UInt64(events))
        #expect(machine.checkInvariants() == nil)
    }

    @Test("a flush that nobody counted is reported")
    func uncounted() throws {
        let machine = try Machine(ramBytes: 64 << 20)
        let process = try machine.start()
        #expect(machine.checkInvariants() == nil)
        let context = machine.processes[process].mm.pointee.context
        _ = try machine.load(process, 0x40_1000)
        _ = machine.cpu.mmu.flushAll(context: context)
        #expect(machine.checkInvariants()?.contains("contexts") == true)
    }
}
