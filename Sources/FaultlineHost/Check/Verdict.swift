import FaultlineScenario

/// What came of running one program on the live kernel and in the model.
public enum Verdict: Sendable {
    /// Both did the same.
    case equal(kernel: Recording)
    /// They differ.
    case different(Difference)
    /// The live kernel itself does not do the same twice, so there is nothing to compare with.
    case unstable
    /// The live kernel could not run the program; the text says why.
    case notRun(String)

    /// Two recordings that differ, and how.
    public struct Difference: Sendable {
        /// The program.
        public var program: Program
        /// What the live kernel did.
        public var kernel: Recording
        /// What the model did; nil where it failed.
        public var model: Recording?
        /// Where they differ; nil where the model failed.
        public var comparison: RecordingComparison?
        /// Why the model failed; else nil.
        public var failure: String?
    }
}
