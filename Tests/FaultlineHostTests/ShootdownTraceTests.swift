import Faultline
import FaultlineScenario
import Foundation
import Testing

@testable import FaultlineHost

/// How much a process flushes of its own TLB, as the tracepoint tlb:tlb_flush tells it and as the simulator does.
@Suite("Flushes of a program", .enabled(if: LiveKernel.isTheRecordedOne), .serialized)
struct ShootdownTraceTests {
    /// Another CPU may have the address space from before, so that an interrupt may be sent besides; how much is flushed, and where, is
    /// the same.
    private static let program = """
        run_on(0)
        mmap(W, 256K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
        write_pages(W, 256K, 1)
        mprotect(W, 132K, PROT_READ)
        mprotect(W, 132K, PROT_READ|PROT_WRITE)
        write_pages(W, 256K, 1)
        mprotect(W, 136K, PROT_READ)
        madvise(W+200K, 4K, MADV_DONTNEED)
        munmap(W+60K, 132K)
        munmap(W, 60K)
        mmap(W+4M, 256K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
        write_pages(W+4M, 256K, 1)
        munmap(W+4M, 256K)
        c = fork()
        """

    /// Pages of each flush of the process's own address space on its CPU, -1 for all.
    @Test("pages and reasons of mprotect, munmap, madvise and fork are those of tlb_flush")
    func flushes() throws {
        let program = try Parser.parse(Self.program)
        let simulated = try SimulatorExecutor(settings: Self.settings)
        simulated.machine.trace(true)
        try ScenarioSession(program, on: simulated).run()
        let made = simulated.machine.takeEvents().filter {
            $0.kind == .tlbFlushOnCPU && $0.reason.rawValue == "local MM shootdown"
        }.map { Int(Int64(bitPattern: $0.value)) }
        #expect(made.prefix(3) == [33, 33, -1] && made.last == -1)
        let live = try LiveExecutor()
        let session = try ScenarioSession(program, on: live)
        try session.go(to: 1)
        guard let trace = KernelTrace(["tlb/tlb_flush"], of: Int32(try #require(live.machine.live.first).process))
        else { try Test.cancel("tracefs cannot be mounted here, or takes no instance") }
        try session.run()
        let shown = trace.finish().matches(of: /tlb_flush: pages:(-?\d+) reason:local MM shootdown/)
            .compactMap { Int($0.1) }
        #expect(Array(shown.prefix(made.count)) == made)
    }

    private static var settings: KernelSettings {
        var settings = HostKernel.settings
        (settings.presentCPUs, settings.simulatedCPUs) = (2, 2)
        return settings
    }
}
