import CHost
import Glibc

/// How to run programs on the live kernel.
public struct LiveOptions: Sendable {
    /// The processor that the program's processes run on; nil: the last that this process may use.
    public var processor: Int32?
    /// Where `disk_file` makes its files (unnamed, so that nothing is left); the recordings were made on ext4.
    public var diskDirectory: String
    /// Settings of the kernel that hold while a program runs.
    public var settings: LiveSettings.Request?
    /// Whether the program runs in a memory cgroup of its own.
    var hasMemoryGroup = false
    /// Whether the program has to do with `oom_score_adj`, which is 1000 for others: should the machine run short, their processes go first.
    var choosesVictims = false
    /// What the program does to the whole kernel.
    var words = KernelWords()
    /// Whether no other program may run meanwhile.
    var runsAlone = false
    /// Whether the one who makes a machine holds the lock on the kernel already.
    var holdsLock = false

    /// Options; `diskDirectory` must lie on a file system that has O_TMPFILE.
    public init(processor: Int32? = nil, diskDirectory: String = "/var/tmp") {
        self.processor = processor
        self.diskDirectory = diskDirectory
    }

    /// Soft RLIMIT_STACK of a program, bytes.
    static let stackLimit: UInt64 = 8 << 20

    var agentOptions: fl_agent_options {
        fl_agent_options(
            cpu: processor ?? Self.lastProcessor(), stack_limit: Self.stackLimit,
            oom_score_adj: choosesVictims ? 0 : 1000)
    }

    /// The last processor of this process's affinity mask: the first is the busiest with interrupts.
    private static func lastProcessor() -> Int32 { processors().last ?? -1 }

    /// The processors that this process may use, in ascending order.
    public static func processors() -> [Int32] { allowed }

    /// Asked once, before the first program runs: a thread that runs one keeps off the program's processor.
    private static let allowed: [Int32] = {
        var numbers = [Int32](repeating: 0, count: 1024)
        let count = fl_agent_processors(&numbers, Int32(numbers.count))
        return Array(numbers.prefix(Int(max(count, 0))))
    }()

    /// Has this thread leave a program's processor alone, where it may use another: its own page faults would put pages
    /// into the LRU batches of the program's processor, and those would be full and drained earlier.
    static func keepOff(_ processor: Int32) { run(on: allowed.filter { $0 != processor }) }

    /// Undoes ``keepOff(_:)``.
    static func returnToAll() { run(on: allowed) }

    private static func run(on processors: [Int32]) { fl_agent_run_on(processors, Int32(processors.count)) }
}
