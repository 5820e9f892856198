import Faultline
import FaultlineScenario

extension Section {
    /// How fast a session goes through a long program, and back.
    static let session = Section(name: "session", heading: "A session of a random program of 100,000 statements") {
        effort throws(BenchError) in
        do { return try measureSession(effort) } catch {
            throw .cannotRun(section: "session", reason: "\(error)")
        }
    }

    private static func measureSession(_ effort: Effort) throws -> [Figure] {
        let source = ScenarioGenerator.source(profile: .mix, seed: 1, blocks: 100_000 / 15)
        let clock = ContinuousClock()
        var parsed: Program?
        var figures: [Figure] = []
        func add(_ name: String, _ duration: Duration, goal: Duration? = nil) {
            figures.append(
                Figure(
                    name: name, unit: "ms", ours: duration / .milliseconds(1),
                    goal: goal.map { $0 / .milliseconds(1) }, limitName: "-"))
        }
        add("parsing it", try clock.measure { parsed = try Parser.parse(source) })
        guard let program = parsed else { return figures }
        let plain = try ScenarioSession(program, on: try SimulatorExecutor())
        add("running it", try clock.measure { try plain.run() })
        let session = try ScenarioSession(program, on: try SimulatorExecutor(), checkpoints: .init())
        add("running it with checkpoints", try clock.measure { try session.run() })
        var random = SplitMix64(seed: 1)
        let count = program.statements.count
        var ways: [Duration] = []
        for _ in 0..<effort.repetitions * 10 {
            try session.go(to: count)
            let place = Int(random.next() % UInt64(count))
            ways.append(try clock.measure { try session.go(to: place) })
        }
        ways.sort()
        let goal = Duration.seconds(1)
        add("going back from its end to any place, median", ways[ways.count / 2], goal: goal)
        add("going back from its end to any place, longest", ways[ways.count - 1], goal: goal)
        try session.go(to: count)
        add("going back by one statement", try clock.measure { try session.back() }, goal: goal)
        return figures
    }
}
