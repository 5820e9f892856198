import FaultlineInspect
import FaultlineScenario

/// Which calls programs made on the live kernel, and what came of them, so that what is never reached is seen.
public struct CallCoverage: Sendable {
    /// How often each outcome of each call was met.
    public private(set) var outcomes: [CallName: [String: Int]] = [:]

    /// Nothing reached yet.
    public init() {}

    /// Counts the statements of one recorded program.
    public mutating func add(_ program: Program, _ recording: Recording) {
        var names: [Int: CallName] = [:]
        for statement in program.statements { names[statement.line] = statement.call?.name }
        for entry in recording.entries {
            guard let name = names[entry.line] else { continue }
            outcomes[name, default: [:]][Self.label(entry.content), default: 0] += 1
        }
    }

    /// Adds what another count has.
    public mutating func merge(_ other: CallCoverage) {
        for (name, counts) in other.outcomes {
            outcomes[name, default: [:]].merge(counts, uniquingKeysWith: +)
        }
    }

    /// A line for each call of the language: its outcomes, the most frequent first, or that it was never made.
    public var report: [String] {
        var table = TextTable([.left, .left])
        for name in CallName.allCases {
            let counts = (outcomes[name] ?? [:]).sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            let text = counts.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
            table.add([name.rawValue, text.isEmpty ? "never" : text])
        }
        return table.lines
    }

    private static func label(_ content: Recording.Content) -> String {
        guard case .result(let result) = content else { return "ok" }
        switch result.outcome {
        case .ok, .value, .residency, .statuses, .told, .exited, .reclaimed, .userfault, .notice:
            return "ok"
        case .error(let errno), .partial(let errno, _): return errno.name
        case .waits: return "waits"
        case .skipped: return "skipped"
        case .signal(let signal, let code, _): return "\(signal.name)/\(code.rawValue)"
        }
    }
}
