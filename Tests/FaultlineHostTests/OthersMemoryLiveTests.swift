import FaultlineHost
import FaultlineScenario
import Testing

/// What processes do to each other's memory, on the live kernel.
@Suite("Other processes' memory on the live kernel", .enabled(if: LiveKernel.isTheRecordedOne))
struct OthersMemoryLiveTests {
    @Test(
        "a random program that does the same twice does it on the simulated machine too",
        arguments: 1...4 as ClosedRange<UInt64>)
    func equal(seed: UInt64) throws {
        let program = try ScenarioGenerator.program(profile: .calls, seed: seed)
        guard case .stable(let live) = try LiveRecorder().stableRun(program, times: 2) else { return }
        let simulated = try ScenarioSession(program, on: try SimulatorExecutor(settings: HostKernel.settings)).run()
        #expect(simulated.recording.text == live.recording.text)
    }
}
