import CBench
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
        var parsed: Program?
        var figures: [Figure] = []
        func add(_ name: String, _ milliseconds: Double, goal: Double? = nil) {
            figures.append(
                Figure(
                    name: name, unit: "ms", ours: Samples([milliseconds]), goal: goal.map(Goal.atMost)))
        }
        add("parsing it", try milliseconds { parsed = try Parser.parse(source) })
        guard let program = parsed else { return figures }
        let plain = try ScenarioSession(program, on: try SimulatorExecutor())
        add("running it", try milliseconds { try plain.run() })
        let session = try ScenarioSession(program, on: try SimulatorExecutor(), checkpoints: .init())
        add("running it with checkpoints", try milliseconds { try session.run() })
        var random = SplitMix64(seed: 1)
        let count = program.statements.count
        // Each place lies before the one that the session is at: going forward again would take as long as running it.
        let places = (0..<effort.repetitions * 4).map { _ in Int(random.next() % UInt64(count)) }
        var ways: [Double] = []
        for place in places.sorted(by: >) { ways.append(try milliseconds { try session.go(to: place) }) }
        add("going back by one statement", try milliseconds { try session.back() }, goal: 1000)
        ways.sort()
        add("going back to an earlier place, median", ways[ways.count / 2], goal: 1000)
        add("going back to an earlier place, longest", ways[ways.count - 1], goal: 1000)
        return figures
    }

    private static func milliseconds(_ body: () throws -> Void) rethrows -> Double {
        let start = fl_bench_now()
        try body()
        return Double(fl_bench_now() - start) / 1e6
    }
}
