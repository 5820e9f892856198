import Faultline
public import FaultlineCallSites

/// A process of the host and what the simulated kernel says of it.
public struct ProcessRecord: Sendable {
    /// Its number on the host.
    public let host: Int32
    /// Its index on the machine.
    public let simulated: Int
    /// The file that it runs.
    public let program: String
    /// The host's number of the process that made it; nil for the first.
    public let parent: Int32?
    /// Faults that it had before its first instruction, by which its own are counted.
    var faultsBefore: (minor: UInt64, major: UInt64) = (0, 0)
    /// Private memory that it had from its parent when it was made, in KiB: frames that both mapped.
    public internal(set) var sharedAtForkKiB = 0
    /// What it did, by kind of event.
    public internal(set) var events: [Event.Kind: Int] = [:]
    /// The out-of-memory killer of the simulated machine ended it; then there is no ``end``.
    public internal(set) var wasOutOfMemory = false
    /// What was left when it ended.
    public internal(set) var end: End?

    /// How it ended, in words.
    var cause: String {
        if let end { return end.cause }
        return wasOutOfMemory
            ? "killed: the simulated machine was out of memory (--ram gives it more)" : "did not end"
    }

    init(host: Int32, simulated: Int, program: String, parent: Int32?) {
        self.host = host
        self.simulated = simulated
        self.program = program
        self.parent = parent
    }

    /// A process as it was just before it ended.
    public struct End: Sendable {
        /// `exited with 0`, `killed by signal 9`, `became another program`.
        public let cause: String
        /// Faults since its first instruction.
        public let minorFaults: UInt64
        /// Those of them that waited for a disk.
        public let majorFaults: UInt64
        /// The figures of /proc/PID/status.
        public let totals: ProcessTotals
        /// Its VMAs, without pages.
        public let vmas: [VMAView]
        /// Faults by call site; nil where none were counted.
        public let sites: CallSiteReport?
    }
}
