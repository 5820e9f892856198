import Faultline
import FaultlineScenario

extension Section {
    /// How fast a session goes through a long program, and back.
    static let session = Section(
        name: "session", heading: "A session of a random program of 100,000 statements without observations"
    ) {
        effort throws(BenchError) in
        do { return try measureSession(effort) } catch {
            throw .cannotRun(section: "session", reason: "\(error)")
        }
    }

    private static func measureSession(_ effort: Effort) throws -> [Figure] {
        // What observe() prints grows with all that the program has left behind, so that the output of a long one is the square
        // of its length.
        let source = ScenarioGenerator.source(profile: .mix, seed: 1, blocks: 100_000 / 12)
            .split(separator: "\n").filter { !$0.contains("observe()") }.joined(separator: "\n")
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
        // Each place lies before the one that the session is at: going forward again would take as long as running it.
        let places = (0..<effort.repetitions * 4).map { _ in Int(random.next() % UInt64(count)) }
        var ways: [Duration] = []
        for place in places.sorted(by: >) { ways.append(try clock.measure { try session.go(to: place) }) }
        add("going back by one statement", try clock.measure { try session.back() }, goal: .seconds(1))
        ways.sort()
        add("going back to an earlier place, median", ways[ways.count / 2], goal: .seconds(1))
        add("going back to an earlier place, longest", ways[ways.count - 1], goal: .seconds(1))
        return figures
    }
}
