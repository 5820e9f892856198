import Faultline
import Foundation
import Testing

@testable import FaultlineScenario

/// The simulator against what the live kernel did: every recording, byte for byte, with the machine's self-checks after
/// every statement.
struct SimulatorRecordingTests {
    @Test(
        "every recording comes out as on the live kernel", arguments: RecordedCase.folders)
    func recordingsAreEqual(_ profile: String) throws {
        let cases = try RecordedCase.all(of: profile)
        #expect(cases.count >= 40)
        var equal = 0
        for recorded in cases {
            let executor = try SimulatorExecutor()
            executor.checksInvariants = true
            var runner = try ScenarioRunner(try Parser.parse(recorded.program), on: executor)
            let got = try runner.run().recording.text
            if got == recorded.recording {
                equal += 1
            } else {
                Issue.record("\(recorded): \(Self.difference(got, recorded.recording, recorded.program))")
            }
        }
        print("\(profile): \(equal) of \(cases.count) equal")
        #expect(equal == cases.count)
    }

    @Test("the same program gives the same bytes on every run, events too")
    func isDeterministic() throws {
        let program = try Parser.parse(try #require(try RecordedCase.all(of: "mix").first).program)
        func run() throws -> (String, [Event]) {
            let executor = try SimulatorExecutor()
            executor.machine.trace(true)
            var runner = try ScenarioRunner(program, on: executor)
            return (try runner.run().recording.text, executor.machine.takeEvents())
        }
        let first = try run()
        let second = try run()
        #expect(first.0 == second.0 && first.1 == second.1)
        #expect(!first.1.isEmpty)
    }

    /// The first line that differs, in both, with the statement that it belongs to.
    private static func difference(_ got: String, _ expected: String, _ source: String) -> String {
        let a = got.split(separator: "\n", omittingEmptySubsequences: false)
        let b = expected.split(separator: "\n", omittingEmptySubsequences: false)
        let index = zip(a, b).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? min(a.count, b.count)
        let line = b[...min(index, b.count - 1)].reversed().lazy.compactMap { Int($0.prefix { $0.isNumber }) }.first
        let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
        let statement = line.map { "line \($0): \(lines[$0 - 1])" } ?? "the end"
        return
            "\(statement)\n-\(b.indices.contains(index) ? b[index] : "")\n+\(a.indices.contains(index) ? a[index] : "")"
    }
}
