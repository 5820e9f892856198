import Faultline
import FaultlineScenario

/// Runs scenario programs on the live kernel, as `ScenarioExecutor` demands: each process of the program is a real one.
///
/// One executor runs one program; it belongs to the thread that made it. Whatever the program made is gone when the
/// executor is.
public final class LiveExecutor: ScenarioExecutor {
    let machine: LiveMachine
    private let pages: PageReader?

    /// The release of the running kernel, such as `6.18.44`.
    public let kernelVersion: String
    /// What the processor of this machine has, as the kernel uses it.
    public let cpu = HostKernel.cpu
    /// What is not as it was for the recordings, a sentence each; empty where everything is.
    public let shortcomings: [String]

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
    public func observe() throws -> [ProcessView] {
        machine.swap?.settle()
        try machine.settleGroup()
        return try machine.observe(pages)
    }

    /// Makes the call in a real process.
    public func perform(_ call: EvaluatedCall, process: Int) throws -> StatementResult {
        let agent = try machine.process(process)
        if !machine.watches { return try machine.withKills(of: agent) { try make(call, in: agent) } }
        let before = try agent.faults()
        do { return try make(call, in: agent) } catch LiveError.sleeps(let isEvent) {
            return try machine.noteSleep(of: process, agent, in: call, before: before, isEvent: isEvent)
        }
    }

    /// Lets a process run on that was woken.
    public func resume(_ process: Int) throws -> StatementResult? { try machine.resume(process) }

    /// Whether someone has taken accessed bits of the program's pages meanwhile, so that `Referenced` is not what the program made of it.
    var wasWatched: Bool { pages?.metIdlePage ?? false || machine.merging?.wasDisturbed ?? false }

    /// How many processes have ended.
    public var endings: UInt64 { machine.endings }

    /// Whether the kernel has killed the process.
    public func wasEnded(_ process: Int) -> Bool { machine.isGone(process) }

    private func make(_ call: EvaluatedCall, in agent: Agent) throws -> StatementResult {
        machine.swap?.settle()
        let live = LiveCall(machine: machine, agent: agent, call: call)
        if let special = LiveCallTable.special[call.name] { return try special(live) }
        if !call.name.definition.isLive { throw LiveError.simulatedOnly(call: call.name.rawValue) }
        guard let number = SystemCallNumber(call.name) else {
            throw LiveError.unsupported("\(call.name.rawValue) has no system call")
        }
        let result = try machine.call(number, call.six, in: agent)
        return call.name.showsOK ? result.shownAsOK() : result
    }
}

extension StatementResult {
    /// The same with success shown as `ok`; the statement's NAME still gets the value.
    func shownAsOK() -> StatementResult {
        guard case .value = outcome else { return self }
        return StatementResult(.ok, value: value, pages: pages, minflt: minflt, majflt: majflt)
    }
}
