import Faultline

/// A program under way on a machine: it is stepped statement by statement, and looked at between two of them.
///
///     let session = try ScenarioSession(program, on: SimulatorExecutor())
///     try session.go(to: session.place(beforeLine: 12))
///     print(try session.state().text)
///     try session.step()
///
/// A *place* is the number of statements that are done: 0 at the start, `program.statements.count` at the end.
public final class ScenarioSession {
    /// What runs.
    public let program: Program
    /// What it runs on; nobody else may make calls on it while the session lasts.
    public let executor: any ScenarioExecutor
    /// The address space of the first process before the first statement.
    public let initial: [InitialVMA]
    /// The statements that are done, with what each came to.
    public private(set) var steps: [ScenarioStep] = []
    /// Lets happen what comes from outside before the statement at a place, and says what is to be told of it. A replay calls it
    /// again: what it does may depend on the place and the executor only.
    public var outside: ((_ place: Int) throws -> [String])?
    /// What came from outside before the statement that was begun last.
    public private(set) var told: [String] = []
    private var interpreter: Interpreter

    /// A session at its start; nothing of the program runs yet.
    ///
    /// - Parameter executor: a fresh one.
    /// - Throws: what the executor throws when asked for its address space.
    public init(_ program: Program, on executor: any ScenarioExecutor) throws {
        self.program = program
        self.executor = executor
        initial = try executor.initialAddressSpace()
        interpreter = try Interpreter(on: executor)
    }

    // MARK: Where it is

    /// How many statements are done.
    public var place: Int { steps.count }

    /// Whether all statements are done.
    public var isAtEnd: Bool { place == program.statements.count }

    /// The statement that the next step makes; nil at the end.
    public var next: Statement? { isAtEnd ? nil : program.statements[place] }

    /// The values of the program's names at the present place.
    public var names: [String: Int64] { interpreter.names }

    /// The place before the statement in a line.
    ///
    /// - Throws: ``SessionError/noStatement(line:nearest:)``.
    public func place(beforeLine line: Int) throws(SessionError) -> Int {
        let statements = program.statements
        if let index = statements.firstIndex(where: { $0.line == line }) { return index }
        throw .noStatement(line: line, nearest: statements.map(\.line).min { abs($0 - line) < abs($1 - line) })
    }

    /// The place after the statement in a line.
    ///
    /// - Throws: ``SessionError/noStatement(line:nearest:)``.
    public func place(afterLine line: Int) throws(SessionError) -> Int { try place(beforeLine: line) + 1 }

    // MARK: Going on

    /// Makes the next statement; nil at the end.
    ///
    /// - Parameter beforeStep: is called before it, after what comes from outside; may throw to leave it undone.
    /// - Throws: `ScenarioError` for a mistake of the program that shows only in its run, such as a division by zero; what the
    ///   executor throws. The session then stays before the statement, but the machine may have begun it.
    @discardableResult
    public func step(beforeStep: (Statement) throws -> Void = { _ in }) throws -> ScenarioStep? {
        guard let statement = next else { return nil }
        told = try outside?(place) ?? []
        try beforeStep(statement)
        let step = try interpreter.step(statement)
        steps.append(step)
        return step
    }

    /// Goes on until a statement came to what is looked for.
    ///
    /// - Returns: false where the program ended first.
    @discardableResult
    public func go(until isFound: (ScenarioStep) throws -> Bool) throws -> Bool {
        while let step = try step() {
            if try isFound(step) { return true }
        }
        return false
    }

    /// Runs to the program's end.
    ///
    /// - Parameters:
    ///   - onStep: is called after each statement; may throw to end the run.
    ///   - beforeStep: is called before each statement; may throw to end the run.
    /// - Returns: the whole run, what was done before among it.
    /// - Throws: as ``step(beforeStep:)``.
    @discardableResult
    public func run(
        onStep: (ScenarioStep) throws -> Void = { _ in }, beforeStep: (Statement) throws -> Void = { _ in }
    ) throws -> ScenarioRun {
        while let step = try step(beforeStep: beforeStep) { try onStep(step) }
        return try soFar()
    }

    /// Goes to a place.
    ///
    /// - Precondition: the program has it.
    /// - Throws: as ``step(beforeStep:)``.
    public func go(to place: Int) throws {
        precondition((0...program.statements.count).contains(place), "the program has no such place")
        while self.place < place { try step() }
    }

    // MARK: What it came to

    /// What ran, with the state that it came to; after a step that threw, what was before the statement that threw.
    public func soFar() throws -> ScenarioRun {
        ScenarioRun(
            kernelVersion: executor.kernelVersion, cpu: executor.cpu, initial: initial, steps: steps,
            end: try state())
    }

    /// The state of every live process at the present place, as `observe()` shows it.
    public func state() throws -> RecordedState { try interpreter.state() }

    /// The index of a live process, by the program's name for it.
    func liveProcess(_ name: String) -> Int? {
        interpreter.processes[name].flatMap { executor.wasEnded($0) ? nil : $0 }
    }

    /// The live processes' names, in the order in which they were made.
    public var processNames: [String] {
        interpreter.processes.filter { !executor.wasEnded($0.value) }.sorted { $0.value < $1.value }.map(\.key)
    }
}
