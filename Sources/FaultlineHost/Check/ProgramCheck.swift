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
        let kernel: Recording
        do {
            guard let stable = try recorder.stableRecording(program, times: runs) else { return .unstable }
            kernel = stable
        } catch {
            return .notRun("\(error)")
        }
        guard let difference = difference(program, kernel: kernel) else { return .equal(kernel: kernel) }
        // A single run may have met with noise; a difference is worth two more.
        if runs == 1 {
            do {
                guard try recorder.stableRecording(program, times: 2) == kernel else { return .unstable }
            } catch {
                return .notRun("\(error)")
            }
        }
        return .different(difference)
    }

    /// How the model differs from what the live kernel did; nil where it does not.
    public func difference(_ program: Program, kernel: Recording) -> Verdict.Difference? {
        do {
            var runner = try ScenarioRunner(program, on: try model())
            let recording = try runner.run().recording
            let comparison = RecordingComparison(kernel: kernel.text, model: recording.text, scope: scope)
            if comparison.isEqual { return nil }
            return Verdict.Difference(program: program, kernel: kernel, model: recording, comparison: comparison)
        } catch {
            return Verdict.Difference(program: program, kernel: kernel, failure: "\(error)")
        }
    }
}
