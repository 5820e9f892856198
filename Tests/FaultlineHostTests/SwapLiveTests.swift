import FaultlineHost
import FaultlineScenario
import Foundation
import Testing

/// Programs with a swap area on the live kernel: what they do, and what is left of it.
@Suite("Swap on the live kernel", .enabled(if: LiveSwapAreas.arePossible), .serialized)
struct SwapLiveTests {
    @Test(
        "a random program that does the same twice does it on the simulated machine too",
        arguments: 1...4 as ClosedRange<UInt64>)
    func equal(seed: UInt64) throws {
        let program = try ScenarioGenerator.program(profile: .swap, seed: seed)
        guard case .stable(let live) = try LiveRecorder().stableRun(program, times: 2) else { return }
        let simulated = try ScenarioSession(program, on: try SimulatorExecutor(settings: HostKernel.settings)).run()
        #expect(simulated.recording.text == live.recording.text)
        #expect(LiveSwapAreas.all() == [])
    }

    @Test("settings are back after a program that changed them, and failed")
    func settingsComeBack() throws {
        let file = "/proc/sys/vm/page-cluster"
        let before = try String(contentsOfFile: file, encoding: .utf8)
        let program = try Parser.parse(
            "setting(\"vm/page-cluster\", \"5\")\nswapon(1M)\nmmap(W, 4K, 7, 0x32, -1, 0)\nexec(W)\n")
        #expect(throws: LiveError.self) { try LiveRecorder().run(program) }
        #expect(try String(contentsOfFile: file, encoding: .utf8) == before)
        #expect(LiveSwapAreas.all() == [])
    }
}

/// The machine's own swap areas.
private enum LiveSwapAreas {
    /// Whether programs may have one: the recorded kernel, root, and none of the machine's own.
    static let arePossible: Bool = LiveKernel.isTheRecordedOne && all().isEmpty

    static func all() -> [Substring] {
        let text = (try? String(contentsOfFile: "/proc/swaps", encoding: .utf8)) ?? ""
        return Array(text.split(separator: "\n").dropFirst())
    }
}
