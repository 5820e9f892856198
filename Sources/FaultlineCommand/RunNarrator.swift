import Faultline
import FaultlineInspect
import FaultlineScenario

/// Runs a program and tells each statement as it is done, or keeps what a report needs.
struct RunNarrator {
    /// Whether statements are printed as they are done; else only kept.
    let tells: Bool
    /// Which events are printed and kept.
    var filter = EventFilter.everything
    /// Hears of each statement what is kept of it otherwise: what happened, and what `--before` told.
    var onStep: ((ScenarioStep, Transcript.Notes, _ told: [String]) throws -> Void)?
    private let executor: SimulatorExecutor
    private let file: ProgramFile
    private let transcript: Transcript
    private let schedule: Schedule
    private let progress: StatementProgress
    /// Who waits for whom.
    private var waiting: () -> [WaitingProcess] = { [] }
    /// The line of the last statement that was begun.
    private var line = 0

    /// What happened at each statement.
    private(set) var notes: [Transcript.Notes] = []
    /// What `--before` told before each statement.
    private(set) var scheduled: [[String]] = []
    /// Why the program did not run to its end.
    private(set) var failure: RunReport.Failure?

    init(_ file: ProgramFile, on executor: SimulatorExecutor, schedule: Schedule, tells: Bool) {
        self.file = file
        self.executor = executor
        self.schedule = schedule
        self.tells = tells
        transcript = Transcript(file.program) { executor.processName($0) }
        let progress = StatementProgress(file.program)
        executor.onProgress = { progress.pass($0, of: $1) }
        self.progress = progress
    }

    /// Runs the program; one that must stop early leaves its reason in `failure`, and what ran is the result.
    mutating func run() throws -> ScenarioRun {
        let session = try schedule.session(file.program, on: executor)
        waiting = { [unowned session] in session.waiting }
        var told = self
        defer { self = told }
        do {
            return try session.run {
                try told.after($0)
            } beforeStep: {
                told.before($0, session.told)
            }
        } catch let error as ScenarioError {
            let message = error.diagnostics.map(\.message).joined(separator: "; ")
            told.failure = RunReport.Failure(line: told.line, message: message)
        } catch {
            told.failure = RunReport.Failure(line: told.line, message: "\(error)")
        }
        told.progress.clear()
        return try session.soFar()
    }

    /// The program cannot go on behind what ran.
    mutating func stop(at line: Int, _ message: String) {
        if failure == nil { failure = RunReport.Failure(line: line, message: message) }
    }

    private mutating func before(_ statement: Statement, _ lines: [String]) {
        line = statement.line
        scheduled.append(lines)
        if tells { for line in lines { Terminal.tell("      * \(line)\n", as: .transcript) } }
        progress.begin(statement)
    }

    private mutating func after(_ step: ScenarioStep) throws {
        progress.clear()
        var note = Transcript.Notes()
        note.events = filter.select(executor.machine.takeEvents())
        note.staleUses = executor.machine.takeStaleUses()
        note.kills = executor.takeKills()
        note.unmodelled = executor.unmodelled.filter { $0.line == step.statement.line }.map(\.lack)
        if case .observation = step.content {
            note.totals = try executor.totals()
            note.waiting = waiting()
        }
        if tells { Terminal.tell(transcript.text(step, note), as: .transcript) }
        if let onStep {
            try onStep(step, note, scheduled.last ?? [])
            // A long run keeps no more than the end needs.
            let unmodelled = note.unmodelled
            note = Transcript.Notes()
            note.unmodelled = unmodelled
        }
        notes.append(note)
    }
}
