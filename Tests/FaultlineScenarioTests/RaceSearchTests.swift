import Faultline
import Testing

@testable import FaultlineScenario

/// Orders of a program's statements, and the search for one that breaks an expectation.
struct RaceSearchTests {
    private func search(_ source: String, limit: Int = 10_000) throws -> (Program, RaceSearch.Outcome) {
        let program = try Parser.parse(source)
        return (program, try RaceSearch(limit: limit).search(program) { try SimulatorExecutor() })
    }

    static let races = [
        // Lost update: both read before either writes.
        (
            "lost update", 1,
            """
            mmap(W, 4K, 3, 0x32, -1, 0)
            t = clone_vm()
            t: run_on(1)
            a = load(W)
            store(W, a + 1)
            t: b = load(W)
            t: store(W, b + 1)
            barrier()
            load(W) => 2
            """
        ),
        // Use after unmap: the other thread takes the memory away between the check and the use.
        (
            "use after unmap", 1,
            """
            mmap(W, 4K, 3, 0x32, -1, 0)
            t = clone_vm()
            t: run_on(1)
            t: store(W+100, 1) => ok
            t: store(W+200, 2) => ok
            munmap(W, 4K)
            """
        ),
        // A snapshot by fork between two writes that belong together.
        (
            "torn snapshot", 1,
            """
            mmap(W, 4K, 3, 0x32, -1, 0)
            t = clone_vm()
            t: run_on(1)
            store(W, 7)
            store(W+1, 7)
            t: s = fork()
            barrier()
            s: x = load(W)
            s: load(W+1) => x
            """
        ),
    ]

    @Test("a seeded race is found, and the program that is printed shows it", arguments: races)
    func finds(_ name: String, _ preemptions: Int, _ source: String) throws {
        let (program, outcome) = try search(source)
        guard case .found(let race) = outcome else {
            Issue.record("\(name): \(outcome)")
            return
        }
        #expect(race.preemptions <= preemptions)
        let printed = RaceSearch.source(program, race)
        let again = try Parser.parse(printed)
        let run = try ScenarioSession(again, on: try SimulatorExecutor()).run()
        #expect(!run.failedExpectations.isEmpty, "\(printed)")
    }

    @Test("without a race all orders are run; a limit is said")
    func none() throws {
        let source = """
            mmap(W, 8K, 3, 0x32, -1, 0)
            t = clone_vm()
            store(W, 1)
            load(W) => 1
            t: store(W+4K, 2)
            t: load(W+4K) => 2
            """
        guard case .none(let orders) = try search(source).1 else { throw LimitError() }
        // Two statements of each, interleaved: 4 over 2.
        #expect(orders == 6)
        guard case .limit(5) = try search(source, limit: 5).1 else { throw LimitError() }
        guard case .wrongFromTheStart(1, _) = try search("load(W) => 1\n").1 else { throw LimitError() }
    }

    @Test("without an expectation there is nothing to check")
    func nothingToCheck() throws {
        guard case .nothingToCheck = try search("mmap(W, 4K, 3, 0x32, -1, 0)\nt = clone_vm()\nt: store(W, 1)\n").1
        else {
            throw LimitError()
        }
    }

    @Test("ten thousand statements are ordered, searched and drawn without recursion")
    func longProgram() throws {
        var source = "mmap(W, 4K, 3, 0x32, -1, 0) => W\nt = clone_vm()\n"
        for index in 0..<5000 { source += "getpid()\nn\(index) = \(index)\nt: getpid()\n" }
        let (program, outcome) = try search(source + "store(W, 1) => ok\n", limit: 2)
        guard case .limit(2) = outcome else { throw LimitError() }
        let drawn = StatementOrder(program).drawn(seed: 1)
        #expect(drawn.sorted() == Array(program.statements.indices))
        let long = Program(
            statements: Array(repeating: program.statements[0], count: StatementOrder.mostStatements + 1))
        let error = #expect(throws: TooManyStatements.self) {
            try RaceSearch().search(long) { try SimulatorExecutor() }
        }
        #expect(error?.description.contains("100001 statements; those of at most 100000") == true)
    }

    private struct LimitError: Error {}

    @Test("a drawn order keeps each process's own, names, barriers and vfork", arguments: 0..<40 as Range<UInt64>)
    func keepsOrder(_ seed: UInt64) throws {
        for profile in [ScenarioProfile.threads, .share, .cow] {
            let program = try ScenarioGenerator.program(profile: profile, seed: seed)
            let order = StatementOrder(program)
            let drawn = order.drawn(seed: seed)
            #expect(drawn == order.drawn(seed: seed))
            let source = drawn.map { program.statements[$0].source }.joined(separator: "\n") + "\n"
            _ = try Parser.parse(source)
            for process in Set(order.makers.compactMap { $0 }) {
                let own = drawn.filter { order.makers[$0] == process }
                #expect(own == own.sorted())
            }
        }
    }
}
