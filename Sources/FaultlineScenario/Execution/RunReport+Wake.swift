import Faultline

extension RunReport {
    /// What became of a statement that waited.
    public struct WakeEntry: Encodable, Sendable {
        /// The process that made it.
        public let process: String
        /// Its line in the program, from 1.
        public let line: Int
        /// As a recording shows it; that it waits, where it waits again.
        public let result: String
        /// The same, taken apart.
        public let outcome: Outcome
        /// The faults of the whole statement.
        public let minorFaults, majorFaults: Int

        init(_ wake: Wake) {
            process = wake.process
            line = wake.line
            result = wake.result.text
            outcome = Outcome(wake.result)
            minorFaults = wake.result.faults?.minor ?? 0
            majorFaults = wake.result.faults?.major ?? 0
        }
    }
}

extension RunReport.Outcome {
    /// What a statement waits for: `MISSING`, `WP`, `MINOR` or `event`; nil for one that ended.
    static func waitReason(_ outcome: CallOutcome) -> String? {
        guard case .waits(let sleep) = outcome else { return nil }
        if case .fault(let reason, _, _) = sleep { return reason.rawValue }
        return "event"
    }
}
