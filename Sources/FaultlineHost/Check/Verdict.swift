import FaultlineScenario

/// What came of running one program on the live kernel and in the model.
public enum Verdict: Sendable {
    /// Both did the same; an expectation of the program may have failed on both, and what the model lacks may have been met
    /// without an effect.
    case equal(kernel: ScenarioRun, unmodelled: [UnmodelledUse])
    /// They differ.
    case different(Difference)
    /// The live kernel itself does not do the same twice, so there is nothing to compare with; the lines say what varied.
    case unstable([String])
    /// The live kernel could not run the program; the text says why.
    case notRun(String)

    /// Two recordings that differ, and how.
    public struct Difference: Sendable {
        /// The program.
        public var program: Program
        /// What the live kernel did.
        public var kernel: ScenarioRun
        /// What the model did; nil where it failed.
        public var model: Recording?
        /// Where they differ; nil where the model failed.
        public var comparison: RecordingComparison?
        /// What the program met that the model lacks.
        public var unmodelled: [UnmodelledUse] = []
        /// Why the model failed; else nil.
        public var failure: String?
    }
}
