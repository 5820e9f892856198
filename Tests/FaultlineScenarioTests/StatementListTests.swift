import Faultline
import Testing

@testable import FaultlineScenario

/// Programs whose statements are read from their lines when they are asked for.
@Suite struct StatementListTests {
    private static let source =
        "# a comment\n\np = mmap(W, 8K, 3, 0x32, -1, 0) => W\r\n  write_pages(p, 8K, 7)  # pages\n"
        + "c = fork()\nc: store(p, 1)\nx = p + 4K\nobserve()\n\nc: load(x) => 7"

    @Test("a statement is the same, kept or read again", arguments: [0, 1, 6])
    func readsAgain(mostKept: Int) throws {
        let kept = try Parser.parse(Self.source)
        let read = try Parser.parse(Self.source, mostKept: mostKept)
        #expect(read.statements.count == 7 && Array(read.statements) == Array(kept.statements))
        #expect(read == kept && read.hashValue == kept.hashValue)
        #expect(read.statements.map(\.line) == [3, 4, 5, 6, 7, 8, 10])
        #expect(read.statements.last?.source == "c: load(x) => 7")
    }

    @Test("a run of statements that are read again is the same")
    func runsTheSame() throws {
        let runs = try [.max, 2].map { mostKept in
            let program = try Parser.parse(Self.source, mostKept: mostKept)
            return try ScenarioSession(program, on: try SimulatorExecutor()).run()
        }
        #expect(runs[0] == runs[1] && runs[0].failedExpectations.isEmpty)
    }

    @Test("mistakes of a long program are found before it runs, those of its syntax and those of its names")
    func findsMistakes() {
        for (source, message) in [
            ("load(W)\nload(W)\nload(q)\n", "3:6: error: "), ("load(W)\nload(W)\nlaod(W)\n", "3:1: error: "),
        ] {
            let error = #expect(throws: ScenarioError.self) { try Parser.parse(source, mostKept: 1) }
            #expect("\(error as Any)".contains(message))
        }
    }
}
