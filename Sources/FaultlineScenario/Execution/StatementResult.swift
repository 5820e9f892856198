import Faultline

/// What a call came to.
public enum CallOutcome: Sendable, Hashable {
    /// Success of a call whose value is not shown (`CallName.showsOK`).
    case ok
    /// Success, with the value that the recording shows.
    case value(UInt64)
    /// The system call failed.
    case error(Errno)
    /// An access ended in a signal; `address` is its `si_addr`.
    case signal(Signal, SignalCode, address: UInt64)
    /// `mincore` succeeded: for each page whether it is resident.
    case residency([Bool])
    /// move_pages(2) succeeded: what it returned, and of each page its node or the negative errno.
    case statuses(UInt64, [Int32])
    /// Success of a call that tells several things, as the recording writes them.
    case told(String)
    /// The process made `exit`.
    case exited
    /// What `memory_reclaim` looked at and took.
    case reclaimed(ReclaimCounts)
    /// The statement does not end: its process sleeps until userspace serves it.
    case waits(UserfaultSleep)
    /// Nothing was done: the process sleeps, or is not there because its fork did.
    case skipped
    /// The call failed after a part: the bytes that are done.
    case partial(Errno, UInt64)
    /// The answer of UFFDIO_API or UFFDIO_REGISTER: features, for the former only, and calls.
    case userfault(features: UInt64?, ioctls: UInt64)
    /// What `uffd_read` read.
    case notice(UserfaultNotice)
}

/// What a call came to, and what it cost.
public struct StatementResult: Sendable, Hashable {
    /// What it came to.
    public var outcome: CallOutcome
    /// What the statement's NAME gets: a file descriptor, a process id, a segment's id and so on.
    public var value: Int64
    /// For `read_pages` and `write_pages`, the accesses that were made; else nil.
    public var pages: Int?
    /// For SEGV_PKUERR the protection key that forbade the access (`si_pkey`); else nil. A recording does not show it: the
    /// VMA's line has it.
    public var protectionKey: Int?
    /// The minor faults that the caller took, as getrusage counts them.
    public var minflt: Int
    /// The major faults that the caller took, as getrusage counts them.
    public var majflt: Int
    /// The rule behind an error or a signal, or behind a brk(2) that moved nothing; nil where the machine does not tell, as the
    /// live kernel does not.
    public var refusal: Refusal?

    /// Makes a result. Without a `value`, the NAME gets what the outcome says: the value, the negative errno, -EFAULT for a
    /// signal, else 0.
    public init(
        _ outcome: CallOutcome, value: Int64? = nil, pages: Int? = nil, protectionKey: Int? = nil, minflt: Int = 0,
        majflt: Int = 0
    ) {
        self.outcome = outcome
        self.protectionKey = protectionKey
        self.value = value ?? outcome.defaultValue
        self.pages = pages
        self.minflt = minflt
        self.majflt = majflt
    }

    /// What get_mempolicy(2) tells.
    public static func policy(_ policy: Int32, nodes: UInt64) -> StatementResult {
        StatementResult(.told("policy=\(policy) nodes=0x\(String(nodes, radix: 16))"), value: Int64(policy))
    }

    /// True for a failed system call, and for an access that ended in a signal.
    public var isFailure: Bool {
        switch outcome {
        case .error, .signal, .waits, .skipped, .partial: true
        case .ok, .value, .residency, .statuses, .told, .exited, .reclaimed, .userfault, .notice: false
        }
    }
}

extension StatementResult {
    /// Whether the refusal that the machine noted last is the reason for this result; a call may go on past one.
    func isRefused(by refusal: Refusal) -> Bool {
        switch (outcome, refusal.answer) {
        case (.error(let errno), .errno(let refused)), (.partial(let errno, _), .errno(let refused)): errno == refused
        case (.signal(let signal, _, _), .signal(let name)): signal.name == name
        case (.value, .oldBreak): true
        default: false
        }
    }
}

extension CallOutcome {
    fileprivate var defaultValue: Int64 {
        switch self {
        case .value(let value), .statuses(let value, _): Int64(bitPattern: value)
        case .error(let errno), .partial(let errno, _): -Int64(errno.rawValue)
        case .waits, .skipped, .notice: -1
        case .signal: -Int64(Errno.EFAULT.rawValue)
        case .ok, .residency, .told, .exited, .userfault: 0
        case .reclaimed(let counts): Int64(counts.reclaimed)
        }
    }
}
