import Faultline

/// A program's run: what each statement did, and the state at the end.
public struct ScenarioRun: Sendable, Hashable {
    /// The release of the kernel that ran, or that is modelled.
    public var kernelVersion: String
    /// What the processor had.
    public var cpu = CPUSettings()
    /// The address space of the first process before the first statement.
    public var initial: [InitialVMA]
    /// Every statement, plain assignments too.
    public var steps: [ScenarioStep]
    /// The state after the last statement.
    public var end: RecordedState
    /// Who waits for whom after the last statement.
    public var waiting: [WaitingProcess] = []

    /// The run as a recording.
    public var recording: Recording {
        let entries = steps.flatMap { step in
            step.contents.map { Recording.Entry(line: step.statement.line, content: $0) }
        }
        return Recording(kernelVersion: kernelVersion, cpu: cpu, initial: initial, entries: entries, end: end)
    }

    /// The statements whose expectation did not hold: when they were made, when they ended, or because they wait still.
    public var failedExpectations: [ScenarioStep] { steps.flatMap(\.failures) + waiting.compactMap(\.failure) }
}

/// What one statement did.
public struct ScenarioStep: Sendable, Hashable {
    /// The statement.
    public var statement: Statement
    /// What a recording shows of it; nil for a plain assignment.
    public var content: Recording.Content?
    /// The value that a NAME of the statement takes.
    public var value: Int64
    /// Processes that the kernel killed in the statement of another one, in the order in which they were made.
    public var killed: [String] = []
    /// What became of statements that waited before, in the order in which it was found out.
    public var wakes: [Wake] = []
    /// What was expected, such as `expected ENOMEM`, where it is not what came.
    public var expectationFailure: String?
    /// Statements that waited before and have ended now, each with its expectation that did not hold then.
    public var lateFailures: [ScenarioStep] = []
    /// The rule behind an error or a signal; nil on the live kernel, and where nothing was refused.
    public var refusal: Refusal?
    /// The program's name for the process that made the call; nil for an assignment.
    public var processName: String?

    /// Of it, and of those that ended with it, the ones whose expectation did not hold.
    public var failures: [ScenarioStep] { (expectationFailure == nil ? [] : [self]) + lateFailures }

    /// All that a recording shows of it.
    var contents: [Recording.Content] {
        (content.map { [$0] } ?? []) + killed.map { .killed($0) } + wakes.map { .wakes($0) }
    }

    /// What a call came to; nil for an assignment and for `observe()`.
    public var result: RecordedResult? {
        if case .result(let result) = content { result } else { nil }
    }

    /// Makes a step whose expectation holds.
    public init(statement: Statement, content: Recording.Content? = nil, value: Int64) {
        self.statement = statement
        self.content = content
        self.value = value
    }
}
