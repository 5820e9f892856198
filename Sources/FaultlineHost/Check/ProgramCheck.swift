import FaultlineScenario

/// Runs programs on the live kernel and in a model of it, and compares.
public struct ProgramCheck: Sendable {
    /// Makes a model for one program.
    public typealias Model = @Sendable () throws -> any ScenarioExecutor

    /// Records on the live kernel.
    public var recorder: LiveRecorder
    /// How much is compared.
    public var scope: ComparisonScope
    /// How often the live kernel runs a program before the comparison; all runs must agree.
    public var runs: Int
    private let model: Model

    /// Makes a check of `model`.
    public init(
        recorder: LiveRecorder, scope: ComparisonScope = .everything, runs: Int = 3, model: @escaping Model
    ) {
        self.recorder = recorder
        self.scope = scope
        self.runs = runs
        self.model = model
    }

    /// Runs `program` on both and compares.
    public func verdict(on program: Program) -> Verdict {
        if let found = program.simulatedOnly {
            return .notRun("line \(found.line): \(LiveError.simulatedOnly(call: found.call.rawValue))")
        }
        let kernel: ScenarioRun
        do {
            switch try recorder.stableRun(program, times: runs) {
            case .varied(let lines): return .unstable(lines)
            case .stable(let run): kernel = run
            }
        } catch {
            return .notRun("\(error)")
        }
        let verdict = compare(program, kernel: kernel)
        guard case .different = verdict else { return verdict }
        // A single run may have met with noise; a difference is worth two more.
        if runs == 1 {
            do {
                switch try recorder.stableRun(program, times: 2) {
                case .varied(let lines): return .unstable(lines)
                case .stable(let run) where run.recording != kernel.recording:
                    return .unstable(["the first run differs from two later ones"])
                case .stable: break
                }
            } catch {
                return .notRun("\(error)")
            }
        }
        return verdict
    }

    /// Runs `program` in the model and compares with what the live kernel did: equal or different.
    private func compare(_ program: Program, kernel: ScenarioRun) -> Verdict {
        var executor: (any ScenarioExecutor)?
        do {
            let made = try model()
            executor = made
            let recording = try ScenarioSession(program, on: made).run().recording
            let comparison = RecordingComparison(
                kernel: kernel.recording.text, model: recording.text, scope: scope)
            let unmodelled = (made as? SimulatorExecutor)?.unmodelled ?? []
            if comparison.isEqual { return .equal(kernel: kernel, unmodelled: unmodelled) }
            return .different(
                Verdict.Difference(
                    program: program, kernel: kernel, model: recording, comparison: comparison, unmodelled: unmodelled))
        } catch {
            return .different(
                Verdict.Difference(
                    program: program, kernel: kernel, unmodelled: (executor as? SimulatorExecutor)?.unmodelled ?? [],
                    failure: "\(error)"))
        }
    }
}
