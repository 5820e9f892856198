import Faultline

/// Makes a program's statements on a machine, and holds what they leave behind: names, processes, who waits for whom.
///
/// It is plain data: a copy that is put back, together with the machine's own state, is an earlier place in the program.
struct Interpreter {
    let executor: any ScenarioExecutor
    private let scope: StateScope
    /// The values of the program's names, so far.
    var names: [String: Int64] = [:]
    /// The live processes' indices.
    var processes: [String: Int] = [Program.firstProcess: 0]
    var processCount = 1
    /// Statements that wait, by the process that sleeps in them.
    var asleep: [String: SleepingStatement] = [:]
    /// Processes that are not there because their fork waits, or was skipped.
    var absent: Set<String> = []
    /// Processes that have become another program than the agent, which makes no statements for them.
    private var programs: [String: (file: String, line: Int)] = [:]
    /// Processes that wait in vfork, by the child.
    var waiting: [String: (parent: String, statement: Statement)] = [:]
    /// How many messages of page faults there were: `fault` is the address of the last one.
    var messageCount = 0
    /// The flags of pages that the state shows; `show` adds to them.
    var shownFlags = PageFlags.always
    /// How many processes had ended when ``endKilled()`` looked last.
    private var seenEndings: UInt64 = 0
    /// A replay does not look at the state: what `observe` and `assert` show is known, and changes nothing.
    var isReplaying = false

    /// - Throws: what the executor throws when asked what it shows.
    init(on executor: any ScenarioExecutor) throws {
        self.executor = executor
        scope = try executor.stateScope()
    }

    /// The state of every live process.
    func state() throws -> RecordedState {
        RecordedState(try executor.observe(), scope: scope, flags: shownFlags)
    }

    /// Makes a statement.
    ///
    /// - Throws: `ScenarioError` for a mistake of the program that shows only in its run, such as a division by zero; what the
    ///   executor throws.
    mutating func step(_ statement: Statement) throws -> ScenarioStep {
        switch statement.action {
        case .assign(let name, let expression):
            let value = try evaluate(expression, in: statement)
            names[name] = value
            return ScenarioStep(statement: statement, value: value)
        case .call(let call) where call.name == .observe:
            if let name = call.assignedName { names[name] = 0 }
            if isReplaying { return ScenarioStep(statement: statement, value: 0) }
            var step = ScenarioStep(statement: statement, content: .observation(try state()), value: 0)
            step.expectationFailure = try expectationFailure(statement, outcome: .ok, value: 0)
            return step
        case .call(let call) where call.name == .assert:
            if let name = call.assignedName { names[name] = 0 }
            var step = ScenarioStep(statement: statement, value: 0)
            if isReplaying { return step }
            step.expectationFailure = try assertionFailure(call, in: statement)
            return step
        case .call(let call):
            if isSkipped(call) { return try skip(call, statement) }
            let result = try perform(call, in: statement)
            var isLater = false
            if case .waits(let sleep) = result.outcome {
                noteSleep(call, in: statement, sleep)
                // It has not ended: its outcome is compared when it has.
                isLater = statement.expectation != .waits
            }
            // The names take their values first: an expectation may speak of the one that the statement assigns.
            if let name = call.assignedName { names[name] = result.value }
            var step = ScenarioStep(
                statement: statement, content: .result(RecordedResult(result, of: call.name)), value: result.value)
            if !isLater {
                step.expectationFailure = try expectationFailure(
                    statement, outcome: result.outcome, value: result.value)
            }
            step.refusal = result.refusal
            step.processName = call.process
            step.killed = endKilled()
            if !asleep.isEmpty { (step.wakes, step.lateFailures) = try wake() }
            return step
        }
    }

    /// The result of a call that is made by a missing process, or names one.
    private static func noProcess(_ name: String) -> StatementResult {
        var result = StatementResult(.error(.ESRCH))
        result.refusal = Refusal(.errno(.ESRCH), .noProcess(name))
        return result
    }

    private mutating func perform(_ call: Call, in statement: Statement) throws -> StatementResult {
        // The validator knows which processes exit; one whose fork failed, or which the kernel killed, shows only here.
        guard let process = processes[call.process] else { return Self.noProcess(call.process) }
        try checkIsFree(call, in: statement)
        if let absent = call.processArguments.first(where: { processes[$0.name] == nil }) {
            return Self.noProcess(absent.name)
        }
        let arguments = try call.arguments.map { UInt64(bitPattern: try evaluate($0, in: statement)) }
        let evaluated = EvaluatedCall(
            name: call.name, arguments: arguments, texts: call.texts,
            processes: call.processArguments.map { processes[$0.name] }, assignedName: call.assignedName,
            processName: call.process, line: statement.line)
        try checkValues(evaluated, of: call, in: statement)
        let result = try perform(evaluated, process: process, as: call, in: statement)
        // A fork whose caller was killed as it returned has made its child.
        if call.name.makesProcess, result.value >= 0 {
            if let child = call.assignedName {
                processes[child] = processCount
                absent.remove(child)
                if call.name == .vfork { waiting[child] = (call.process, statement) }
            }
            processCount += 1
        }
        switch result.outcome {
        case .exited, .signal(.SIGKILL, _, _): end(call.process)
        case .signal where call.name == .execve: end(call.process)
        case .ok where call.name == .execve:
            waiting[call.process] = nil
            if evaluated.text != CallName.agentProgram {
                programs[call.process] = (evaluated.text, statement.line)
            }
        default: break
        }
        return result
    }

    /// Forgets the processes that the kernel killed in the statement of another one.
    private mutating func endKilled() -> [String] {
        let endings = executor.endings
        if endings == seenEndings { return [] }
        seenEndings = endings
        let killed = processes.filter { executor.wasEnded($0.value) }.sorted { $0.value < $1.value }.map(\.key)
        for process in killed { end(process) }
        return killed
    }

    private mutating func end(_ process: String) {
        processes[process] = nil
        waiting[process] = nil
        programs[process] = nil
        asleep[process] = nil
    }

    /// Whether the process can make the statement: it does not wait in vfork, and the agent is its program.
    private mutating func checkIsFree(_ call: Call, in statement: Statement) throws {
        // A child that was killed lets its parent go on, as one that exits.
        for child in waiting.keys {
            if let process = processes[child], executor.wasEnded(process) { waiting[child] = nil }
        }
        if let (child, _) = waiting.first(where: { $0.value.parent == call.process }) {
            throw failure(
                "the process '\(call.process)' waits in vfork until '\(child)' exits or becomes a program",
                column: call.processColumn, in: statement)
        }
        guard let program = programs[call.process], call.name != .exit else { return }
        throw failure(
            "the process '\(call.process)' became \(program.file) in line \(program.line) and stands before its first "
                + "instruction: of all statements it makes exit only; others may look at it (observe, mem_read)",
            column: call.processColumn, in: statement)
    }

    private func checkValues(_ evaluated: EvaluatedCall, of call: Call, in statement: Statement) throws {
        guard Validator.hasLimits(evaluated.name) else { return }
        let message = Validator.limitMessage(evaluated.name, evaluated.arguments.map(Int64.init(bitPattern:)))
        if let message { throw failure(message, column: call.column, in: statement) }
    }

    mutating func evaluate(_ expression: Expression, in statement: Statement) throws(ScenarioError) -> Int64 {
        do {
            return try expression.evaluate(names)
        } catch {
            switch error {
            // Before the first message.
            case .unassignedName(Program.faultName, _):
                names[Program.faultName] = 0
                return try evaluate(expression, in: statement)
            case .divisionByZero(let column):
                throw failure(Validator.divisionMessage, column: column, in: statement)
            case .unassignedName(let name, let column):
                throw failure("nothing has assigned '\(name)' yet", column: column, in: statement)
            }
        }
    }

    func failure(_ message: String, column: Int, in statement: Statement) -> ScenarioError {
        let diagnostic = ScenarioDiagnostic(line: statement.line, column: column, message: message)
        return ScenarioError([diagnostic], sourceLines: [statement.line: statement.source])
    }

    /// What a statement's author expected, if it is not what came; else nil.
    mutating func expectationFailure(
        _ statement: Statement, outcome: CallOutcome, value: Int64
    ) throws(ScenarioError) -> String? {
        switch (statement.expectation, outcome) {
        case (nil, _): return nil
        case (.waits, .waits): return nil
        case (.waits, _): return "expected waits"
        case (.ok, .error), (.ok, .signal), (.ok, .waits), (.ok, .skipped), (.ok, .partial): return "expected ok"
        case (.ok, _): return nil
        case (.error(let expected), .error(let errno)) where expected == errno: return nil
        case (.error(let expected), .partial(let errno, _)) where expected == errno: return nil
        case (.error(let expected), _): return "expected \(expected.name)"
        case (.signal(let signal, let code), .signal(let gotten, let gottenCode, _))
        where signal == gotten && code == gottenCode: return nil
        case (.signal(let signal, let code), _): return "expected \(signal.name) \(code.rawValue)"
        // Of an assertion only; see assertionFailure.
        case (.figures, _): return nil
        case (.value(let expression), _):
            let expected = try evaluate(expression, in: statement)
            if case .signal = outcome {} else if expected == value { return nil }
            return "expected \(CallOutcome.value(UInt64(bitPattern: expected)).text)"
        }
    }
}
