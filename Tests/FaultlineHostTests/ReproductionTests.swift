import Faultline
import FaultlineScenario
import Foundation
import Testing

@testable import FaultlineHost

/// The recordings that come with the project were made on a live kernel by another recorder; the live executor must
/// make the same ones where that kernel runs.
@Suite("On the recorded kernel", .enabled(if: LiveKernel.isTheRecordedOne), .serialized)
struct ReproductionTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../FaultlineScenarioTests/Recordings").standardizedFileURL

    @Test(arguments: ["anon", "cow", "file", "layout", "lock", "mix"])
    func everyRecordingIsReproduced(profile: String) throws {
        let directory = Self.folder.appending(path: profile)
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.path).filter { $0.hasSuffix(".fl") }
        #expect(!names.isEmpty)
        for name in names.sorted() {
            let source = try String(contentsOf: directory.appending(path: name), encoding: .utf8)
            let recorded = directory.appending(path: name.replacing(".fl", with: ".expected"))
            let expected = try String(contentsOf: recorded, encoding: .utf8)
            let program = try Parser.parse(source)
            if try Self.isOfAnotherProcessor(program, expected) {
                print(
                    "skipped \(profile)/\(name): this machine's processor has other features, which the program meets")
                continue
            }
            #expect(try agrees(program, expected), "\(profile)/\(name)")
        }
    }

    /// A recording of a processor with other features than this machine's (protection keys) holds here where the program
    /// meets none of them: then the simulator makes the same one with either.
    private static func isOfAnotherProcessor(_ program: Program, _ expected: String) throws -> Bool {
        let recorded = try Recording.parse(expected).cpu
        if recorded == HostKernel.cpu { return false }
        let runner = try ScenarioSession(program, on: try SimulatorExecutor(settings: HostKernel.settings))
        return try text(of: runner.run(), asOf: recorded) != expected
    }

    private static func text(of run: ScenarioRun, asOf cpu: CPUSettings) -> String {
        var recording = run.recording
        recording.cpu = cpu
        return recording.text
    }

    /// Another process may drain the kernel's per-CPU batches at any time; it does so rarely, but then for a while, and the
    /// longer the busier the machine is. Twenty seconds of it are a difference.
    private func agrees(
        _ program: Program, _ expected: String, options: LiveOptions = LiveOptions()
    ) throws -> Bool {
        let cpu = try Recording.parse(expected).cpu
        for attempt in 0..<50 {
            if try Self.text(of: LiveRecorder(options: options).run(program), asOf: cpu) == expected { return true }
            usleep(UInt32(min(attempt, 10)) * 50_000)
        }
        return false
    }

    @Test func recordingsAreTheSameOnSeveralThreadsAtOnce() throws {
        let directory = Self.folder.appending(path: "cow")
        let programs = try (0..<8).map { number in
            try Parser.parse(String(contentsOf: directory.appending(path: "00\(number).fl"), encoding: .utf8))
        }
        let expected = try (0..<8).map { number in
            try String(contentsOf: directory.appending(path: "00\(number).expected"), encoding: .utf8)
        }
        let processors = LiveOptions.processors()
        let texts = JobPool(workers: 2).run(
            count: 8,
            job: { index, worker in
                let options = LiveOptions(processor: processors[worker % processors.count])
                return (try? agrees(programs[index], expected[index], options: options)) ?? false
            }, finished: { _, _ in true })
        #expect(texts == Array(repeating: true, count: 8))
    }
}
