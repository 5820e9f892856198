import Faultline
import FaultlineHost
import FaultlineScenario
import Testing

/// The same statements on the live kernel and on a simulated machine with its processor, also what recordings do not show.
@Suite("Protection keys on the live kernel", .enabled(if: LiveKernel.canRunPrograms))
struct ProtectionKeyTests {
    private let base: UInt64 = 0x1000_0000_0000

    private func withoutReason(_ result: StatementResult) -> StatementResult {
        var result = result
        result.refusal = nil
        return result
    }

    @Test("signals carry the key of the VMA, and the instructions do what this processor does")
    func signalsHaveTheKey() throws {
        let machines: [any ScenarioExecutor] = [
            try LiveExecutor(), try SimulatorExecutor(settings: HostKernel.settings),
        ]
        let results = try machines.map { machine in
            func perform(_ name: String, _ arguments: UInt64...) throws -> StatementResult {
                try machine.perform(EvaluatedCall(name: CallName(known: name), arguments: arguments), process: 0)
            }
            return [
                try perform("mmap", base, 8192, 3, 0x32, ~0, 0), try perform("pkey_alloc", 0, 1),
                try perform("pkey_alloc", 0, 2), try perform("pkey_mprotect", base, 4096, 3, 2),
                try perform("store", base, 1), try perform("write_pages", base, 8192, 1),
                try perform("mprotect", base + 4096, 4096, 4), try perform("load", base + 4096),
                try perform("wrpkru", 0), try perform("load", base + 4096), try perform("rdpkru"),
            ]
        }
        // Only the simulator knows which rule refused.
        #expect(results[0].map(withoutReason) == results[1].map(withoutReason))
        let keys = results[0].map(\.protectionKey)
        guard HostKernel.cpu.protectionKeys else {
            print("this processor has no protection keys: what is compared is that there are none")
            #expect(keys.allSatisfy { $0 == nil })
            return
        }
        #expect(keys == [nil, nil, nil, nil, 2, 2, nil, 3, nil, nil, nil])
    }

    @Test("the live executor's recordings say what the processor has")
    func recordingsNameTheProcessor() throws {
        let recording = try LiveRecorder().run(try Parser.parse("getpid()\n")).recording
        #expect(recording.cpu == HostKernel.cpu)
        #expect(recording.text.contains("\ncpu pku\n") == HostKernel.cpu.protectionKeys)
    }
}
