import Faultline
import Foundation
import Testing

@testable import FaultlineScenario

/// The programs of `examples/`: what they expect holds, and what they do is what the live kernel did.
struct ExampleTests {
    static let folder = RecordedCase.folder.deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "examples")

    static let names = programs(in: folder)
    /// Programs that no live kernel can run: they ask the simulated one for memory of its own.
    static let kernelNames = programs(in: folder.appending(path: "kernel")).map { "kernel/" + $0 }

    private static func programs(in folder: URL) -> [String] {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.filter { $0.hasSuffix(".fl") }.map { String($0.dropLast(3)) }.sorted()
    }

    @Test("there are examples")
    func thereAreExamples() { #expect(Self.names.count >= 6 && Self.kernelNames.count >= 2) }

    @Test("an example of the kernel's own memory comes to what it came to", arguments: kernelNames)
    func kernelExampleHolds(_ name: String) throws { try exampleHolds(name) }

    @Test("an example's expectations hold, and its recording is the live kernel's", arguments: names)
    func exampleHolds(_ name: String) throws {
        let source = try String(contentsOf: Self.folder.appending(path: name + ".fl"), encoding: .utf8)
        let expected = try String(contentsOf: Self.folder.appending(path: name + ".expected"), encoding: .utf8)
        var settings = KernelSettings()
        settings.cpu = try Recording.parse(expected).cpu
        let executor = try SimulatorExecutor(settings: settings)
        executor.selfCheck = .everyCall
        let runner = try ScenarioSession(try Parser.parse(source), on: executor)
        let run = try runner.run()
        #expect(run.failedExpectations.map(\.statement.source) == [])
        #expect(run.recording.text == expected)
    }

    @Test("a transcript shows the statement, what it came to, its events and what failed")
    func transcript() throws {
        let program = try Parser.parse("p = mmap(W, 4K, 3, 0x32, -1, 0)\nstore(p, 1) => EINVAL\n")
        let executor = try SimulatorExecutor()
        executor.machine.trace(true)
        let runner = try ScenarioSession(program, on: executor)
        var text = ""
        let transcript = Transcript(program)
        let run = try runner.run {
            var notes = Transcript.Notes()
            notes.events = executor.machine.takeEvents()
            text += transcript.text($0, notes)
        }
        text += transcript.summary(run)
        #expect(text.contains("   1  p = mmap(W, 4K, 3, 0x32, -1, 0)  0x100000000000\n"))
        #expect(text.contains("process 0: page_mapped 0x100000000000"))
        #expect(text.contains("(first write of anonymous memory)"))
        #expect(text.contains("      ^ expected EINVAL\n"))
        #expect(text.hasSuffix("\n0 of 1 expectations held\n"))
    }
}
