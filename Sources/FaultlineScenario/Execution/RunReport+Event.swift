import Faultline

extension RunReport {
    /// One event of the machine, taken apart.
    public struct EventEntry: Encodable, Sendable {
        /// The process that it happened to, by its number in the order of creation, from 0; below 0 for none.
        public let process: Int
        /// The program's name for it; the name of the kernel's thread where one did it, such as `jbd2/vda-8`, else `kernel`.
        public let processName: String
        /// The kernel thread that did it; nil where a process did.
        public let kernelThread: String?
        /// Its kind, as in the trace.
        public let event: String
        /// What its kind carries, whatever the numbers are.
        public let fields: [FieldEntry]
        /// Why it happened; nil where no one rule decided it.
        public let reason: String?
        /// The rule that refused, with its figures; nil but for refusals.
        public let refusal: RefusalEntry?

        init(_ event: Event, processName: (Int) -> String) {
            process = Int(event.process)
            self.processName = event.processText(processName)
            kernelThread = event.kernelThread?.name
            self.event = event.kind.rawValue
            fields = event.fields.map { FieldEntry($0, processName: processName) }
            reason = event.reason == .none ? nil : event.reason.rawValue
            refusal = event.refusal.map(RefusalEntry.init)
        }
    }
}
