import FaultlineScenario

/// Records programs on the live kernel.
public struct LiveRecorder: Sendable {
    /// How programs are run.
    public var options: LiveOptions

    /// Makes a recorder.
    public init(options: LiveOptions = LiveOptions()) { self.options = options }

    /// Runs `program` once and returns what happened. All processes are gone afterwards, and the kernel's settings are back.
    ///
    /// - Parameter beforeStep: is called before each statement.
    /// - Throws: `LiveError` where the machine cannot run it; `ScenarioError` for a mistake that shows only in the run.
    public func run(
        _ program: Program, noting shortcomings: ([String]) -> Void = { _ in },
        beforeStep: (Statement) throws -> Void = { _ in }
    ) throws -> ScenarioRun {
        try withSettings { options in
            var options = options
            options.hasMemoryGroup = program.hasMemoryGroup
            options.choosesVictims = program.statements.callNames.contains(.oomScoreAdj)
            options.words = KernelWords(program)
            options.runsAlone = options.runsAlone || options.words.isAny || options.hasMemoryGroup
            if program.choosesCPUs { options.runsAlone = true }
            for _ in 1..<Self.most {
                let (run, wasWatched) = try once(program, options, shortcomings, beforeStep)
                if !wasWatched { return run }
            }
            return try once(program, options, shortcomings, beforeStep).run
        }
    }

    /// How often a program is run whose pages somebody watched.
    private static let most = 8

    private func once(
        _ program: Program, _ options: LiveOptions, _ shortcomings: ([String]) -> Void,
        _ beforeStep: (Statement) throws -> Void
    ) throws -> (run: ScenarioRun, wasWatched: Bool) {
        let executor = try LiveExecutor(options: options)
        shortcomings(executor.shortcomings)
        let run = try ScenarioSession(program, on: executor).run(beforeStep: beforeStep)
        return (run, executor.wasWatched)
    }

    /// What several runs of a program came to.
    public enum Outcome: Sendable {
        /// All did the same.
        case stable(ScenarioRun)
        /// They did not; the texts say what varied.
        case varied([String])
    }

    /// Records `program` `times` times.
    ///
    /// - Throws: as `run` does.
    public func stableRun(_ program: Program, times: Int = 3) throws -> Outcome {
        precondition(times > 0, "a recording takes a run")
        let first = try run(program)
        for number in 1..<times {
            let other = try run(program)
            if other.recording != first.recording {
                return .varied(Self.variation(first.recording, other.recording, run: number + 1))
            }
        }
        return .stable(first)
    }

    /// The lines in which a later run's recording differs from the first one's.
    private static func variation(_ first: Recording, _ other: Recording, run: Int) -> [String] {
        let lines = [first, other].map { $0.text.split(separator: "\n").map(String.init) }
        return UnifiedDiff(old: lines[0], new: lines[1]).lines.map { line in
            line.hasPrefix("@@") ? "run 1 (-) and run \(run) (+) differ \(line)" : line
        }
    }

    /// Runs what needs the kernel's settings.
    private func withSettings<Result>(_ body: (LiveOptions) throws -> Result) throws -> Result {
        guard let request = options.settings else { return try body(options) }
        let settings = try LiveSettings(request)
        var options = options
        options.holdsLock = true
        let result: Result
        do { result = try body(options) } catch {
            try? settings.restore()
            throw error
        }
        try settings.restore()
        return result
    }
}
