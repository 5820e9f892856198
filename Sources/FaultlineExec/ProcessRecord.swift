import Faultline

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
    /// Faults by the instruction that took them.
    var sites: [UInt64: Int] = [:]
    /// What was left when it ended.
    public internal(set) var end: End?

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
        /// Faults by call site, the most first.
        public let sites: [CallSite]
    }
}

/// An instruction that took faults.
public struct CallSite: Sendable, Equatable, Encodable {
    /// The file that the instruction is in, without folders; `?` where it is in none.
    public let object: String
    /// The function, or nothing where no symbol is known.
    public let function: String
    /// How far the instruction is behind the function's start; without one, its offset in the file. In bytes.
    public let offset: UInt64
    /// How many faults it took.
    public let faults: Int

    /// Such as `libc.so.6 malloc+0x20`.
    public var text: String {
        let distance = "+0x" + String(offset, radix: 16)
        return function.isEmpty ? "\(object)\(distance)" : "\(object) \(function)\(distance)"
    }
}
