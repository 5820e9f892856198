import Faultline
import Testing

@testable import FaultlineScenario

/// The search for races, and drawn orders, of programs whose processes wait for a userfaultfd.
struct WaitingSearchTests {
    private static let start = """
        mmap(W, 16K, 3, 0x32, -1, 0)
        s = mmap(W+1M, 4K, 3, 0x32, -1, 0)
        store(s, 7)
        u = userfaultfd(O_NONBLOCK)
        uffd_api(u, 0)
        uffd_register(u, W, 16K, UFFDIO_REGISTER_MODE_MISSING)
        t = clone_vm()

        """

    private func search(_ source: String, limit: Int = 10_000) throws -> (Program, RaceSearch.Outcome) {
        let program = try Parser.parse(Self.start + source)
        return (program, try RaceSearch(limit: limit).search(program) { try SimulatorExecutor() })
    }

    @Test("a process that waits makes nothing until it is served, in every order")
    func servedInEveryOrder() throws {
        let (_, outcome) = try search(
            """
            t: load(W) => 7
            t: load(W+1) => 0
            uffd_copy(u, W, s, 4K, 0) => 4K
            barrier()
            load(W) => 7
            """)
        // The copy comes before, between (the first load waits for it), or behind: never may a load be skipped.
        guard case .none(let orders) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(orders == 2)
    }

    @Test("what a statement that waited comes to is compared when it ends")
    func lateExpectation() throws {
        let program = try Parser.parse(
            Self.start + "t: load(W) => 8\nuffd_copy(u, W, s, 4K, 0)\nt: load(W+4K) => ok\nobserve()\n")
        let run = try ScenarioSession(program, on: try SimulatorExecutor()).run()
        #expect(run.steps.compactMap(\.expectationFailure) == [])
        #expect(run.failedExpectations.map(\.statement.line) == [8, 10])
        #expect(
            run.failedExpectations.map(\.expectationFailure) == ["expected 8", "expected ok, and it still waits"])
        let text = Transcript(program).text(run.steps[8]) + Transcript(program).summary(run)
        #expect(text.contains("      > t runs on: line 8 7 minflt=1 majflt=0\n"), "\(text)")
        #expect(text.contains("      ^ line 8: expected 8\n"))
        #expect(
            text.contains(
                "t waits in line 10 (t: load(W+4K) => ok) for MISSING at 0x100000001000, served by init (descriptor 0), t (descriptor 0)\n"
            ), "\(text)")
        #expect(text.contains("      ^ line 10: expected ok, and it still waits\n"))
        #expect(text.hasSuffix("\n0 of 2 expectations held\n"))
    }

    @Test("where nobody can go on, the deadlock is named, and what is printed shows it")
    func deadlock() throws {
        // If init looks first, it waits for itself to serve the page.
        let (program, outcome) = try search(
            """
            t: uffd_copy(u, W, s, 4K, 0)
            load(W) => 7
            uffd_wake(u, W, 4K)
            """)
        // t serves in every order but none in which init waits for t.
        guard case .none = outcome else {
            Issue.record("\(outcome)")
            return
        }
        let (other, found) = try search(
            """
            t: uffd_copy(u, W, s, 4K, 0)
            barrier()
            x = load(W)
            t: madvise(W, 4K, MADV_DONTNEED)
            load(W) => ok
            t: getpid()
            """)
        guard case .wrongFromTheStart = found else {
            Issue.record("\(found)")
            return
        }
        let (third, race) = try search(
            """
            t: uffd_copy(u, W, s, 4K, 0)
            barrier()
            load(W) => 7
            getpid()
            t: madvise(W, 4K, MADV_DONTNEED)
            """)
        guard case .found(let race) = race else {
            Issue.record("\(race)")
            return
        }
        #expect(race.isDeadlock && race.line == 11)
        #expect(
            race.message.hasPrefix(
                "deadlock: init waits in line 10 (load(W) => 7) for MISSING at 0x100000000000, served by init (descriptor 0), t (descriptor 0); nobody can make line 11"
            ), "\(race.message)")
        let printed = RaceSearch.source(third, race)
        #expect(printed.hasPrefix("# In this order nobody can go on at last (deadlock: "))
        let run = try ScenarioSession(try Parser.parse(printed), on: try SimulatorExecutor()).run()
        #expect(run.waiting.map(\.process) == ["init"])
        _ = (program, other)
    }

    @Test("`fault` stays between the messages that it stands between in the order of lines")
    func faultIsADependency() throws {
        let (_, outcome) = try search(
            """
            t: write_pages(W, 8K, 1)
            uffd_copy(u, fault, s, 4K, 0) => 4K
            uffd_copy(u, fault, s, 4K, 0) => 4K
            barrier()
            load(W) => 1
            load(W+4K) => 1
            """)
        guard case .none(1) = outcome else {
            Issue.record("\(outcome)")
            return
        }
    }

    @Test("a race between a thread and the one that serves it is found")
    func raceWithTheServer() throws {
        // A collector protects the page, copies it, and opens it again; without the wait the store is lost between.
        let (program, outcome) = try search(
            """
            uffd_zeropage(u, W, 4K, 0)
            t: store(W, 5)
            x = load(W)
            store(s, x)
            madvise(W, 4K, MADV_DONTNEED)
            uffd_copy(u, W, s, 4K, 0) => 4K
            barrier()
            load(W) => 5
            """)
        guard case .found(let race) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        let run = try ScenarioSession(
            try Parser.parse(RaceSearch.source(program, race)), on: try SimulatorExecutor()
        ).run()
        #expect(!run.failedExpectations.isEmpty && !race.isDeadlock)
    }

    @Test("a drawn order leaves out nobody, and names a deadlock", arguments: 0..<20 as Range<UInt64>)
    func drawn(_ seed: UInt64) throws {
        let program = try Parser.parse(
            Self.start
                + "t: write_pages(W, 8K, 1) => ok\nt: load(W) => 1\nuffd_copy(u, fault, s, 4K, 0)\nuffd_copy(u, fault, s, 4K, 0)\n"
        )
        let interleaving = try Interleaving(program, seed: seed) { try SimulatorExecutor() }
        #expect(interleaving.deadlock == nil && interleaving.program.statements.count == program.statements.count)
        let run = try ScenarioSession(interleaving.program, on: try SimulatorExecutor()).run()
        #expect(run.failedExpectations.isEmpty && run.steps.allSatisfy { $0.result?.outcome != .skipped })
        let stuck = try Parser.parse(Self.start + "load(W)\ngetpid()\n")
        let other = try Interleaving(stuck, seed: seed) { try SimulatorExecutor() }
        #expect(other.deadlock?.line == 9 && other.program.statements.count == 8)
    }
}
