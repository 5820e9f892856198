import Faultline

/// What each statement of a program did on a machine, and the states that were observed.
public struct Recording: Sendable, Hashable {
    /// The release of the kernel that ran the program, or that the simulator models.
    public var kernelVersion: String
    /// What the processor had that ran it. A recording without a line `cpu` is of one without protection keys.
    public var cpu: CPUSettings
    /// The address space of the first process before the first statement.
    public var initial: [InitialVMA]
    /// One entry for each statement that is not a plain assignment, in the order of the program.
    public var entries: [Entry]
    /// The state after the last statement.
    public var end: RecordedState

    /// Makes a recording.
    public init(
        kernelVersion: String, cpu: CPUSettings = CPUSettings(), initial: [InitialVMA], entries: [Entry] = [],
        end: RecordedState
    ) {
        self.kernelVersion = kernelVersion
        self.cpu = cpu
        self.initial = initial
        self.entries = entries
        self.end = end
    }

    /// What one statement did.
    public struct Entry: Sendable, Hashable {
        /// The statement's line in the program, from 1.
        public var line: Int
        /// What it did.
        public var content: Content

        /// Makes an entry.
        public init(line: Int, content: Content) {
            self.line = line
            self.content = content
        }
    }

    /// What a statement did.
    public enum Content: Sendable, Hashable {
        /// A call came to this.
        case result(RecordedResult)
        /// `observe` found this state.
        case observation(RecordedState)
        /// The kernel killed a process in the statement of another one, for want of memory.
        case killed(String)
        /// A process that slept runs on: the statement of an earlier line ends so, or its process sleeps again.
        case wakes(Wake)
    }
}

/// What became of a statement that waited.
public struct Wake: Sendable, Hashable {
    /// The process that made it.
    public var process: String
    /// Its line in the program, from 1.
    public var line: Int
    /// What it came to; that it waits, where it waits again.
    public var result: RecordedResult

    /// Makes an entry.
    public init(process: String, line: Int, result: RecordedResult) {
        self.process = process
        self.line = line
        self.result = result
    }

    /// Such as `init: 17 ok minflt=2 majflt=0`.
    public var text: String { "\(process): \(line) \(result.text)" }
}

/// A call's outcome and faults, as far as a recording shows them.
public struct RecordedResult: Sendable, Hashable {
    /// What the call came to.
    public var outcome: CallOutcome
    /// For `read_pages` and `write_pages`, the accesses that were made.
    public var pages: Int?
    /// The faults, where they are shown.
    public var faults: FaultCount?

    /// Makes a result.
    public init(outcome: CallOutcome, pages: Int? = nil, faults: FaultCount? = nil) {
        self.outcome = outcome
        self.pages = pages
        self.faults = faults
    }

    /// The kernel killed the process that made the call, for want of memory.
    public var isKilled: Bool {
        if case .signal(.SIGKILL, _, _) = outcome { true } else { false }
    }

    /// What a recording shows of an executor's result: always the faults of an access, those of a system call only where
    /// it took one and where they do not come from the recorder itself.
    public init(_ result: StatementResult, of call: CallName) {
        switch result.outcome {
        case .waits, .skipped:
            // What it came to is not known yet.
            self.init(outcome: result.outcome)
            return
        default: break
        }
        let took = result.minflt != 0 || result.majflt != 0
        let shown = call.isAccess || (took && call.showsFaults)
        self.init(
            outcome: result.outcome, pages: call.countsPages ? result.pages ?? 0 : nil,
            faults: shown ? FaultCount(minor: result.minflt, major: result.majflt) : nil)
    }
}

/// The faults that a statement took, as getrusage counts them.
public struct FaultCount: Sendable, Hashable {
    /// Faults that needed no input or output.
    public var minor: Int
    /// Faults that did.
    public var major: Int

    /// Makes a count.
    public init(minor: Int, major: Int) {
        self.minor = minor
        self.major = major
    }
}
