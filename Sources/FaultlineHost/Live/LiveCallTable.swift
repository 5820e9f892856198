import CHost
import FaultlineScenario

/// A call on its way to a real process.
struct LiveCall {
    /// The program's processes and files.
    let machine: LiveMachine
    /// The process that makes the call.
    let agent: Agent
    /// The call.
    let call: EvaluatedCall

    /// The number at the index; strings and processes are not among them.
    subscript(index: Int) -> UInt64 { call.arguments[index] }

    /// The number at the index as a byte.
    func byte(_ index: Int) -> UInt8 { UInt8(truncatingIfNeeded: call.arguments[index]) }

    /// The process that the call is about.
    var target: Agent {
        get throws(LiveError) { try machine.process((call.processes.first ?? nil) ?? -1) }
    }

    /// What a new file is called in the state.
    var fileName: String { call.assignedName ?? "-" }
}

/// How the live kernel makes the calls that are no system call in its raw form: accesses of memory, what needs a buffer of
/// the agent's, and the language's own. All other rows of the call table have a number, and need no entry here.
enum LiveCallTable {
    typealias Action = @Sendable (LiveCall) throws -> StatementResult

    static let special: [CallName: Action] = Dictionary(
        uniqueKeysWithValues: (accesses + protectionKeys + userfaults + processes + othersMemory + policies + files
            + descriptors
            + reclaim + merging + hugePages
            + observation).map {
                (CallName(known: $0.0), $0.1)
            })

    private static let accesses: [(String, Action)] = [
        ("load", { try $0.machine.access(FL_AGENT_LOAD, first: $0[0], in: $0.agent) }),
        ("store", { try $0.machine.access(FL_AGENT_STORE, first: $0[0], byte: $0.byte(1), in: $0.agent) }),
        ("exec", { try $0.machine.access(FL_AGENT_EXECUTE, first: $0[0], in: $0.agent) }),
        ("read_pages", { try $0.machine.access(FL_AGENT_READS, first: $0[0], end: $0[0] &+ $0[1], in: $0.agent) }),
        (
            "write_pages",
            {
                let end = $0[0] &+ $0[1]
                return try $0.machine.access(FL_AGENT_WRITES, first: $0[0], end: end, byte: $0.byte(2), in: $0.agent)
            }
        ),
        ("mincore", { try $0.machine.mincore($0[0], $0[1], in: $0.agent) }),
        ("madvise", { try $0.machine.adviseMemory($0.call.six, in: $0.agent) }),
    ]

    private static let protectionKeys: [(String, Action)] = [
        ("wrpkru", { try $0.machine.pkru($0[0], in: $0.agent) }),
        ("rdpkru", { try $0.machine.pkru(nil, in: $0.agent) }),
    ]

    private static let processes: [(String, Action)] = [
        (
            "fork",
            {
                let result = try $0.machine.fork($0.agent, name: $0.call.assignedName ?? "process")
                return try StatementResult(raw: result).shownAsOK()
            }
        ),
        (
            "exit",
            {
                try $0.machine.exit($0.agent, status: $0.call.int(0))
                return StatementResult(.exited)
            }
        ),
        ("clone_vm", { try cloned($0, waits: false) }),
        ("vfork", { try cloned($0, waits: true) }),
        ("run_on", { try $0.machine.run($0.agent, onCPU: $0[0]) }),
        ("idle", { _ in StatementResult(.value(0)) }), ("barrier", { _ in StatementResult(.value(0)) }),
        ("execve", { try $0.machine.execve($0.call.text, in: $0.agent) }),
        ("mem_read", { try $0.machine.accessMemory(of: try $0.target, $0[0], $0[1], byte: nil, in: $0.agent) }),
        (
            "mem_write",
            { try $0.machine.accessMemory(of: try $0.target, $0[0], $0[1], byte: $0.byte(2), in: $0.agent) }
        ),
        (
            "move_pages",
            {
                try $0.machine.movePages(
                    of: try $0.target, $0[0], count: $0[1], node: $0[2], flags: $0[3], in: $0.agent)
            }
        ),
        ("oom_score_adj", { try $0.machine.setOutOfMemoryAdjustment(Int64(bitPattern: $0[0]), in: $0.agent) }),
        ("setrlimit", { try $0.machine.setLimit($0[0], $0[1], in: $0.agent) }),
    ]

    private static let files: [(String, Action)] = [
        (
            "pwrite",
            { try $0.machine.pwrite($0[0], offset: $0[1], length: $0[2], byte: $0.byte(3), in: $0.agent) }
        ),
        ("pread", { try $0.machine.pread($0[0], offset: $0[1], length: $0[2], in: $0.agent) }),
        (
            "memfd_create",
            { try opened($0.machine.memoryFile($0.call.text, flags: $0[0], in: $0.agent)) }
        ),
        ("fadvise", adviseFile), ("readahead", adviseFile),
        (
            "tmpfs_file",
            { try opened($0.machine.tmpfsFile($0.fileName, size: $0[0], mount: $0[1], in: $0.agent)) }
        ),
        ("tmpfs_mount", { try opened($0.machine.mountTmpfs(size: $0[0])) }),
        ("drop_caches", { try $0.machine.dropCaches(Int64(bitPattern: $0[0])) }),
        (
            "swapon",
            { try $0.machine.swapArea().turnOn(pages: $0[0] >> 12, compressed: $0.call.texts.first == "zram") }
        ),
        ("swapoff", { try $0.machine.swap?.turnOff() ?? StatementResult(.error(.EINVAL)) }),
        ("swap_used", { try $0.machine.swap?.used() ?? StatementResult(.value(0)) }),
        ("khugepaged_scan", { try $0.machine.scanForHugePages() }),
        ("setting", { try $0.machine.set($0.call.texts[0], $0.call.texts[1]) }),
        ("disk_file", { try opened($0.machine.diskFile($0.fileName, size: $0[0], in: $0.agent)) }),
    ]

    private static let reclaim: [(String, Action)] = [
        ("memory_reclaim", { try $0.machine.memoryGroup().reclaim() }),
        ("memory_swappiness", { try $0.machine.memoryGroup().setSwappiness($0[0]) }),
        ("memory_limit", { try $0.machine.memoryGroup().setLimit($0[0]) }),
    ]

    private static func cloned(_ call: LiveCall, waits: Bool) throws -> StatementResult {
        let name = call.call.assignedName ?? "process"
        return try StatementResult(raw: call.machine.cloneVM(call.agent, name: name, waits: waits)).shownAsOK()
    }

    private static func adviseFile(_ call: LiveCall) throws -> StatementResult {
        try call.machine.adviseFile(SystemCallNumber(known: call.call.name), call.call.six, in: call.agent)
    }

    /// A new descriptor, or a negative errno.
    private static func opened(_ descriptor: Int64) throws -> StatementResult {
        try StatementResult(raw: descriptor).shownAsOK()
    }
}
