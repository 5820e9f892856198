import FaultlineScenario

/// The number of a system call that an agent can make.
struct SystemCallNumber: RawRepresentable, Hashable {
    let rawValue: UInt64

    /// A call of no program: the executor's own.
    init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The number of a call that goes to the kernel as a system call; nil for the others.
    init?(_ name: CallName) {
        guard let number = name.definition.number else { return nil }
        rawValue = number
    }

    /// A call whose row has a number, which is a matter of the code alone.
    init(known name: CallName) {
        guard let number = SystemCallNumber(name) else { preconditionFailure("\(name.rawValue) has no number") }
        self = number
    }

    /// open(2), with which the executor makes files.
    static let open = SystemCallNumber(rawValue: 2)
    /// clone(2) and execve(2), which take more than a program states.
    static let clone = SystemCallNumber(rawValue: 56)
    static let execve = SystemCallNumber(rawValue: 59)
    static let close = SystemCallNumber(known: CallName(known: "close"))
    /// fcntl(2), for seals.
    static let fcntl = SystemCallNumber(rawValue: 72)
    /// capget(2) and capset(2), to drop a capability.
    static let capget = SystemCallNumber(rawValue: 125)
    static let capset = SystemCallNumber(rawValue: 126)
    static let fork = SystemCallNumber(known: .fork)
    static let madvise = SystemCallNumber(known: .madvise)
    static let memfdCreate = SystemCallNumber(known: .memfdCreate)
    static let mincore = SystemCallNumber(known: .mincore)
    static let mlockall = SystemCallNumber(known: .mlockall)
    static let prctl = SystemCallNumber(known: .prctl)
    static let pread = SystemCallNumber(known: .pread)
    static let pwrite = SystemCallNumber(known: .pwrite)
    static let setrlimit = SystemCallNumber(known: .setrlimit)
    static let shmget = SystemCallNumber(known: .shmget)
}
