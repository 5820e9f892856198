/// What one statement did on the live kernel.
public struct LiveResult: Hashable, Sendable {
    /// The kinds of outcome.
    public enum Outcome: Hashable, Sendable {
        /// A system call's raw result: a value, or a negative errno.
        case value(Int64)
        /// Accesses to memory, made or stopped by a signal.
        case access(LiveAccess)
        /// mincore's answer, one element a page.
        case residency([Bool])
        /// The process has ended.
        case exited
    }

    /// What came of it.
    public var outcome: Outcome
    /// The faults that the process took meanwhile.
    public var faults: FaultCounts
}
