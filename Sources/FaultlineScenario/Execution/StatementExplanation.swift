import Faultline

/// One statement with its result and the reasons behind it: what `faultline why` prints.
public struct StatementExplanation {
    private let step: ScenarioStep
    private let events: [Event]
    private let kills: [String]
    private let holders: [String]
    private let processName: (Int) -> String

    /// An explanation of a step; the events are those of its statement, whose processes `processName` names; `holders` are the lines of
    /// ``FrameHolders``.
    public init(
        _ step: ScenarioStep, events: [Event], kills: [String] = [], holders: [String] = [],
        processName: @escaping (Int) -> String = { "process \($0)" }
    ) {
        self.processName = processName
        self.step = step
        self.events = events
        self.kills = kills
        self.holders = holders
    }

    /// The statement and its result, the rule that refused with its figures, what the machine did.
    public var text: String {
        let result: String
        switch step.content {
        case nil, .killed, .wakes: result = "= \(step.value)"
        case .observation: result = "observe"
        case .result(let outcome): result = outcome.text
        }
        var lines = ["line \(step.statement.line), \(process): \(step.statement.source.trimmed)", "  \(result)"]
        lines += reasons
        if let failure = step.expectationFailure { lines.append("^ \(failure)") }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The rule that refused with its figures, and what the machine did, a line each; equal events of neighbouring pages are one.
    public var reasons: [String] {
        var lines: [String] = []
        if let refusal = step.refusal {
            lines.append("refused \(refusal.text)")
            let figures = refusal.rule.fields.map { "    \($0.name) = \($0.value.text)" }
            lines += ["  rule \(refusal.rule.id)"] + figures
        }
        lines += kills.map { "! " + $0 }
        // The refusal stands above.
        let others = events.filter { $0.kind != .refused || $0.refusal != step.refusal }
        if !others.isEmpty {
            lines.append("what the machine did")
            lines += EventRun.gather(others).map { "  " + $0.text(processName: processName) }
        }
        if !holders.isEmpty { lines += ["who else has a frame that was copied"] + holders.map { "  " + $0 } }
        if step.refusal == nil, others.isEmpty { lines.append("the machine did nothing that it tells of") }
        return lines
    }

    private var process: String { step.processName ?? Program.firstProcess }
}
