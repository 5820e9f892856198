import Faultline

extension RunReport {
    /// What a call came to, taken apart: `ok`, `value`, `error`, `signal`, `residency`, `statuses`, `told`, `exited`, `reclaimed`, `waits`,
    /// `skipped`, `userfaultfd` or `event`.
    public struct Outcome: Encodable, Sendable {
        /// Which of these.
        public let kind: String
        /// The errno's name, such as `ENOMEM`, and its number.
        public let errno: String?
        /// The errno's number.
        public let errnoNumber: Int32?
        /// The signal and its code, such as `SIGSEGV` and `SEGV_MAPERR`.
        public let signal, code: String?
        /// The address of the signal, in hex with 0x.
        public let address: String?
        /// For `mincore`, of each page whether it is there.
        public let resident: [Bool]?
        /// For `memory_reclaim`, what it looked at and took.
        public let reclaimed: Reclaimed?
        /// What a statement waits for that has not ended: `MISSING`, `WP`, `MINOR` or `event`.
        public let waitsFor: String?
        /// For `move_pages`, of each page its node or the negative errno.
        public let statuses: [Int32]?
        /// For a call that tells several things, such as `get_mempolicy`, what a recording has of them.
        public let told: String?
        /// The accesses that `read_pages` or `write_pages` made.
        public let pages: Int?

        init(_ result: RecordedResult) {
            var (errno, number): (String?, Int32?) = (nil, nil)
            var (signal, code, address): (String?, String?, String?) = (nil, nil, nil)
            var resident: [Bool]?
            var reclaimed: Reclaimed?
            var statuses: [Int32]?
            var told: String?
            switch result.outcome {
            case .ok: kind = "ok"
            case .value: kind = "value"
            case .exited: kind = "exited"
            case .reclaimed(let counts):
                kind = "reclaimed"
                reclaimed = Reclaimed(counts)
            case .error(let error):
                kind = "error"
                (errno, number) = (error.name, error.rawValue)
            case .signal(let name, let why, let place):
                kind = "signal"
                (signal, code, address) = (name.name, why.rawValue, "0x" + place.hex)
            case .waits(let sleep):
                kind = "waits"
                if case .fault(_, let place, _) = sleep { address = "0x" + place.hex }
            case .skipped: kind = "skipped"
            case .partial(let error, _):
                kind = "error"
                (errno, number) = (error.name, error.rawValue)
            case .userfault: kind = "userfaultfd"
            case .notice: kind = "event"
            case .residency(let pages):
                kind = "residency"
                resident = pages
            case .statuses(_, let pages):
                kind = "statuses"
                statuses = pages
            case .told(let text):
                kind = "told"
                told = text
            }
            (self.errno, errnoNumber) = (errno, number)
            (self.signal, self.code, self.address) = (signal, code, address)
            self.resident = resident
            waitsFor = Self.waitReason(result.outcome)
            self.reclaimed = reclaimed
            self.statuses = statuses
            self.told = told
            pages = result.pages
        }
    }

    /// What a round of reclaim looked at and took, in pages.
    public struct Reclaimed: Encodable, Sendable {
        /// Of the anonymous lists.
        public let anonScanned, anonReclaimed: UInt64
        /// Of the file lists.
        public let fileScanned, fileReclaimed: UInt64

        init(_ counts: ReclaimCounts) {
            (anonScanned, anonReclaimed) = (counts.anonScanned, counts.anonReclaimed)
            (fileScanned, fileReclaimed) = (counts.fileScanned, counts.fileReclaimed)
        }
    }

    /// One statement as a line of its own.
    public struct StepLine: Encodable, Sendable {
        private let step: Step

        private enum CodingKeys: CodingKey { case version, kind }

        /// A line for a step.
        public init(_ step: Step) { self.step = step }

        /// The step's own keys, with the version and what it is.
        public func encode(to encoder: any Encoder) throws {
            try step.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(RunReport.version, forKey: .version)
            try container.encode("step", forKey: .kind)
        }
    }
}
