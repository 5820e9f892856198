import Faultline

/// A run as `faultline run` tells it: each statement with its result and its faults, what was expected and did not come,
/// and the events of the machine where they are wanted.
public struct Transcript {
    private let width: Int

    /// A transcript that puts the results of a program's statements into one column.
    public init(_ program: Program) {
        width = min(program.statements.map { $0.source.trimmed.count }.max() ?? 0, 72)
    }

    /// One statement: its line, its text, what it came to.
    public func text(
        _ step: ScenarioStep, events: [Event] = [], staleUses: [StaleUse] = [], kills: [String] = []
    ) -> String {
        let source = step.statement.source.trimmed
        let line = String(step.statement.line)
        var text = String(repeating: " ", count: max(4 - line.count, 0)) + line + "  " + source
        let padding = String(repeating: " ", count: max(width - source.count, 0) + 2)
        switch step.content {
        case nil: text += padding + "= \(step.value)\n"
        case .observation(let state): text += "\n" + state.text
        case .result(let result): text += padding + result.text + "\n"
        }
        for event in events { text += "        " + event.text + "\n" }
        for kill in kills { text += "      ! \(kill)\n" }
        for use in staleUses { text += "      ! \(use)\n" }
        if let failure = step.expectationFailure { text += "      ^ \(failure)\n" }
        return text
    }

    /// The state at the end, what it leaves out, and how many expectations failed.
    public func summary(_ run: ScenarioRun, leftOut: [LeftOutVMAs] = []) -> String {
        var text = "\nend\n" + run.end.text
        for entry in leftOut where entry.count > 0 { text += "  " + entry.text + "\n" }
        let failed = run.failedExpectations.count
        let expected = run.steps.filter { $0.statement.expectation != nil }.count
        if expected > 0 { text += "\n\(expected - failed) of \(expected) expectations held\n" }
        return text
    }
}

extension String {
    fileprivate var trimmed: String {
        var text = Substring(self)
        while let last = text.last, last.isWhitespace { text.removeLast() }
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        return String(text)
    }
}

extension Event {
    /// As a trace line shows it, such as `cow_copied 0x100000001000 pfn=0x12 (the frame is shared ...)`.
    public var text: String {
        var text = kind.rawValue
        if address != 0 { text += " 0x" + String(address, radix: 16) }
        if value != 0 { text += " \(kind.valueName)=0x" + String(value, radix: 16) }
        if reason != .none { text += " (\(reason.rawValue))" }
        return text
    }
}
