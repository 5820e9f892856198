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
        /// What was expected of it, where it did not come.
        public let failedExpectation: String?

        init(_ wake: Wake, _ failures: [ScenarioStep]) {
            failedExpectation = failures.first { $0.statement.line == wake.line }?.expectationFailure
            process = wake.process
            line = wake.line
            result = wake.result.text
            outcome = Outcome(wake.result)
            minorFaults = wake.result.faults?.minor ?? 0
            majorFaults = wake.result.faults?.major ?? 0
        }
    }
}

extension RunReport {
    /// A process that makes no statement until somebody else has done something.
    public struct WaitEntry: Encodable, Sendable {
        /// Who can end it.
        public struct Server: Encodable, Sendable {
            /// The process.
            public let process: String
            /// Its descriptor of the userfaultfd; nil for the child of vfork.
            public let descriptor: Int32?
        }

        /// The process, and the line in which it waits, from 1.
        public let process: String
        /// From 1.
        public let line: Int
        /// `MISSING`, `WP`, `MINOR`, `event` or `vfork`.
        public let waitsFor: String
        /// Of a page, in hex with 0x.
        public let address: String?
        /// Of a page, whether for a write.
        public let write: Bool?
        /// Who can end the wait.
        public let servers: [Server]
        /// What was expected of the statement, which has not ended.
        public let failedExpectation: String?

        init(_ wait: WaitingProcess) {
            process = wait.process
            line = wait.statement.line
            failedExpectation = wait.failure?.expectationFailure
            servers = wait.servers.map { Server(process: $0.process, descriptor: $0.descriptor) }
            guard case .userfault(.fault(let reason, let place, let isWrite)) = wait.reason else {
                if case .vfork = wait.reason { waitsFor = "vfork" } else { waitsFor = "event" }
                (address, write) = (nil, nil)
                return
            }
            waitsFor = reason.rawValue
            (address, write) = ("0x" + place.hex, isWrite)
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
