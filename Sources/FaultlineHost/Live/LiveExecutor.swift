import CShim
import Faultline
import FaultlineScenario

/// Runs scenario programs on the live kernel, as `ScenarioExecutor` demands: each process of the program is a real one.
///
/// One executor runs one program; it belongs to the thread that made it. Whatever the program made is gone when the
/// executor is.
public final class LiveExecutor: ScenarioExecutor {
    private let machine: LiveMachine
    private let pages: PageReader?

    /// The release of the running kernel, such as `6.18.44`.
    public let kernelVersion: String
    /// What is not as it was for the recordings, a sentence each; empty where everything is.
    public let shortcomings: [String]

    /// True when observations have pages, with frames, map counts and flags; it takes root.
    public var observesPages: Bool { pages != nil }

    /// Starts the program's first process.
    public init(options: LiveOptions = LiveOptions()) throws(LiveError) {
        kernelVersion = HostKernel.release
        machine = try LiveMachine(options: options)
        let access = HostKernel.pageAccess
        pages = access == nil ? try PageReader() : nil
        shortcomings = machine.shortcomings + (access.map { [$0] } ?? [])
    }

    /// The VMAs of the agent, which the first process starts with.
    public func initialAddressSpace() -> [InitialVMA] { machine.initial }

    /// Reads the state of every live process from /proc.
    public func observe() throws -> Observation { try machine.observe(pages) }

    /// Makes the call in a real process.
    public func perform(_ call: EvaluatedCall, process: Int) throws -> StatementResult {
        let agent = try machine.process(process)
        switch call.name {
        case .load, .store, .exec, .readPages, .writePages: return try access(call, in: agent)
        case .fork, .exit: return try life(call, in: agent)
        case .memfdCreate, .tmpfsFile, .diskFile, .pwrite, .pread: return try file(call, in: agent)
        default: return try system(call, in: agent)
        }
    }

    private func access(_ call: EvaluatedCall, in agent: Agent) throws(LiveError) -> StatementResult {
        let (first, last) = (call.arguments[0], UInt8(truncatingIfNeeded: call.arguments[2]))
        let end = first &+ call.arguments[1]
        return switch call.name {
        case .load: try machine.access(FL_AGENT_LOAD, first: first, in: agent)
        case .exec: try machine.access(FL_AGENT_EXECUTE, first: first, in: agent)
        case .readPages: try machine.access(FL_AGENT_READS, first: first, end: end, in: agent)
        case .writePages: try machine.access(FL_AGENT_WRITES, first: first, end: end, byte: last, in: agent)
        default:
            try machine.access(
                FL_AGENT_STORE, first: first, byte: UInt8(truncatingIfNeeded: call.arguments[1]), in: agent)
        }
    }

    private func life(_ call: EvaluatedCall, in agent: Agent) throws(LiveError) -> StatementResult {
        if call.name == .exit {
            try machine.exit(agent, status: call.int(0))
            return StatementResult(.exited)
        }
        let result = try machine.fork(agent, name: call.assignedName ?? "process")
        return try StatementResult(raw: result).shownAsOK()
    }

    private func file(_ call: EvaluatedCall, in agent: Agent) throws(LiveError) -> StatementResult {
        let arguments = call.arguments
        let name = call.assignedName ?? "-"
        switch call.name {
        case .pwrite:
            return try machine.pwrite(
                arguments[0], offset: arguments[1], length: arguments[2],
                byte: UInt8(truncatingIfNeeded: arguments[3]), in: agent)
        case .pread:
            return try machine.pread(arguments[0], offset: arguments[1], length: arguments[2], in: agent)
        case .memfdCreate:
            let result = try machine.memoryFile(call.text ?? "", flags: arguments[0], in: agent)
            return try StatementResult(raw: result).shownAsOK()
        case .tmpfsFile:
            return try StatementResult(raw: machine.tmpfsFile(name, size: arguments[0], in: agent)).shownAsOK()
        default:
            return try StatementResult(raw: machine.diskFile(name, size: arguments[0], in: agent)).shownAsOK()
        }
    }

    private func system(_ call: EvaluatedCall, in agent: Agent) throws(LiveError) -> StatementResult {
        let arguments = call.arguments
        switch call.name {
        case .mincore: return try machine.mincore(arguments[0], arguments[1], in: agent)
        case .setrlimit: return try machine.setLimit(arguments[0], arguments[1], in: agent)
        default: break
        }
        guard let number = SystemCallNumber(call.name) else {
            throw .unsupported("\(call.name.rawValue) has no system call")
        }
        let result = try machine.call(number, arguments, in: agent)
        return call.name.showsOK ? result.shownAsOK() : result
    }
}

extension StatementResult {
    /// The same with success shown as `ok`; the statement's NAME still gets the value.
    fileprivate func shownAsOK() -> StatementResult {
        guard case .value = outcome else { return self }
        return StatementResult(.ok, value: value, pages: pages, minflt: minflt, majflt: majflt)
    }
}
