import Faultline
import FaultlineScenario
import Testing

@testable import FaultlineHost

/// The check finds a model's error and shows it small.
struct ShrinkerTests {
    /// A simulator with an error in it: after a fork, every store takes a fault too many.
    private final class FaultyExecutor: ScenarioExecutor {
        private let sound: SimulatorExecutor
        private var hasForked = false
        var kernelVersion: String { sound.kernelVersion }

        var cpu: CPUSettings { sound.cpu }

        init() throws { sound = try SimulatorExecutor() }

        func initialAddressSpace() throws -> [InitialVMA] { try sound.initialAddressSpace() }

        func perform(_ call: EvaluatedCall, process: Int) throws -> StatementResult {
            var result = try sound.perform(call, process: process)
            if call.name == .fork { hasForked = true }
            if call.name == .store, hasForked { result.minflt += 1 }
            return result
        }

        func observe() throws -> [ProcessView] { try sound.observe() }
    }

    private func differs(_ program: Program) -> Bool {
        guard let sound = try? ScenarioSession(program, on: try SimulatorExecutor()).finished(),
            let faulty = try? ScenarioSession(program, on: try FaultyExecutor()).finished()
        else { return false }
        return sound != faulty
    }

    @Test("a planted error is shrunk to at most six statements", arguments: [1, 2, 3, 4, 5] as [UInt64])
    func shrinksToFewStatements(_ seed: UInt64) throws {
        var source = ScenarioGenerator.source(profile: .cow, seed: seed)
        source += "q = mmap(NULL, 64K, 3, 0x22, -1, 0)\nz = fork()\nstore(q+12K, 9)\n"
        #expect(differs(try Parser.parse(source)))
        var shrinker = ProgramShrinker(budget: 2000) { differs($0) }
        let small = shrinker.shrink(source)
        let program = try Parser.parse(small)
        #expect(differs(program))
        #expect(program.statements.count <= 6)
    }

    @Test("a program that does not differ is left as it is")
    func leavesEqualPrograms() {
        let source = "munmap(W, 4K)\n"
        var shrinker = ProgramShrinker { _ in false }
        #expect(shrinker.shrink(source) == source)
    }

    @Test(
        "random programs do on this kernel what they do in the simulator", .enabled(if: LiveKernel.isTheRecordedOne),
        arguments: ScenarioProfile.allCases.filter(\.isOrdinary))
    func randomProgramsAgree(_ profile: ScenarioProfile) {
        let check = ProgramCheck(recorder: LiveRecorder(), runs: 2) {
            try SimulatorExecutor(settings: HostKernel.settings)
        }
        var options = LiveOptions()
        options.runsAlone = true
        let alone = ProgramCheck(recorder: LiveRecorder(options: options), runs: 2) {
            try SimulatorExecutor(settings: HostKernel.settings)
        }
        let outcomes = RandomCheck(profile: profile, seed: 70_000, count: 10, jobs: 1, check: check).run { _, _ in }
        for outcome in outcomes {
            guard case .different = outcome.verdict else { continue }
            // Live runs of tests beside this one drain the processors' batches: what differs must do so again with none beside it.
            let source = ScenarioGenerator.source(profile: profile, seed: outcome.seed)
            guard let program = try? Parser.parse(source) else { continue }
            let again = (0..<3).map { _ in alone.verdict(on: program) }
            let isSteady = again.allSatisfy { if case .different = $0 { true } else { false } }
            if isSteady, case .different(let difference) = outcome.verdict {
                let report = difference.comparison?.report(program: []) ?? [difference.failure ?? ""]
                Issue.record("\(profile.rawValue) \(outcome.seed): \(report.joined(separator: "\n"))")
            }
        }
    }
}

extension ScenarioSession {
    fileprivate func finished() throws -> String {
        try run().recording.text
    }
}

/// The rules that programs reach are counted, and those never reached are listed.
struct RuleCoverageTests {
    @Test("a program's rules are counted, the others are said to be never reached")
    func countsRules() throws {
        var coverage = RuleCoverage()
        try coverage.add(try Parser.parse("p = mmap(W, 8K, 3, 0x32, -1, 0)\nstore(p, 1)\nc = fork()\nstore(p, 2)\n"))
        let report = coverage.report
        func line(_ name: String) -> String? { report.first { $0.hasPrefix(name) } }
        #expect(line("cow_copied")?.hasSuffix("  1") == true)
        #expect(line("first write of anonymous memory")?.hasSuffix("  1") == true)
        #expect(line("stack_grown")?.hasSuffix("never") == true)
    }
}
