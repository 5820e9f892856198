import Faultline

/// A program whose processes' statements are interleaved as a seed draws it.
public struct Interleaving: Sendable {
    /// The statements in their new order; where nobody can go on before the end, those up to there.
    public let program: Program
    /// Why it ends before all are made; nil where it does not.
    public let deadlock: Deadlock?

    /// Draws at each place one of the processes that have a statement to make and do not wait, each as likely as the others.
    ///
    /// - Parameter makeExecutor: makes a fresh machine. A program that can wait is run on it, to see who does.
    /// - Throws: ``TooManyStatements``; what the run throws.
    public init(_ program: Program, seed: UInt64, on makeExecutor: () throws -> any ScenarioExecutor) throws {
        try TooManyStatements.check(program)
        var order = StatementOrder(program)
        guard program.canWait else {
            self.program = program.ordered(order.drawn(seed: seed))
            deadlock = nil
            return
        }
        if !order.readsMessage.isEmpty { _ = try order.runInOrderOfLines(program, on: try makeExecutor()) }
        var random = SplitMix64(seed: seed)
        var run = try InterleavedRun(program, order, on: try makeExecutor())
        while let place = run.ready.drawn(with: &random) { try run.make(place) }
        self.program = Program(statements: run.places.map { program.statements[$0] })
        deadlock = run.deadlock
    }
}

/// A program is too long for its statements to be interleaved.
public struct TooManyStatements: Error, CustomStringConvertible {
    /// How many it has.
    public let count: Int

    /// What is wrong, for the user.
    public var description: String {
        "the program has \(count) statements; those of at most \(StatementOrder.mostStatements) are interleaved"
    }

    static func check(_ program: Program) throws {
        let count = program.statements.count
        if count > StatementOrder.mostStatements { throw TooManyStatements(count: count) }
    }
}

extension Program {
    /// Whether one of its statements may wait until userspace serves it.
    var canWait: Bool { statements.callNames.contains { $0.rawValue == "userfaultfd" } }
}
