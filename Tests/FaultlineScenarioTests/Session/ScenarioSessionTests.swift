import Faultline
import FaultlineScenario
import Testing

/// A session goes through a program statement by statement and answers questions on the way.
struct ScenarioSessionTests {
    private static let source = """
        # two processes
        p = mmap(W, 12K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
        write_pages(p, 8K, 7)

        c = fork()
        c: store(p, 8)
        c: exit(0)
        x = 1 / (p - W)

        """

    private func session(_ source: String = source) throws -> ScenarioSession {
        try ScenarioSession(try Parser.parse(source), on: try SimulatorExecutor())
    }

    @Test("a step makes the next statement and returns what it came to")
    func stepsOnce() throws {
        let session = try session()
        #expect(session.place == 0 && session.next?.line == 2)
        let step = try #require(try session.step())
        #expect(step.value == 0x1000_0000_0000)
        #expect(session.names["p"] == step.value)
        #expect(session.place == 1 && session.next?.line == 3)
    }

    @Test("a session that keeps no steps gives each one once, and comes to the same recording")
    func keepsNoSteps() throws {
        let program = try Parser.parse(Self.source.replacing("x = 1 / (p - W)", with: "observe()"))
        let whole = try ScenarioSession(program, on: try SimulatorExecutor()).run()
        let session = try ScenarioSession(program, on: try SimulatorExecutor(), keepsSteps: false)
        var writer = RecordingWriter(
            kernelVersion: whole.kernelVersion, cpu: whole.cpu, initial: session.initial)
        var steps: [ScenarioStep] = []
        while let step = try session.step() {
            steps.append(step)
            writer.add(step)
            #expect(session.place == steps.count && session.steps.isEmpty)
        }
        #expect(session.isAtEnd && steps == whole.steps)
        #expect(writer.finish(try session.state()) == whole.recording.text)
    }

    @Test("a place before a line is not yet in it, one after a line is past it")
    func findsPlaces() throws {
        let session = try session()
        #expect(try session.place(beforeLine: 5) == 2)
        #expect(try session.place(afterLine: 5) == 3)
        #expect(throws: SessionError.noStatement(line: 4, nearest: 3)) { try session.place(beforeLine: 4) }
    }

    @Test("a run until a condition stops behind the statement that meets it")
    func runsUntil() throws {
        let session = try session()
        #expect(try session.go { $0.statement.call?.name == .fork })
        #expect(session.place == 3)
        #expect(session.processNames == ["init", "c"])
    }

    @Test("a step that throws leaves the session before its statement")
    func staysBeforeMistake() throws {
        let session = try session()
        #expect(throws: ScenarioError.self) { try session.run() }
        #expect(session.place == 5 && session.next?.line == 8)
        #expect(try session.soFar().steps.count == 5)
    }

    @Test("what comes from outside comes before each statement, with its place")
    func callsOutside() throws {
        let session = try session()
        session.outside = { ["place \($0)"] }
        try session.step()
        #expect(session.told == ["place 0"])
        var seen: [String] = []
        try session.step { _ in seen = session.told }
        #expect(seen == ["place 1"])
    }

    @Test("questions have the answers of the present place")
    func answersQuestions() throws {
        let session = try session()
        try session.go(to: session.place(afterLine: 5))
        #expect(try session.value(of: "p+4K") == 0x1000_0000_1000)
        let location = try session.location("c:p+4K")
        #expect(location.process == 1 && location.address == 0x1000_0000_1000)
        let vma = try #require(try session.vma(at: location))
        #expect(vma.start == 0x1000_0000_0000 && vma.pages.count == 2)
        #expect(try session.vma(at: session.location("init:0x1000")) == nil)
        #expect(try session.state().processes.count == 2)
    }

    @Test(
        "a question that has no answer says why",
        arguments: [
            ("p", "give PROCESS:ADDRESS, as init:0x1000"),
            ("d:p", "the program has no process 'd'; alive at the program's end: init"),
            ("c:p", "the process 'c' is not alive at the program's end; alive then: init"),
            ("init:q", "'q' is no address; as 0x100000001000, W+4K or p+4K with a name of the program"),
        ])
    func explainsBadQuestions(_ text: String, _ expected: String) throws {
        let session = try session("p = mmap(W, 4K, 3, 0x32, -1, 0)\nc = fork()\nc: exit(0)\n")
        try session.run()
        let error = #expect(throws: SessionError.self) { try session.location(text) }
        #expect(error?.description == expected)
    }
}
