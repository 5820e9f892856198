import Faultline

/// Looks for an order of a program's statements in which an expectation does not hold that holds in the order of lines, or in which all
/// processes wait. Orders with few preemptions (a process is left although it could go on) come first: most races need one or two.
public struct RaceSearch: Sendable {
    /// The most statements that are made in all, in all orders.
    public static let mostWork = 50_000_000
    /// The most orders that are run.
    public var limit: Int

    /// A search of at most so many orders.
    public init(limit: Int = 10_000) { self.limit = limit }

    /// What came of a search.
    public enum Outcome: Sendable {
        /// An expectation did not hold, or nobody could go on.
        case found(Race)
        /// All orders were run, and every expectation held.
        case none(orders: Int)
        /// As many orders were run as may be; there are more.
        case limit(orders: Int)
        /// So many statements were made that there is no going on; there are more orders.
        case worked(orders: Int, statements: Int)
        /// An expectation does not hold in the order of lines, or there nobody can go on: there is nothing to look for.
        case wrongFromTheStart(line: Int, message: String)
        /// The program expects nothing, and none of its processes can wait.
        case nothingToCheck
    }

    /// An order in which an expectation does not hold, or nobody can go on at last.
    public struct Race: Sendable {
        /// The places of the statements; with a deadlock those that were made.
        public let order: [Int]
        /// How often a process was left that could have gone on.
        public let preemptions: Int
        /// How many orders were run, this one among them.
        public let orders: Int
        /// The line of the expectation, in the program as it was; with a deadlock the first that nobody can make.
        public let line: Int
        /// What was expected and what came, or who waits for what.
        public let message: String
        /// Whether it is a deadlock.
        public let isDeadlock: Bool
    }

    /// An expectation that did not hold: its line, and what to say of it. Nil where all held.
    public typealias Failure = (line: Int, message: String)

    /// Runs orders until one fails, each on a fresh machine.
    ///
    /// - Throws: ``TooManyStatements``; what a run throws.
    public func search(_ program: Program, on makeExecutor: () throws -> any ScenarioExecutor) throws -> Outcome {
        try TooManyStatements.check(program)
        guard program.hasExpectations || program.canWait else { return .nothingToCheck }
        var order = StatementOrder(program)
        let first = try order.runInOrderOfLines(program, on: try makeExecutor())
        if let deadlock = first.deadlock {
            return .wrongFromTheStart(line: deadlock.line, message: deadlock.message)
        }
        if let failure = first.failure { return .wrongFromTheStart(line: failure.line, message: failure.message) }
        var walk = OrderWalk(program, order, limit: limit)
        return try walk.run(on: makeExecutor)
    }

    /// The program of an order, with what it shows in a comment: it runs as it is.
    public static func source(_ program: Program, _ race: Race) -> String {
        let times = race.preemptions == 1 ? "once" : "\(race.preemptions) times"
        let left =
            race.preemptions == 0
            ? "No process was left that could have gone on" : "A process was left \(times) that could have gone on"
        let finding =
            race.isDeadlock
            ? "In this order nobody can go on at last (\(race.message))."
            : "In this order the expectation of line \(race.line) does not hold (\(race.message))."
        return """
            # \(finding)
            # \(left); order \(race.orders) of those that were run.

            """ + race.order.map { program.statements[$0].source + "\n" }.joined()
    }
}

extension Program {
    /// Whether a statement of it says what is expected.
    public var hasExpectations: Bool { statements.contains { $0.expectation != nil } }
}
