import Faultline
import FaultlineHost
import Foundation
import Testing

@testable import FaultlineScenario

/// A program that goes back and on again has the same state as before, to the byte.
struct GoingBackTests {
    /// So many, so often, that checkpoints are made, missed, thrown out and made anew.
    private static let limits = ScenarioSession.CheckpointLimits(interval: .microseconds(20), count: 6)

    /// Goes to random places of a program and compares the state there with the one of the first way; returns what differs.
    private func differences(
        _ program: Program, seed: UInt64, settings: KernelSettings = KernelSettings(), tours: Int = 3
    ) throws -> [String] {
        var random = SplitMix64(seed: seed)
        let executor = try SimulatorExecutor(settings: settings)
        executor.findProgram = ProgramImage.files
        let session = try ScenarioSession(program, on: executor, checkpoints: Self.limits)
        let count = program.statements.count
        let looked = (0..<tours).map { _ in Int(random.next() % UInt64(count + 1)) }
        var texts: [Int: String] = [:]
        for place in Set(looked).sorted() {
            try session.go(to: place)
            texts[place] = try text(session, executor)
        }
        let first = try session.run().recording.text
        var found: [String] = []
        for place in looked + looked.reversed() {
            try session.go(to: place)
            if try text(session, executor) != texts[place] { found.append("the state at place \(place)") }
            if let problem = executor.machine.checkInvariants() { found.append("place \(place): \(problem)") }
        }
        if try session.run().recording.text != first { found.append("the recording") }
        return found.map { "\($0); replay: seed \(seed)" }
    }

    /// All that can be seen of a place.
    private func text(_ session: ScenarioSession, _ executor: SimulatorExecutor) throws -> String {
        let names = session.names.sorted { $0.key < $1.key }.map { "\($0)=\($1)" }
        let processes = session.processNames.map { name in
            "\(name) \((try? executor.machine.faultCounts(executor.index(ofProcess: name) ?? 0)).map { "\($0)" } ?? "-")"
        }
        // A look at the state has the CPU's batches put on their lists while a swap area is on: it comes first.
        let state = try session.state().text
        let zones = executor.machine.memoryInfo()
        return state + names.joined(separator: " ") + processes.joined(separator: " ")
            + "\(zones) \(executor.machine.tlbStatistics) \(executor.unmodelled)"
    }

    @Test("recorded programs are the same after any way back", arguments: RecordedCase.folders)
    func recordingsSurvive(_ profile: String) throws {
        for (index, recorded) in try RecordedCase.all(of: profile).enumerated() {
            var settings = KernelSettings()
            settings.cpu = try Recording.parse(recorded.recording).cpu
            let program = try Parser.parse(recorded.program)
            let found = try differences(program, seed: UInt64(index), settings: settings)
            #expect(found == [], "\(recorded.testDescription)")
        }
    }

    @Test("random programs are the same after any way back", arguments: ScenarioProfile.allCases.filter { $0 != .wide })
    func randomProgramsSurvive(_ profile: ScenarioProfile) throws {
        for seed in 400..<404 as Range<UInt64> {
            let program = try ScenarioGenerator.program(profile: profile, seed: seed)
            #expect(try differences(program, seed: seed) == [], "\(profile.rawValue) \(seed)")
        }
    }

    @Test("a way back leaves the steps before it and forgets those behind it")
    func stepsAreThoseDone() throws {
        let source = "x = 1\nobserve()\np = mmap(W, 4K, 3, 0x32, -1, 0)\nstore(p, 7)\nassert(p) => Rss=4\n"
        let session = try ScenarioSession(
            try Parser.parse(source), on: try SimulatorExecutor(), checkpoints: ScenarioSession.CheckpointLimits())
        let run = try session.run()
        try session.back(2)
        #expect(session.place == 3 && session.next?.line == 4 && session.names == ["x": 1, "p": 0x1000_0000_0000])
        #expect(session.steps == Array(run.steps.prefix(3)))
        try session.back(9)
        #expect(session.place == 0 && session.names.isEmpty)
        #expect(try session.run() == run)
    }

    @Test("what comes from outside comes again on the way back, and events are told once")
    func outsideComesAgain() throws {
        let executor = try SimulatorExecutor()
        let program = try Parser.parse("p = mmap(W, 4K, 3, 0x32, -1, 0)\nstore(p, 7)\nstore(p, 8)\n")
        let session = try ScenarioSession(
            program, on: executor, checkpoints: .init(interval: .seconds(1000)))
        var places: [Int] = []
        session.outside = { place in
            places.append(place)
            return []
        }
        executor.machine.trace(true)
        try session.run()
        #expect(!executor.machine.takeEvents().isEmpty)
        try session.back()
        #expect(places == [0, 1, 2, 0, 1])
        #expect(executor.machine.takeEvents().isEmpty && executor.machine.isTracing)
    }

    @Test("a session without checkpoints does not go back, nor does one that checks the TLB")
    func saysThatItCannot() throws {
        let program = try Parser.parse("x = 1\n")
        let plain = try ScenarioSession(program, on: try SimulatorExecutor())
        let checking = try SimulatorExecutor()
        checking.machine.checksCoherence = true
        for session in [plain, try ScenarioSession(program, on: checking, checkpoints: .init())] {
            try session.run()
            #expect(throws: SessionError.cannotGoBack) { try session.back() }
            #expect(session.place == 1)
        }
    }

    /// The stored properties of the type that a file is named for.
    private func properties(_ path: String) throws -> (names: [String], folder: URL) {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Sources/Faultline")
        let text = try String(contentsOf: root.appending(path: path), encoding: .utf8)
        let type = URL(filePath: path).deletingPathExtension().lastPathComponent
        let start = try #require(text.firstMatch(of: try Regex("(?m)^.*(struct|class) \(type)\\b"))?.range.lowerBound)
        let body = text[start..<(text[start...].range(of: "\n}")?.lowerBound ?? text.endIndex)]
        let names = body.matches(
            of: /(?m)^    (?:@\w+(?:\(\w+\))? )*(?:public |private |internal\(set\) )*var (\w+)(?:: [^{\n]+| = .*)$/)
        return (names.map { String($0.1) }, root)
    }

    @Test(
        "every stored property is in the checkpoint: one that is forgotten would stay as it is on the way back",
        arguments: [
            ("Machine/Machine.swift", "Machine/MachineCheckpoint.swift"),
            ("Process/Process.swift", "Machine/MachineCheckpoint.swift"),
            ("Backing/DiskDevice.swift", "Backing/DiskDevice+Checkpoint.swift"),
            ("Physical/PhysicalMemory.swift", "Physical/PhysicalMemory+Checkpoint.swift"),
            ("Physical/Nodes.swift", "Physical/PhysicalMemory+Checkpoint.swift"),
            ("Hardware/MMU.swift", "Hardware/MMU+Checkpoint.swift"),
            ("Machine/CPU.swift", "Machine/MachineCheckpoint.swift"),
        ])
    func nothingIsForgotten(_ type: String, _ checkpoint: String) throws {
        let (names, folder) = try properties(type)
        #expect(!names.isEmpty, "\(type) has properties")
        let text = try String(contentsOf: folder.appending(path: checkpoint), encoding: .utf8)
        let words = Set(text.matches(of: /\w+/).map { String($0.0) })
        // Settings of the one who listens, which a way back leaves as they are.
        let left: Set<String> = [
            "isTracing", "keepsRefusals", "hearsRefusals", "eventLimit", "eventTaker", "host", "kernelProbe",
            "kernelWatches",
            "notesFallbacks", "vmaLocks",
        ]
        for name in names where !left.contains(name) {
            #expect(words.contains(name), "\(type): \(name) is not in \(checkpoint)")
        }
    }
}
