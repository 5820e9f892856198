import Faultline

/// A process that makes no statement until somebody else has done something.
public struct WaitingProcess: Sendable, Hashable {
    /// What it waits for.
    public enum Reason: Sendable, Hashable {
        /// That a page is served, of a userfaultfd; or that someone reads an event of it.
        case userfault(UserfaultSleep)
        /// That its child of vfork exits or becomes a program.
        case vfork(child: String)
    }

    /// Who can end the wait.
    public struct Server: Sendable, Hashable {
        /// A live process.
        public let process: String
        /// Its descriptor of the userfaultfd; nil for the child of vfork.
        public let descriptor: Int32?
    }

    /// The program's name for it.
    public let process: String
    /// The statement in which it waits.
    public let statement: Statement
    /// What for.
    public let reason: Reason
    /// Who can end it, in the order in which they were made; empty where the executor cannot tell.
    public let servers: [Server]

    /// Such as `MISSING at 0x100000000000 [write]`.
    public var reasonText: String {
        switch reason {
        case .userfault(.event): return "an event to be read"
        case .userfault(.fault(let reason, let address, let isWrite)):
            return "\(reason.rawValue) at 0x\(address.hex)" + (isWrite ? " [write]" : "")
        case .vfork(let child): return "\(child) to exit or become a program"
        }
    }

    /// Such as `init (descriptor 3), c`.
    public var serversText: String {
        if servers.isEmpty { return "-" }
        return servers.map { $0.process + ($0.descriptor.map { " (descriptor \($0))" } ?? "") }.joined(separator: ", ")
    }

    /// A sentence: who waits where for what, and who can end it.
    public var text: String {
        "\(process) waits in line \(statement.line) (\(statement.source)) for \(reasonText)"
            + (servers.contains { $0.descriptor != nil } ? ", served by \(serversText)" : "")
    }

    /// The statement with its expectation, which does not hold while it waits; nil where nothing else is expected.
    public var failure: ScenarioStep? {
        guard case .userfault(let sleep) = reason, let expectation = statement.expectation, expectation != .waits,
            let text = statement.source.split(separator: "=>").last
        else { return nil }
        let result = RecordedResult(outcome: .waits(sleep))
        var step = ScenarioStep(statement: statement, content: .result(result), value: -1)
        step.expectationFailure = "expected \(String(text).trimmed), and it still waits"
        step.processName = process
        return step
    }
}

extension Interpreter {
    /// Who waits for whom, in the order in which the processes were made.
    func waitingProcesses() -> [WaitingProcess] {
        if asleep.isEmpty, waiting.isEmpty { return [] }
        return processes.sorted { $0.value < $1.value }.compactMap { name, index in
            if let sleeper = asleep[name] {
                return WaitingProcess(
                    process: name, statement: sleeper.statement, reason: .userfault(sleeper.sleep),
                    servers: executor.servers(of: index))
            }
            guard let (child, wait) = waiting.first(where: { $0.value.parent == name }),
                let process = processes[child], !executor.wasEnded(process)
            else { return nil }
            return WaitingProcess(
                process: name, statement: wait.statement, reason: .vfork(child: child),
                servers: [WaitingProcess.Server(process: child, descriptor: nil)])
        }
    }
}
