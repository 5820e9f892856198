import Faultline

/// A machine that can make a scenario's calls one at a time: the simulator, or the live kernel.
///
/// Processes are known by their index in the order of creation; 0 is `init`. `ScenarioSession` gives the indices: the first
/// successful `fork` (or `vfork`, `clone_vm`) makes process 1, the next one process 2, in any process. It never uses the index of a process
/// that exited.
public protocol ScenarioExecutor: AnyObject {
    /// The release of the kernel that runs, or that is modelled, such as `6.18.44`.
    var kernelVersion: String { get }

    /// What the processor has that programs run on, or that is modelled.
    var cpu: CPUSettings { get }

    /// The address space of the first process before the first statement, in the order of addresses.
    func initialAddressSpace() throws -> [InitialVMA]

    /// Gets ready for a program, before its first statement.
    func prepare(for program: Program)

    /// Makes the call in the process. Failures of the call itself are outcomes; what is thrown ends the run: the machine
    /// could not go on.
    func perform(_ call: EvaluatedCall, process: Int) throws -> StatementResult

    /// Lets a process run on that sleeps in a statement: what the statement came to, perhaps that it waits again; nil while nobody
    /// has woken it.
    func resume(_ process: Int) throws -> StatementResult?

    /// Who can serve a process that sleeps in a statement; empty where that cannot be told.
    func servers(of process: Int) -> [WaitingProcess.Server]

    /// How many processes have ended so far, by themselves or not. While it stays what it was, ``wasEnded(_:)`` says what it said.
    var endings: UInt64 { get }

    /// Whether a process has ended that made no exit: the kernel killed it, perhaps at the statement of another one.
    func wasEnded(_ process: Int) -> Bool

    /// What of a state is shown.
    func stateScope() throws -> StateScope

    /// The state of every live process, in the order of creation. The initial VMAs and the pages of very large VMAs may be
    /// left out or given: `StateScope` says which, and `RecordedState` drops them.
    func observe() throws -> [ProcessView]

    /// The state as it is now, to be brought back later; nil where that cannot be done.
    ///
    /// - Parameter previous: an earlier one, with which it may share what did not change.
    func checkpoint(after previous: ExecutorCheckpoint?) -> ExecutorCheckpoint?

    /// Makes statements that were made before, after a checkpoint was brought back: nothing is reported again.
    func replay(_ statements: () throws -> Void) throws
}

extension ScenarioExecutor {
    /// Needs nothing.
    public func prepare(for program: Program) {}

    /// Nobody sleeps.
    public func resume(_ process: Int) throws -> StatementResult? { nil }

    /// It cannot be told.
    public func servers(of process: Int) -> [WaitingProcess.Server] { [] }

    /// None is counted: no process ends but by its own statements.
    public var endings: UInt64 { 0 }

    /// No process ends but by its own statements.
    public func wasEnded(_ process: Int) -> Bool { false }

    /// Leaves out the VMAs that the first process starts with, as recordings do.
    public func stateScope() throws -> StateScope { StateScope(initial: try initialAddressSpace()) }
}

/// A VMA that the first process starts with: a line `initial START-END PERMS OFFSET NAME` of a recording.
public struct InitialVMA: Sendable, Hashable {
    /// The first address.
    public var start: UInt64
    /// The address after the last.
    public var end: UInt64
    /// As `/proc/PID/maps` has them, such as `r-xp`.
    public var permissions: String
    /// The offset into the file, in bytes; 0 for anonymous memory.
    public var offset: UInt64
    /// The name, or `-` where it has none.
    public var name: String

    /// Makes an initial VMA.
    public init(start: UInt64, end: UInt64, permissions: String, offset: UInt64, name: String) {
        self.start = start
        self.end = end
        self.permissions = permissions
        self.offset = offset
        self.name = name
    }
}

/// A call with its arguments evaluated, as an executor gets it.
public struct EvaluatedCall: Sendable, Hashable {
    /// How many arguments every call carries.
    public static let argumentCount = 7

    /// Which call; never `observe`.
    public var name: CallName
    /// Exactly `argumentCount` numbers; those left out are 0. Strings and processes are not among them.
    public var arguments: [UInt64]
    /// The strings among the arguments, in order.
    public var texts: [String]
    /// The processes among the arguments, in order, by their index; nil for one that is not there any more.
    public var processes: [Int?]
    /// The name that takes the result. For `fork` it is the new process's name; a file made by `tmpfs_file` or `disk_file`
    /// is shown as `file:NAME`.
    public var assignedName: String?
    /// The name of the process that makes the call.
    public var processName: String
    /// The statement's line, from 1.
    public var line: Int

    /// Makes a call; pads the arguments with 0.
    public init(
        name: CallName, arguments: [UInt64], texts: [String] = [], processes: [Int?] = [],
        assignedName: String? = nil, processName: String = Program.firstProcess, line: Int = 1
    ) {
        precondition(arguments.count <= EvaluatedCall.argumentCount, "a call has at most seven numbers")
        self.name = name
        self.arguments = arguments + Array(repeating: 0, count: EvaluatedCall.argumentCount - arguments.count)
        self.texts = texts
        self.processes = processes
        self.assignedName = assignedName
        self.processName = processName
        self.line = line
    }

    /// The first six numbers, which a system call takes.
    public var six: [UInt64] { Array(arguments.prefix(6)) }

    /// The first string; empty where there is none.
    public var text: String { texts.first ?? "" }

    /// The argument at the index as the C type `int` has it: the low 32 bits, signed.
    public func int(_ index: Int) -> Int32 { Int32(truncatingIfNeeded: arguments[index]) }
}
