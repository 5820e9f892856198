import Faultline

extension RunReport {
    /// One process as a report for machines has it: what the lines of a recording say, taken apart, and its figures.
    public struct ProcessEntry: Encodable, Sendable {
        /// What a recording shows of it.
        public let state: RecordedProcess
        /// The figures of the whole process, in KiB; nil where nobody asked for them.
        public let totals: ProcessTotals?

        private enum CodingKeys: CodingKey { case totals }

        /// The state's own keys, and `totals` beside them.
        public func encode(to encoder: any Encoder) throws {
            try state.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encodeIfPresent(totals, forKey: .totals)
        }

        /// The processes of a state, with their figures where they are there.
        static func entries(_ state: RecordedState, _ totals: [ProcessTotals]) -> [ProcessEntry] {
            state.processes.enumerated().map { index, process in
                ProcessEntry(state: process, totals: totals.count == state.processes.count ? totals[index] : nil)
            }
        }
    }
}
