import FaultlineScenario

/// Checks random programs, several at a time.
public struct RandomCheck: Sendable {
    /// What the programs are about.
    public var profile: ScenarioProfile
    /// The first program's seed; the next one has the next seed.
    public var seed: UInt64
    /// How many programs.
    public var count: Int
    /// Programs under way at once; each runs on a processor of its own as far as there are enough.
    public var jobs: Int
    private let check: ProgramCheck

    /// Makes a run of random programs.
    public init(profile: ScenarioProfile, seed: UInt64, count: Int, jobs: Int, check: ProgramCheck) {
        self.profile = profile
        self.seed = seed
        self.count = count
        self.jobs = max(jobs, 1)
        self.check = check
    }

    /// One program's verdict.
    public struct Outcome: Sendable {
        /// What made the program.
        public let seed: UInt64
        /// What came of it.
        public let verdict: Verdict
    }

    /// Runs them all. `progress` is called after each one, with how many are done.
    public func run(progress: @escaping @Sendable (Int, Verdict) -> Void) -> [Outcome] {
        let processors = LiveOptions.processors()
        let pool = JobPool(workers: min(jobs, count))
        let results = pool.run(count: count) { index, worker -> Outcome in
            let seed = self.seed &+ UInt64(index)
            var check = self.check
            if check.recorder.options.processor == nil, !processors.isEmpty {
                check.recorder.options.processor = processors[processors.count - 1 - worker % processors.count]
            }
            do {
                let program = try ScenarioGenerator.program(profile: self.profile, seed: seed)
                return Outcome(seed: seed, verdict: check.verdict(on: program))
            } catch {
                return Outcome(seed: seed, verdict: .notRun("\(error)"))
            }
        } finished: { index, outcome in
            progress(index + 1, outcome.verdict)
            return true
        }
        return results.compactMap { $0 }
    }
}
