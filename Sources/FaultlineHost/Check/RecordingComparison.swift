/// How much of two recordings is compared.
public enum ComparisonScope: Sendable {
    /// Every byte.
    case everything
    /// All but the lines of pages: frames, map counts and page flags could not be read.
    case withoutPages
}

/// Two recordings of one program, one of the live kernel and one of the model, compared a statement at a time.
public struct RecordingComparison: Sendable {
    /// One recorded statement, or the state at the end.
    public struct Step: Hashable, Sendable {
        /// The line of the program; nil for what stands before the first statement and for the end.
        public var line: Int?
        /// The result.
        public var outcome: String
        /// The state, where the statement observes it.
        public var state: [String]
    }

    /// The first statement whose result or state differs; nil where the recordings are equal.
    public let first: (kernel: Step?, model: Step?)?
    /// The first state that differs, at or after that statement, as a unified diff from the kernel's to the model's.
    public let stateDiff: [String]

    /// True where nothing differs.
    public var isEqual: Bool { first == nil }

    /// Compares the two recordings' texts.
    public init(kernel: String, model: String, scope: ComparisonScope = .everything) {
        let left = Self.steps(of: kernel, scope)
        let right = Self.steps(of: model, scope)
        let count = max(left.count, right.count)
        let pairs = (0..<count).map { (at(left, $0), at(right, $0)) }
        first = pairs.first { $0.0 != $0.1 }.map { (kernel: $0.0, model: $0.1) }
        let states = pairs.first { $0.0?.state != $0.1?.state }
        stateDiff = states.map { UnifiedDiff(old: $0.0?.state ?? [], new: $0.1?.state ?? []).lines } ?? []

        func at(_ steps: [Step], _ index: Int) -> Step? { index < steps.count ? steps[index] : nil }
    }

    /// What differs, for a reader: the statement, both outcomes, the diff of the state.
    public func report(program: [String]) -> [String] {
        guard let first else { return ["equal"] }
        var lines: [String] = []
        let line = first.kernel?.line ?? first.model?.line
        if let line {
            let text = program.indices.contains(line - 1) ? program[line - 1] : ""
            lines.append("differs at line \(line): \(text)")
        } else {
            let atEnd = (first.kernel ?? first.model)?.outcome == "end"
            lines.append(atEnd ? "differs in the state at the end" : "differs before the first statement")
        }
        if first.kernel?.outcome != first.model?.outcome {
            lines.append("  kernel  \(first.kernel?.outcome ?? "(nothing)")")
            lines.append("  model   \(first.model?.outcome ?? "(nothing)")")
        }
        if !stateDiff.isEmpty {
            lines += ["--- kernel", "+++ model"] + stateDiff
        }
        return lines
    }

    /// Splits a recording's text into its steps. What is indented is the state of the step before it.
    private static func steps(of text: String, _ scope: ComparisonScope) -> [Step] {
        var steps: [Step] = []
        for line in text.split(separator: "\n").map(String.init) {
            if line.hasPrefix("  ") {
                if scope == .withoutPages && isPageLine(line) { continue }
                if !steps.isEmpty { steps[steps.count - 1].state.append(line) }
                continue
            }
            // Another version of the kernel is worth a warning, but is not a difference by itself.
            if line.hasPrefix("kernel ") { continue }
            // Neither is a processor with other features, where the program meets none of them.
            if line.hasPrefix("cpu ") { continue }
            let parts = line.split(separator: " ", maxSplits: 1)
            if let number = Int(parts[0]) {
                steps.append(Step(line: number, outcome: parts.count > 1 ? String(parts[1]) : "", state: []))
            } else {
                steps.append(Step(line: nil, outcome: line, state: []))
            }
        }
        return steps
    }

    /// `      ADDRESS xN ...`: six blanks, and not the figures, which hold `=` in their first word.
    private static func isPageLine(_ line: String) -> Bool {
        guard line.hasPrefix("      ") else { return false }
        return !(line.split(separator: " ").first?.contains("=") ?? true)
    }
}
