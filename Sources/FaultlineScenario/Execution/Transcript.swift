import Faultline

/// A run as `faultline run` tells it: each statement with its result and its faults, what was expected and did not come,
/// and the events of the machine where they are wanted.
public struct Transcript {
    private let width: Int
    private let processName: (Int) -> String

    /// A transcript that puts the results of a program's statements into one column; `processName` names the processes of events.
    public init(_ program: Program, processName: @escaping (Int) -> String = { "process \($0)" }) {
        self.init(program.statements, processName: processName)
    }

    /// The same for statements.
    public init(_ statements: some Sequence<Statement>, processName: @escaping (Int) -> String = { "process \($0)" }) {
        width = min(statements.lazy.map { $0.source.trimmed.count }.max() ?? 0, 72)
        self.processName = processName
    }

    /// What stands below a statement besides its result.
    public struct Notes {
        /// The machine's events, where they are wanted.
        public var events: [Event] = []
        /// Uses of stale TLB entries.
        public var staleUses: [StaleUse] = []
        /// Who was killed because no memory was left.
        public var kills: [String] = []
        /// What the statement met that is not modelled.
        public var unmodelled: [Unmodelled] = []
        /// For `observe()`: the live processes' figures, in their order.
        public var totals: [ProcessTotals] = []
        /// For `observe()`: who waits for whom.
        public var waiting: [WaitingProcess] = []

        /// Nothing.
        public init() {}
    }

    /// One statement: its line, its text, what it came to.
    public func text(_ step: ScenarioStep, _ notes: Notes = Notes()) -> String {
        let source = step.statement.source.trimmed
        let line = String(step.statement.line)
        var text = String(repeating: " ", count: max(4 - line.count, 0)) + line + "  " + source
        let padding = String(repeating: " ", count: max(width - source.count, 0) + 2)
        switch step.content {
        case nil, .killed, .wakes: text += padding + "= \(step.value)\n"
        case .observation(let state):
            text += "\n" + state.text(totals: notes.totals)
            for wait in notes.waiting { text += "  " + wait.text + "\n" }
        case .result(let result): text += padding + result.text + "\n"
        }
        for run in EventRun.gather(notes.events) { text += "        " + run.text(processName: processName) + "\n" }
        for wake in step.wakes { text += "      > \(wake.process) runs on: line \(wake.line) \(wake.result.text)\n" }
        for late in step.lateFailures { text += "      ^ line \(late.statement.line): \(Self.failure(late))" }
        for lack in notes.unmodelled { text += "      ? \(lack.description)\n" }
        for kill in notes.kills { text += "      ! \(kill)\n" }
        for use in notes.staleUses { text += "      ! \(use)\n" }
        if step.expectationFailure != nil { text += "      ^ \(Self.failure(step))" }
        return text
    }

    /// What was expected, and who refused it.
    private static func failure(_ step: ScenarioStep) -> String {
        let refusal = step.refusal.map { "      ^ \(step.processName ?? Program.firstProcess): refused \($0.text)\n" }
        return "\(step.expectationFailure ?? "")\n" + (refusal ?? "")
    }

    /// The state at the end and what it leaves out, where no `observe()` has just shown it, and how many expectations failed.
    public func summary(_ run: ScenarioRun, totals: [ProcessTotals] = [], leftOut: [LeftOutVMAs] = []) -> String {
        var text = "\nend"
        if let line = lastObservation(run) {
            text += ": as observed in line \(line)\n"
        } else {
            text += "\n" + run.end.text(totals: totals)
        }
        for entry in leftOut where entry.count > 0 { text += "  " + entry.text + "\n" }
        if !run.waiting.isEmpty { text += "\n" + run.waiting.map { $0.text + "\n" }.joined() }
        for failure in run.waiting.compactMap(\.failure) {
            text += "      ^ line \(failure.statement.line): \(Self.failure(failure))"
        }
        let failed = run.failedExpectations.count
        let expected = run.steps.filter { $0.statement.expectation != nil }.count
        if expected > 0 { text += "\n\(expected - failed) of \(expected) expectations held\n" }
        return text
    }

    /// The line of an `observe()` behind which only assignments stand.
    private func lastObservation(_ run: ScenarioRun) -> Int? {
        guard let step = run.steps.last(where: { $0.content != nil }), case .observation(let state) = step.content,
            state == run.end
        else { return nil }
        return step.statement.line
    }
}

extension String {
    /// Without the white space at both ends.
    var trimmed: String {
        var text = Substring(self)
        while let last = text.last, last.isWhitespace { text.removeLast() }
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        return String(text)
    }
}

extension RecordedState {
    /// The lines of a recording, with each process's figures behind its own.
    fileprivate func text(totals: [ProcessTotals]) -> String {
        guard totals.count == processes.count else { return text }
        return zip(processes, totals).map { process, totals in
            var lines = process.text.split(separator: "\n", omittingEmptySubsequences: false)
            lines[0] += " \(totals.text)"
            return lines.joined(separator: "\n")
        }.joined()
    }
}
