/// The name of a call of the scenario language: a row of the ``CallTable``.
public struct CallName: RawRepresentable, Sendable, Hashable, Codable, CaseIterable {
    /// Its place in the table.
    private let index: UInt16

    /// Every call, in the order of the table.
    public static let allCases: [CallName] = CallTable.definitions.indices.map { CallName(index: $0) }

    init(index: Int) { self.index = UInt16(index) }

    /// The call of that name, or nil where the language has none.
    public init?(rawValue: String) {
        guard let index = CallTable.indices[rawValue] else { return nil }
        self.init(index: index)
    }

    /// A call that the code itself speaks of. Precondition: the table has it.
    public init(known name: String) {
        guard let index = CallTable.indices[name] else { preconditionFailure("the call table has no \(name)") }
        self.init(index: index)
    }

    /// Its place among all.
    var place: Int { Int(index) }

    /// Its row of the table.
    public var definition: CallDefinition { CallTable.definitions[Int(index)] }

    /// As a program writes it.
    public var rawValue: String { definition.name }

    /// The call as a reader would write it, such as `munmap(addr, len)`.
    public var signature: String { definition.signature }

    /// True for the accesses of memory, such as `load`: their faults are always shown.
    public var isAccess: Bool { definition.faults == .always }

    /// True when the recording shows the faults of the call, if it took any.
    public var showsFaults: Bool { definition.faults != .never }

    /// True for the accesses that count pages.
    public var countsPages: Bool { definition.result == .pages }

    /// True for the calls that make a process, which their NAME names.
    public var makesProcess: Bool { self == .fork || self == .vfork || self == .cloneVM }

    /// The agent's own program as `execve` names it: a process that becomes it goes on making statements.
    public static let agentProgram = "agent"

    /// True when success is written `ok` in place of a value, because the value is not the same on each run.
    public var showsOK: Bool { definition.result == .ok || definition.result == .pages }
}

// The calls that code other than the table treats in a way of its own.
extension CallName {
    /// The call `mmap`.
    public static let mmap = CallName(known: "mmap")
    /// The call `munmap`.
    public static let munmap = CallName(known: "munmap")
    /// The call `brk`.
    public static let brk = CallName(known: "brk")
    /// The call `madvise`.
    public static let madvise = CallName(known: "madvise")
    /// The call `mlockall`.
    public static let mlockall = CallName(known: "mlockall")
    /// The call `mincore`.
    public static let mincore = CallName(known: "mincore")
    /// The call `shmget`.
    public static let shmget = CallName(known: "shmget")
    /// The call `shmctl`.
    public static let shmctl = CallName(known: "shmctl")
    /// The call `memfd_create`.
    public static let memfdCreate = CallName(known: "memfd_create")
    /// The call `ftruncate`.
    public static let ftruncate = CallName(known: "ftruncate")
    /// The call `fallocate`.
    public static let fallocate = CallName(known: "fallocate")
    /// The call `prctl`.
    public static let prctl = CallName(known: "prctl")
    /// The call `setrlimit`.
    public static let setrlimit = CallName(known: "setrlimit")
    /// The call `getpid`.
    public static let getpid = CallName(known: "getpid")
    /// The call `tmpfs_file`.
    public static let tmpfsFile = CallName(known: "tmpfs_file")
    /// The call `disk_file`.
    public static let diskFile = CallName(known: "disk_file")
    /// The call `tmpfs_mount`.
    public static let tmpfsMount = CallName(known: "tmpfs_mount")
    /// The call `pin`.
    public static let pin = CallName(known: "pin")
    /// The call `get_mempolicy`.
    public static let getMempolicy = CallName(known: "get_mempolicy")
    /// The call `drop_caches`.
    public static let dropCaches = CallName(known: "drop_caches")
    /// The call `oom_score_adj`.
    public static let oomScoreAdj = CallName(known: "oom_score_adj")
    /// The call `swapon`.
    public static let swapOn = CallName(known: "swapon")
    /// The call `swapoff`.
    public static let swapOff = CallName(known: "swapoff")
    /// The call `swap_used`.
    public static let swapUsed = CallName(known: "swap_used")
    /// The call `setting`.
    public static let setting = CallName(known: "setting")
    /// The call `khugepaged_scan`.
    public static let khugepagedScan = CallName(known: "khugepaged_scan")
    /// The call `ksm_scan`.
    public static let ksmScan = CallName(known: "ksm_scan")
    /// The call `ksm_unmerge`.
    public static let ksmUnmerge = CallName(known: "ksm_unmerge")
    /// The call `pwrite`.
    public static let pwrite = CallName(known: "pwrite")
    /// The call `pread`.
    public static let pread = CallName(known: "pread")
    /// The call `load`.
    public static let load = CallName(known: "load")
    /// The call `store`.
    public static let store = CallName(known: "store")
    /// The call `read_pages`.
    public static let readPages = CallName(known: "read_pages")
    /// The call `write_pages`.
    public static let writePages = CallName(known: "write_pages")
    /// The call `exec`.
    public static let exec = CallName(known: "exec")
    /// The call `fork`.
    public static let fork = CallName(known: "fork")
    /// The call `exit`.
    public static let exit = CallName(known: "exit")
    /// The call `vfork`.
    public static let vfork = CallName(known: "vfork")
    /// The call `clone_vm`.
    public static let cloneVM = CallName(known: "clone_vm")
    /// The call `barrier`.
    public static let barrier = CallName(known: "barrier")
    /// The call `run_on`.
    public static let runOn = CallName(known: "run_on")
    /// The call `execve`.
    public static let execve = CallName(known: "execve")
    /// The call `move_pages`.
    public static let movePages = CallName(known: "move_pages")
    /// The call `process_madvise`.
    public static let processMadvise = CallName(known: "process_madvise")
    /// The call `mem_read`.
    public static let memRead = CallName(known: "mem_read")
    /// The call `mem_write`.
    public static let memWrite = CallName(known: "mem_write")
    /// The instruction `wrpkru`.
    public static let wrpkru = CallName(known: "wrpkru")
    /// The call `observe`.
    public static let observe = CallName(known: "observe")
    /// The call `show`.
    public static let show = CallName(known: "show")
    /// The call `assert`.
    public static let assert = CallName(known: "assert")
}
