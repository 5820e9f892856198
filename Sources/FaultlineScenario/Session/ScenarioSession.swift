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
    public private(set) var program: Program
    /// What it runs on; nobody else may make calls on it while the session lasts.
    public let executor: any ScenarioExecutor
    /// The address space of the first process before the first statement.
    public let initial: [InitialVMA]
    /// The statements that are done, with what each came to; none in a session that keeps no steps.
    public private(set) var steps: [ScenarioStep] = []
    /// How many statements are done.
    public private(set) var place = 0
    private let keepsSteps: Bool
    /// Lets happen what comes from outside before the statement at a place, and says what is to be told of it. A replay calls it
    /// again: what it does may depend on the place and the executor only.
    public var outside: ((_ place: Int) throws -> [String])?
    /// What came from outside before the statement that was begun last.
    public private(set) var told: [String] = []
    private var interpreter: Interpreter
    private var checkpoints: SessionCheckpoints?
    /// How long the statements before the present place take to make; known only where there are checkpoints.
    private var elapsed = Duration.zero

    /// A session at its start; nothing of the program runs yet.
    ///
    /// - Parameters:
    ///   - executor: a fresh one.
    ///   - checkpoints: what may be spent on going back; nil for a session that goes forward only.
    ///   - keepsSteps: false for one that goes forward only and whose user takes each step as it is made: of a long program the steps
    ///     take more memory than all else.
    /// - Throws: what the executor throws when asked for its address space.
    public init(
        _ program: Program, on executor: any ScenarioExecutor, checkpoints: CheckpointLimits? = nil,
        keepsSteps: Bool = true
    ) throws {
        precondition(keepsSteps || checkpoints == nil, "a session that goes back keeps its steps")
        self.program = program
        self.keepsSteps = keepsSteps
        self.executor = executor
        executor.prepare(for: program)
        initial = try executor.initialAddressSpace()
        interpreter = try Interpreter(on: executor)
        if let checkpoints {
            self.checkpoints = SessionCheckpoints(limits: checkpoints)
            keepCheckpoint()
        }
    }

    // MARK: Where it is

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
        if let index = statements.indices.first(where: { statements.line(at: $0) == line }) { return index }
        let lines = statements.indices.lazy.map { statements.line(at: $0) }
        throw .noStatement(line: line, nearest: lines.min { abs($0 - line) < abs($1 - line) })
    }

    /// The place after the statement in a line.
    ///
    /// - Throws: ``SessionError/noStatement(line:nearest:)``.
    public func place(afterLine line: Int) throws(SessionError) -> Int { try place(beforeLine: line) + 1 }

    /// Goes on with another program, whose statements up to the present place are those that were made.
    ///
    /// - Precondition: the programs agree up to there, and the session keeps its steps.
    public func continueWith(_ program: Program) {
        precondition(keepsSteps, "a session without steps knows only its own program")
        let made = steps.map(\.statement)
        precondition(program.statements.starts(with: made), "the program differs in a statement that was made")
        self.program = program
    }

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
        let step = try make(statement)
        if keepsSteps { steps.append(step) }
        place += 1
        keepCheckpoint()
        return step
    }

    private func make(_ statement: Statement) throws -> ScenarioStep {
        guard checkpoints != nil else { return try interpreter.step(statement) }
        let start = ContinuousClock.now
        defer { elapsed += ContinuousClock.now - start }
        return try interpreter.step(statement)
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

    /// Goes to a place, forward or back.
    ///
    /// - Precondition: the program has it.
    /// - Throws: as ``step(beforeStep:)``; ``SessionError/cannotGoBack`` for a place before the present one, where there are no
    ///   checkpoints.
    public func go(to place: Int) throws {
        precondition((0...program.statements.count).contains(place), "the program has no such place")
        if place < self.place { try replay(to: place) }
        while self.place < place { try step() }
    }

    // MARK: Going back

    /// Goes back by so many statements, or to the start: names, processes, memory, files and counts are as they were there. The
    /// statements between the checkpoint before that place and the place are made again; how long that takes does not depend on
    /// the program's length.
    ///
    /// - Throws: ``SessionError/cannotGoBack`` where there are no checkpoints: the session was made without, the executor is a
    ///   live kernel, or the machine checks the coherence of its TLB.
    public func back(_ count: Int = 1) throws { try go(to: max(place - count, 0)) }

    private func replay(to place: Int) throws {
        guard let entry = checkpoints?.nearest(to: place) else { throw SessionError.cannotGoBack }
        entry.executor.restore()
        interpreter = entry.interpreter
        elapsed = entry.elapsed
        told = []
        steps.removeLast(self.place - place)
        self.place = place
        interpreter.isReplaying = true
        defer { interpreter.isReplaying = false }
        try executor.replay {
            for index in entry.place..<place {
                _ = try outside?(index)
                _ = try make(program.statements[index])
            }
        }
    }

    /// Notes the present place where it is far enough behind the one before.
    private func keepCheckpoint() {
        guard let kept = checkpoints, kept.isDue(at: place, elapsed: elapsed) else { return }
        let previous = kept.nearest(to: place)?.executor
        guard let checkpoint = executor.checkpoint(after: previous) else { return }
        checkpoints?.add(
            SessionCheckpoints.Entry(
                place: place, elapsed: elapsed, interpreter: interpreter, executor: checkpoint))
    }

    // MARK: What it came to

    /// What ran, with the state that it came to; after a step that threw, what was before the statement that threw. A session that keeps
    /// no steps has none to give.
    public func soFar() throws -> ScenarioRun {
        ScenarioRun(
            kernelVersion: executor.kernelVersion, cpu: executor.cpu, initial: initial, steps: steps,
            end: try state(), waiting: waiting)
    }

    /// The state of every live process at the present place, as `observe()` shows it.
    public func state() throws -> RecordedState { try interpreter.state() }

    /// Who waits for whom at the present place, in the order in which the processes were made.
    public var waiting: [WaitingProcess] { interpreter.waitingProcesses() }

    /// The index of a live process, by the program's name for it.
    func liveProcess(_ name: String) -> Int? {
        interpreter.processes[name].flatMap { executor.wasEnded($0) ? nil : $0 }
    }

    /// The live processes' names, in the order in which they were made.
    public var processNames: [String] {
        interpreter.processes.filter { !executor.wasEnded($0.value) }.sorted { $0.value < $1.value }.map(\.key)
    }
}
