import FaultlineScenario

/// Records programs on the live kernel.
public struct LiveRecorder: Sendable {
    /// How programs are run.
    public var options: LiveOptions

    /// Makes a recorder.
    public init(options: LiveOptions = LiveOptions()) { self.options = options }

    /// Runs `program` once and returns what happened. All processes are gone afterwards.
    ///
    /// - Throws: `LiveError` where the machine cannot run it; `ScenarioError` for a mistake that shows only in the run.
    public func run(_ program: Program) throws -> ScenarioRun {
        let executor = try LiveExecutor(options: options)
        var runner = try ScenarioRunner(program, on: executor)
        return try runner.run()
    }

    /// Records `program` `times` times. The recording is that of all runs, nil where they do not agree.
    ///
    /// - Throws: as `run` does.
    public func stableRecording(_ program: Program, times: Int = 3) throws -> Recording? {
        precondition(times > 0, "a recording takes a run")
        let first = try run(program).recording
        for _ in 1..<times where try run(program).recording != first { return nil }
        return first
    }
}
