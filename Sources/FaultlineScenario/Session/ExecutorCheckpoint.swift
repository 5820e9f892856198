import Faultline

/// An executor's state at one moment, which the executor that made it can bring back.
public struct ExecutorCheckpoint {
    /// Bytes that it takes beside what it shares with the one before.
    public let storedBytes: Int
    let machine: MachineCheckpoint?
    private let putBack: () -> Void

    /// Makes a checkpoint; `putBack` brings the state back.
    public init(storedBytes: Int, machine: MachineCheckpoint? = nil, putBack: @escaping () -> Void) {
        self.storedBytes = storedBytes
        self.machine = machine
        self.putBack = putBack
    }

    /// Brings the state back.
    func restore() { putBack() }
}

extension ScenarioExecutor {
    /// No state can be brought back.
    public func checkpoint(after previous: ExecutorCheckpoint?) -> ExecutorCheckpoint? { nil }

    /// Reports nothing about statements that are made again.
    public func replay(_ statements: () throws -> Void) throws { try statements() }
}

extension SimulatorExecutor {
    /// The machine's state, and what the executor knows of its processes.
    public func checkpoint(after previous: ExecutorCheckpoint?) -> ExecutorCheckpoint? {
        guard let machine = machine.checkpoint(after: previous?.machine) else { return nil }
        let (names, unmodelled, sleepers) = (names, unmodelled, sleepers)
        return ExecutorCheckpoint(storedBytes: machine.storedBytes, machine: machine) { [unowned self] in
            self.machine.restore(machine)
            self.names = names
            self.unmodelled = unmodelled
            self.sleepers = sleepers
        }
    }

    /// Makes statements again without events; their output was shown before.
    public func replay(_ statements: () throws -> Void) throws {
        let (isTracing, tellsProgress) = (machine.isTracing, onProgress)
        machine.trace(false)
        onProgress = nil
        defer {
            machine.trace(isTracing)
            onProgress = tellsProgress
            _ = (machine.takeEvents(), machine.takeStaleUses(), machine.takeOutOfMemoryKills())
        }
        try statements()
    }
}
