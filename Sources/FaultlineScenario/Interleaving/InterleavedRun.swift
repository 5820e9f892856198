import Faultline

/// A run of a program in which something else than the order of lines says which process goes on. A process that waits until userspace
/// serves it makes no statement meanwhile.
struct InterleavedRun {
    private let program: Program
    private var interpreter: Interpreter
    /// What can come next.
    private(set) var ready: ReadyStatements
    /// The places of the statements that were made, in their order.
    private(set) var places: [Int] = []
    /// The expectation that did not hold first.
    private(set) var failure: RaceSearch.Failure?
    /// Where processes sleep, by the process.
    private var sleeping: [String: Int] = [:]

    /// A run at its start, on a machine that is fresh.
    init(_ program: Program, _ order: StatementOrder, on executor: any ScenarioExecutor) throws {
        self.program = program
        ready = ReadyStatements(order)
        executor.prepare(for: program)
        interpreter = try Interpreter(on: executor)
    }

    /// Makes the statement at a place.
    ///
    /// - Returns: whether `fault` has another message now.
    @discardableResult
    mutating func make(_ place: Int) throws -> Bool {
        let statement = program.statements[place]
        let messages = interpreter.messageCount
        ready.begin(place)
        places.append(place)
        let step = try interpreter.step(statement)
        if failure == nil, let failed = step.failures.first { failure = Self.failure(failed) }
        if let process = statement.call?.process, interpreter.asleep[process] != nil {
            sleeping[process] = place
        } else {
            ready.end(place)
        }
        if !sleeping.isEmpty { endWoken() }
        return interpreter.messageCount != messages
    }

    /// The statements have ended whose process sleeps no more.
    private mutating func endWoken() {
        for (process, place) in sleeping where interpreter.asleep[process] == nil {
            sleeping[process] = nil
            ready.end(place)
        }
    }

    /// Looks at what is expected of statements that still wait, when nothing can come next any more.
    mutating func finish() {
        if failure == nil, deadlock == nil, let failed = interpreter.waitingProcesses().compactMap(\.failure).first {
            failure = Self.failure(failed)
        }
    }

    private static func failure(_ step: ScenarioStep) -> RaceSearch.Failure {
        (step.statement.line, "\(step.expectationFailure ?? ""): \(step.statement.source)")
    }

    /// Who waits for what, where statements are left and none can be made; nil where there is no deadlock.
    var deadlock: Deadlock? {
        guard ready.first == nil, ready.left > 0 else { return nil }
        let made = Set(places)
        guard let place = program.statements.indices.first(where: { !made.contains($0) }) else { return nil }
        let statement = program.statements[place]
        let waits = interpreter.waitingProcesses().map(\.text)
        let message =
            "deadlock: " + (waits.isEmpty ? "nobody can go on" : waits.joined(separator: "; "))
            + "; nobody can make line \(statement.line) (\(statement.source)) any more"
        return Deadlock(line: statement.line, message: message)
    }
}

/// Processes that wait, and nobody who could serve them.
public struct Deadlock: Sendable, Hashable {
    /// The first line that cannot be made.
    public let line: Int
    /// Who waits for what.
    public let message: String
}

extension StatementOrder {
    /// Runs a program in the order of lines, but for processes that wait, and notes between which messages of page faults `fault` is used:
    /// in every order it stays between those.
    ///
    /// - Returns: the run, at its end.
    mutating func runInOrderOfLines(_ program: Program, on executor: any ScenarioExecutor) throws -> InterleavedRun {
        var run = try InterleavedRun(program, self, on: executor)
        var edges: [(place: Int, other: Int)] = []
        var last: Int?
        var readers: [Int] = []
        while let place = run.ready.first {
            let reads = readsMessage.contains(place)
            if reads, let last { edges.append((place, last)) }
            if reads { readers.append(place) }
            guard try run.make(place), !readsMessage.isEmpty else { continue }
            if let last { edges.append((place, last)) }
            edges += readers.map { (place, $0) }
            (last, readers) = (place, [])
        }
        run.finish()
        for edge in edges { add(edge.place, behindBeginOf: edge.other) }
        return run
    }
}
