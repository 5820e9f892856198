import Faultline
import FaultlineHost
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
        #expect(cases.count >= RecordedCase.leastCount(of: profile), "recordings of \(profile) are missing")
        #expect(try RecordedCase.unpaired(in: profile) == [], "a program and its recording go together")
        var equal = 0
        for recorded in cases {
            var settings = KernelSettings()
            settings.cpu = try Recording.parse(recorded.recording).cpu
            let executor = try SimulatorExecutor(settings: settings)
            executor.findProgram = ProgramImage.files
            executor.selfCheck = .everyCall
            let runner = try ScenarioSession(try Parser.parse(recorded.program), on: executor)
            let got = try runner.run().recording.text
            if got == recorded.recording {
                equal += 1
            } else {
                Issue.record("\(Self.difference(got, recorded))")
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
            let runner = try ScenarioSession(program, on: executor)
            return (try runner.run().recording.text, executor.machine.takeEvents())
        }
        let first = try run()
        let second = try run()
        #expect(first.0 == second.0 && first.1 == second.1)
        #expect(!first.1.isEmpty)
    }

    @Test("a difference is shown as a unified diff, under the statement that it belongs to")
    func differencesAreReadable() throws {
        let recorded = try #require(try RecordedCase.all(of: "anon").first)
        let lines = recorded.recording.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let index = try #require(lines.firstIndex { $0.hasPrefix("    vma ") })
        var changed = lines
        changed[index] += " xx"
        let text = Self.difference(changed.joined(separator: "\n"), recorded)
        let statement = try #require(lines[..<index].last { $0.first?.isNumber == true }?.split(separator: " ").first)
        let number = try #require(Int(statement))
        let source = recorded.program.split(separator: "\n", omittingEmptySubsequences: false)[number - 1]
        #expect(
            text.hasPrefix("anon/\(recorded.name): differs at line \(number): \(source)\n--- kernel\n+++ model\n@@ -"))
        #expect(text.contains("\n-\(lines[index])\n+\(lines[index]) xx\n"))
    }

    /// The first statement that differs, as the program has it, and its state as a unified diff.
    private static func difference(_ got: String, _ recorded: RecordedCase) -> String {
        let comparison = RecordingComparison(kernel: recorded.recording, model: got)
        let source = recorded.program.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        // The comparison passes over another kernel version; here the bytes count.
        let report = comparison.isEqual ? ["differs in its first line"] : comparison.report(program: source)
        return "\(recorded.testDescription): " + report.joined(separator: "\n")
    }
}
