import Faultline

/// A place in a process's memory that a question is about.
public struct ScenarioLocation: Sendable, Hashable {
    /// The program's name for the process.
    public let processName: String
    /// The process's index, in the order of creation.
    public let process: Int
    /// The byte address.
    public let address: UInt64
}

/// Questions about the present place.
extension ScenarioSession {
    /// The value that an expression of the scenario language has now, such as `p+4K`.
    ///
    /// - Throws: ``SessionError/notAnExpression(_:reason:)``.
    public func value(of expression: String) throws(SessionError) -> Int64 {
        let statement: Statement?
        do { statement = try Parser.statement("value = \(expression)", line: 1) } catch {
            throw .notAnExpression(expression, reason: error.message)
        }
        guard case .assign(_, let parsed) = statement?.action, statement?.expectation == nil else {
            throw .notAnExpression(expression, reason: "it is no expression")
        }
        do { return try parsed.evaluate(names) } catch {
            switch error {
            case .divisionByZero: throw .notAnExpression(expression, reason: Validator.divisionMessage)
            case .unassignedName(let name, _):
                throw .notAnExpression(expression, reason: "nothing has assigned '\(name)' yet")
            }
        }
    }

    /// What `PROCESS:ADDRESS` means, such as `init:0x1000`, or `c1:p+8K` with a name of the program.
    ///
    /// - Throws: ``SessionError`` for a process that is not alive, or no address.
    public func location(_ text: String) throws(SessionError) -> ScenarioLocation {
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { throw .notALocation(text) }
        guard let process = liveProcess(parts[0]) else {
            if program.names(process: parts[0]) { throw .notAlive(parts[0], place: placeText, alive: processNames) }
            throw .unknownProcess(parts[0], place: placeText, alive: processNames)
        }
        guard let address = try? value(of: parts[1]) else { throw .notAnAddress(parts[1]) }
        return ScenarioLocation(processName: parts[0], process: process, address: UInt64(bitPattern: address))
    }

    /// The VMA that holds a place, as the state shows it with all its pages; nil where none does.
    ///
    /// - Throws: what the executor throws.
    public func vma(at location: ScenarioLocation) throws -> VMAView? {
        let processes = try executor.observe()
        var process = processes.first { $0.name == location.processName }
        // One that shares an address space has its VMAs under the first that has them.
        if let owner = process?.sharedWith { process = processes.first { $0.name == owner } }
        return process?.vmas.first { $0.contains(location.address) }
    }

    /// Does something to the executor, and brings back how it was.
    ///
    /// - Throws: ``SessionError/cannotGoBack`` where the executor has no checkpoints; what `body` throws.
    public func trying<Result>(_ body: () throws -> Result) throws -> Result {
        guard let checkpoint = executor.checkpoint(after: nil) else { throw SessionError.cannotGoBack }
        defer { checkpoint.restore() }
        return try body()
    }

    /// How messages speak of the present place.
    private var placeText: String {
        if isAtEnd { return "at the program's end" }
        return steps.last.map { "after line \($0.statement.line)" } ?? "before the first statement"
    }
}

extension Program {
    /// Whether a process has the name somewhere in the program.
    func names(process name: String) -> Bool {
        name == Program.firstProcess
            || statements.contains { $0.call.map { $0.name.makesProcess && $0.assignedName == name } ?? false }
    }
}
