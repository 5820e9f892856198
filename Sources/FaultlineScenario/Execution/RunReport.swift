import Faultline

/// A run for machines: what `faultline run --json` prints.
public struct RunReport: Encodable, Sendable {
    /// One statement.
    public struct Step: Encodable, Sendable {
        /// The statement's line, from 1, and its text.
        public let line: Int
        /// The statement as it stands in the program.
        public let statement: String
        /// The process that made the call, and the call's name; nil for an assignment.
        public let process, call: String?
        /// As a recording shows it; nil for an assignment.
        public let result: String?
        /// What the statement's NAME gets.
        public let value: Int64
        /// What the call came to, taken apart.
        public let outcome: Outcome?
        /// The faults that the caller took.
        public let minorFaults: Int
        /// The faults that had to wait for a disk.
        public let majorFaults: Int
        /// What became of statements that waited before; nil where nothing did.
        public let wakes: [WakeEntry]?
        /// The rule behind an error or a signal, with its figures; nil where nothing was refused.
        public let refusal: RefusalEntry?
        /// What was expected, where it did not come.
        public let failedExpectation: String?
        /// The machine's events, with `--trace`.
        public let events: [String]?
        /// The same, taken apart.
        public let trace: [EventEntry]?
        /// The state, for `observe()`.
        public let processes: [ProcessEntry]?
        /// Who waits for whom, for `observe()`; nil where nobody does.
        public let waiting: [WaitEntry]?
        /// What the statement met that is not modelled; nil where nothing.
        public let unmodelled: [String]?
        /// Who was killed because no memory was left; nil where nobody was.
        public let outOfMemoryKills: [String]?
        /// The uses of stale TLB entries, with `--check-tlb`.
        public let staleUses: [String]?
        /// What happened from outside before the statement, with `--before`.
        public let notes: [String]?
    }

    /// Why the run ended early.
    public struct Failure: Encodable, Sendable {
        /// The line of the statement that could not be run.
        public let line: Int
        /// What is wrong with it.
        public let message: String

        /// Makes a failure.
        public init(line: Int, message: String) {
            self.line = line
            self.message = message
        }
    }

    /// The version of the form, which docs/schema.json describes.
    public static let version = 1

    /// As ``version``.
    public let version = RunReport.version
    /// What the object is, of those that docs/schema.json describes: `run`, or `end` where the steps went before it.
    public let kind: String
    /// The release of the kernel that is modelled.
    public let kernel: String
    /// The statements, in order; nil where each was reported as it was done.
    private let listedSteps: [Step]?
    /// The statements, in order; empty where each was reported as it was done.
    public var steps: [Step] { listedSteps ?? [] }
    /// The state at the end, as a recording has it.
    public let end: [String]
    /// The same, taken apart.
    public let processes: [ProcessEntry]
    /// Who waits for whom at the end; nil where nobody does.
    public let waiting: [WaitEntry]?
    /// How many expectations did not hold.
    public let failedExpectations: Int
    /// How translations were found, with `--tlb`.
    public let tlb: TLBStatistics?

    /// What memory is used for at the end, in pages, with `--meminfo`.
    public let memory: MemoryInfo?
    /// What shortness of memory did, with `--ram`, `--swap` or `--swappiness`.
    public let pressure: PressureReport?
    /// Why the statements end where they do; nil where all ran.
    public let error: Failure?
    /// What the program met that is not modelled: from these lines on, results may not be the kernel's.
    public let unmodelled: [UnmodelledUse]
    /// How many VMAs of the start the state leaves out, by process.
    public let leftOut: [LeftOutVMAs]

    private enum CodingKeys: String, CodingKey {
        case version, kind, kernel, end, processes, waiting, failedExpectations, tlb, memory, pressure, error
        case unmodelled, leftOut
        case listedSteps = "steps"
    }

    /// Which parts of a statement's notes a report has.
    public struct Contents: Sendable {
        /// The machine's events.
        public var events = false
        /// Uses of stale TLB entries.
        public var staleUses = false

        /// Neither.
        public init() {}
    }

    /// Makes a report; `notes` and `scheduled` have those of each step, `totals` the figures of the live processes at the end;
    /// `processName` names the processes of events.
    public init(
        _ run: ScenarioRun, hasSteps: Bool = true, notes: [Transcript.Notes], contents: Contents = Contents(),
        scheduled: [[String]]? = nil,
        totals: [ProcessTotals] = [], tlb: TLBStatistics? = nil, memory: MemoryInfo? = nil,
        pressure: PressureReport? = nil,
        error: Failure? = nil,
        leftOut: [LeftOutVMAs] = [], processName: (Int) -> String = { "process \($0)" }
    ) {
        kernel = run.kernelVersion
        kind = hasSteps ? "run" : "end"
        listedSteps =
            !hasSteps
            ? nil
            : run.steps.enumerated().map { index, step in
                Step(
                    step, notes: notes.indices.contains(index) ? notes[index] : Transcript.Notes(), contents,
                    scheduled: scheduled?[index], processName: processName)
            }
        end = run.end.text.split(separator: "\n").map(String.init)
        processes = ProcessEntry.entries(run.end, totals)
        unmodelled = zip(run.steps, notes).flatMap { step, notes in
            notes.unmodelled.map { UnmodelledUse(line: step.statement.line, lack: $0) }
        }
        waiting = run.waiting.isEmpty ? nil : run.waiting.map(WaitEntry.init)
        failedExpectations = run.failedExpectations.count
        self.tlb = tlb
        self.memory = memory
        self.pressure = pressure
        self.error = error
        self.leftOut = leftOut.filter { $0.count > 0 }
    }
}

extension RunReport.Step {
    /// One statement with what happened at it; `scheduled` is what came from outside before it.
    public init(
        _ step: ScenarioStep, notes: Transcript.Notes, _ contents: RunReport.Contents, scheduled: [String]?,
        processName: (Int) -> String
    ) {
        line = step.statement.line
        statement = step.statement.source
        process = step.statement.call == nil ? nil : step.processName
        call = step.statement.call?.name.rawValue
        outcome = step.result.map(RunReport.Outcome.init)
        var faults: FaultCount?
        var observed: RecordedState?
        switch step.content {
        case nil, .killed, .wakes: result = nil
        case .observation(let state):
            result = "observe"
            observed = state
        case .result(let outcome):
            result = outcome.text
            faults = outcome.faults
        }
        value = step.value
        minorFaults = faults?.minor ?? 0
        majorFaults = faults?.major ?? 0
        wakes = step.wakes.isEmpty ? nil : step.wakes.map { RunReport.WakeEntry($0, step.lateFailures) }
        failedExpectation = step.expectationFailure
        refusal = step.refusal.map(RunReport.RefusalEntry.init)
        events = contents.events ? notes.events.map { $0.text(processName: processName) } : nil
        trace = contents.events ? notes.events.map { RunReport.EventEntry($0, processName: processName) } : nil
        processes = observed.map { RunReport.ProcessEntry.entries($0, notes.totals) }
        waiting = notes.waiting.isEmpty ? nil : notes.waiting.map(RunReport.WaitEntry.init)
        unmodelled = notes.unmodelled.isEmpty ? nil : notes.unmodelled.map(\.description)
        outOfMemoryKills = notes.kills.isEmpty ? nil : notes.kills
        staleUses = contents.staleUses ? notes.staleUses.map(\.description) : nil
        self.notes = scheduled
    }
}
