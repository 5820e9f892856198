import Faultline
import FaultlineInspect
import FaultlineScenario

/// Runs a program and tells each statement as it is done, or keeps what a report needs.
struct RunNarrator {
    /// Whether statements are told as they are done; else only kept.
    let tells: Bool
    private let executor: SimulatorExecutor
    private let file: ProgramFile
    private let transcript: Transcript
    private var schedule: Schedule
    /// The line of the last statement that was begun.
    private var line = 0

    /// What happened at each statement.
    private(set) var events: [[Event]] = []
    private(set) var staleUses: [[StaleUse]] = []
    private(set) var kills: [[String]] = []
    private(set) var notes: [[String]] = []
    /// Why the program did not run to its end.
    private(set) var failure: RunReport.Failure?

    init(_ file: ProgramFile, on executor: SimulatorExecutor, schedule: Schedule, tells: Bool) {
        self.file = file
        self.executor = executor
        self.schedule = schedule
        self.tells = tells
        transcript = Transcript(file.program)
    }

    /// Runs the program; one that must stop early leaves its reason in `failure`, and what ran is the result.
    mutating func run() throws -> ScenarioRun {
        var runner = try ScenarioRunner(file.program, on: executor)
        var told = self
        defer { self = told }
        do {
            return try runner.run {
                told.after($0)
            } beforeStep: {
                told.before($0)
            }
        } catch let error as ScenarioError {
            let message = error.diagnostics.map(\.message).joined(separator: "; ")
            told.failure = RunReport.Failure(line: told.line, message: message)
        } catch {
            told.failure = RunReport.Failure(line: told.line, message: "\(error)")
        }
        return try runner.soFar()
    }

    private mutating func before(_ statement: Statement) {
        line = statement.line
        let told = schedule.apply(before: statement, to: executor.machine)
        notes.append(told)
        if tells { for line in told { print("      * " + line) } }
    }

    private mutating func after(_ step: ScenarioStep) {
        events.append(executor.machine.takeEvents())
        staleUses.append(executor.machine.takeStaleUses())
        kills.append(executor.takeKills())
        guard tells, let events = events.last, let stale = staleUses.last, let killed = kills.last else { return }
        print(transcript.text(step, events: events, staleUses: stale, kills: killed), terminator: "")
    }
}
