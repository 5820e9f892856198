import CHost
import Glibc

/// Faults as getrusage(2) counts them.
struct FaultCounts {
    /// Faults that needed no I/O.
    var minor: Int
    /// Faults that waited for I/O.
    var major: Int

    static func - (left: FaultCounts, right: FaultCounts) -> FaultCounts {
        FaultCounts(minor: left.minor - right.minor, major: left.major - right.major)
    }
}

/// One process of a program on the live kernel: an agent under ptrace(2), stopped between two statements.
///
/// All calls on one machine's agents come from one thread, as ptrace demands.
final class Agent {
    let name: String
    let process: Int32
    private let stat: HostFile
    /// The processor that it chose, or the one that made it; nil where nobody did.
    var processor: Int32?
    /// Its parent, where that waits in vfork for it.
    var waitingParent: Agent?
    /// True once it has become another program, whose first instruction never runs.
    private(set) var isOtherProgram = false

    init(name: String, process: Int32) throws(LiveError) {
        self.name = name
        self.process = process
        stat = try HostFile("/proc/\(process)/stat")
    }

    /// Makes a system call and returns its raw result: a value, or a negative errno.
    func call(_ number: SystemCallNumber, _ arguments: UInt64...) throws(LiveError) -> Int64 {
        try call(number, arguments: arguments).result
    }

    /// Makes a system call; `child` is the process that a fork made.
    func call(
        _ number: SystemCallNumber, arguments: [UInt64]
    ) throws(LiveError) -> (result: Int64, child: Int32) {
        let six = arguments + repeatElement(0, count: 6 - arguments.count)
        let result = fl_agent_syscall(process, number.rawValue, six)
        try check(result)
        return (Int64(bitPattern: result.value), result.child)
    }

    /// Makes accesses of `kind`; `end` and `byte` count where the kind has them. They are done, or a signal stopped them.
    func access(
        _ kind: fl_agent_access, first: UInt64, end: UInt64 = 0, byte: UInt8 = 0
    ) throws(LiveError) -> fl_agent_result {
        let result = fl_agent_access_memory(process, kind, first, end, byte)
        if result.outcome == Int32(FL_AGENT_NOT_RET.rawValue) { throw .notReturn(name: name, address: first) }
        if result.outcome != Int32(FL_AGENT_SIGNAL.rawValue) { try check(result) }
        return result
    }

    /// Executes WRPKRU with a value, or RDPKRU without one. It is done, or the processor raised a signal.
    func pkru(_ value: UInt32?) throws(LiveError) -> fl_agent_result {
        let result = value.map { fl_agent_write_pkru(process, $0) } ?? fl_agent_read_pkru(process)
        if result.outcome != Int32(FL_AGENT_SIGNAL.rawValue) { try check(result) }
        return result
    }

    /// Touches the agent's code, and writes to `pages` of its own without changing them, so that they do not fault in
    /// a statement.
    func warm(pages: [Range<UInt64>]) throws(LiveError) {
        for range in pages { try check(fl_agent_warm(process, range.lowerBound, range.upperBound)) }
    }

    /// Runs on after a sleep, until the statement ends or it sleeps again.
    func goOn() throws(LiveError) -> fl_agent_result {
        let result = fl_agent_resume(process)
        if result.outcome != Int32(FL_AGENT_SIGNAL.rawValue) { try check(result) }
        return result
    }

    /// Comes back from the vfork whose child has exited.
    func resume() throws(LiveError) { try check(fl_agent_resume(process)) }

    /// Whether the other process runs in the same address space.
    func sharesMemory(with other: Agent) throws(LiveError) -> Bool {
        let answer = fl_agent_shares_memory(process, other.process)
        guard answer >= 0 else { throw .host(action: "compare two address spaces (kcmp)", errno: -answer) }
        return answer == 1
    }

    /// What execve came to.
    enum Execution {
        case became
        case failed(Int64)
        case died
    }

    /// Makes execve with a path and vectors in the agent's memory. With `begins`, the file is the agent's, and it runs to its start.
    func execute(path: UInt64, arguments: UInt64, environment: UInt64, begins: Bool) throws(LiveError) -> Execution {
        let result = fl_agent_syscall(
            process, SystemCallNumber.execve.rawValue, [path, arguments, environment, 0, 0, 0])
        switch result.outcome {
        case Int32(FL_AGENT_BECAME.rawValue):
            if begins { try check(fl_agent_begin(process)) } else { isOtherProgram = true }
            return .became
        case Int32(FL_AGENT_OWN_FAULT.rawValue):
            // SIGSEGV from beyond execve's point of no return.
            fl_agent_kill(process)
            return .died
        default:
            try check(result)
            return .failed(Int64(bitPattern: result.value))
        }
    }

    /// Ends the process.
    func exit(status: Int32) throws(LiveError) {
        if isOtherProgram { return fl_agent_kill(process) }
        let result = fl_agent_exit(process, status)
        guard result.outcome == Int32(FL_AGENT_DIED.rawValue) else { return try check(result) }
    }

    /// Copies bytes into the process, whatever the protection of its pages.
    func write(_ bytes: [UInt8], at address: UInt64) throws(LiveError) {
        let failure = fl_agent_write(process, address, bytes, bytes.count)
        guard failure == 0 else { throw .agentUnmapped(name: name) }
    }

    /// Copies bytes out of the process.
    func read(at address: UInt64, count: Int) throws(LiveError) -> [UInt8] {
        var failure: Int32 = 0
        // SAFETY: fl_agent_read fills `count` bytes or fails, and then none are kept.
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            guard count > 0 else { return }
            failure = fl_agent_read(process, address, buffer.baseAddress!, count)
            initialized = failure == 0 ? count : 0
        }
        guard failure == 0 else { throw .agentUnmapped(name: name) }
        return bytes
    }

    /// The faults of the process so far: fields 10 and 12 of /proc/PID/stat.
    func faults() throws(LiveError) -> FaultCounts {
        let line = try stat.read(at: 0, count: 1024)
        guard let parenthesis = line.lastIndex(of: UInt8(ascii: ")")) else {
            throw .host(action: "parse /proc/\(process)/stat", errno: EINVAL)
        }
        let fields = line[parenthesis...].split(separator: UInt8(ascii: " "), maxSplits: 11)
        guard fields.count > 10, let minor = UInt64(ascii: fields[8]), let major = UInt64(ascii: fields[10]) else {
            throw .host(action: "parse /proc/\(process)/stat", errno: EINVAL)
        }
        return FaultCounts(minor: Int(minor), major: Int(major))
    }

    private func check(_ result: fl_agent_result) throws(LiveError) {
        switch result.outcome {
        case Int32(FL_AGENT_DONE.rawValue): return
        case Int32(FL_AGENT_DIED.rawValue): throw .processDied(name: name, signal: result.number)
        case Int32(FL_AGENT_OWN_FAULT.rawValue): throw .agentUnmapped(name: name)
        case Int32(FL_AGENT_SLEEPS.rawValue): throw .sleeps(isEvent: result.code == 2)
        default: throw .host(action: "drive process \(name) (ptrace)", errno: result.number)
        }
    }
}
