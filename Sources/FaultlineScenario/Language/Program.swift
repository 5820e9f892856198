import Faultline

/// A scenario program: statements in the order in which they run, one a line.
public struct Program: Sendable, Hashable {
    /// The name of the first process.
    public static let firstProcess = "init"
    /// The name whose value is the address of the last page-fault message of a userfaultfd.
    public static let faultName = "fault"

    /// The statements; blank lines and comments are not among them.
    public var statements: StatementList

    /// Makes a program of statements. Those that a caller put together by hand are checked with `validated()`.
    public init(statements: [Statement]) { self.statements = StatementList(statements) }

    init(_ text: SourceText, callNames: Set<CallName>) { statements = StatementList(text, callNames: callNames) }

    /// Whether it runs in a memory cgroup of its own, as one with a call of memory cgroups does.
    public var hasMemoryGroup: Bool { statements.callNames.contains(where: \.isOfMemoryGroup) }
}

/// One statement of a program.
public struct Statement: Sendable, Hashable {
    /// Its line in the program, from 1.
    public var line: Int
    /// Its text, without the comment and the blanks around it.
    public var source: String
    /// What it does.
    public var action: Action
    /// What its author expects of it.
    public var expectation: Expectation?

    /// What a statement does.
    public enum Action: Sendable, Hashable {
        /// `NAME = EXPRESSION`.
        case assign(String, Expression)
        /// `[PROCESS:] [NAME =] CALL(...)`.
        case call(Call)
    }

    /// Makes a statement.
    public init(line: Int, source: String, action: Action, expectation: Expectation? = nil) {
        self.line = line
        self.source = source
        self.action = action
        self.expectation = expectation
    }

    /// The call, or nil for a plain assignment.
    public var call: Call? {
        if case .call(let call) = action { call } else { nil }
    }
}

/// A call of a statement, with its arguments not yet evaluated.
public struct Call: Sendable, Hashable {
    /// The process that makes it.
    public var process: String
    /// The name that takes its result; for `fork` and its like, the new process's name.
    public var assignedName: String?
    /// Which call.
    public var name: CallName
    /// The strings among its arguments, in order.
    public var texts: [String]
    /// The processes among its arguments, in order, each with the column of its name.
    public var processArguments: [ProcessArgument]
    /// The numbers among its arguments, in order; those left out are 0.
    public var arguments: [Expression]
    /// How often it is made, for `repeat N CALL(...)`; nil for once.
    public var repetitions: Expression?
    /// Where the call's name stands in its line, from 1.
    public var column: Int
    /// Where the process's name stands in its line, from 1; where it is left out, as `column`.
    public var processColumn: Int

    /// Makes a call.
    public init(
        process: String = Program.firstProcess, assignedName: String? = nil, name: CallName, texts: [String] = [],
        processArguments: [ProcessArgument] = [], arguments: [Expression] = [], column: Int = 1,
        processColumn: Int? = nil
    ) {
        self.process = process
        self.assignedName = assignedName
        self.name = name
        self.texts = texts
        self.processArguments = processArguments
        self.arguments = arguments
        self.column = column
        self.processColumn = processColumn ?? column
    }

    /// A process that a call speaks of.
    public struct ProcessArgument: Sendable, Hashable {
        /// The program's name for it.
        public var name: String
        /// Where the name stands in its line, from 1.
        public var column: Int

        /// Makes an argument.
        public init(name: String, column: Int) {
            self.name = name
            self.column = column
        }
    }
}

/// What `=> OUTCOME` says.
public enum Expectation: Sendable, Hashable {
    /// The result equals the value.
    case value(Expression)
    /// No error and no signal.
    case ok
    /// The statement does not end: its process sleeps until userspace serves it.
    case waits
    /// The system call fails so.
    case error(Errno)
    /// The access ends in the signal, with its code.
    case signal(Signal, SignalCode)
    /// `assert`: the VMA has these figures, in KiB.
    case figures([FigureExpectation])
}

/// A figure of smaps that `assert` expects.
public struct FigureExpectation: Sendable, Hashable {
    /// Which figure.
    public var figure: SmapsFigure
    /// Its value, in KiB.
    public var value: Expression

    /// Makes an expectation.
    public init(figure: SmapsFigure, value: Expression) {
        self.figure = figure
        self.value = value
    }
}

extension Program {
    /// The first call that the live kernel cannot be asked for, with its line; nil where both machines can run the program.
    public var simulatedOnly: (line: Int, call: CallName)? {
        if statements.callNames.allSatisfy(\.definition.isLive) { return nil }
        for statement in statements {
            if let call = statement.call, !call.name.definition.isLive { return (statement.line, call.name) }
        }
        return nil
    }
}
