import Faultline

/// Looks for an order of a program's statements in which an expectation does not hold that holds in the order of lines. Orders with
/// few preemptions (a process is left although it could go on) come first: most races need one or two.
public struct RaceSearch: Sendable {
    /// The most orders that are run.
    public var limit: Int

    /// A search of at most so many orders.
    public init(limit: Int = 10_000) { self.limit = limit }

    /// What came of a search.
    public enum Outcome: Sendable {
        /// An expectation did not hold.
        case found(Race)
        /// All orders were run, and every expectation held.
        case none(orders: Int)
        /// As many orders were run as may be; there are more.
        case limit(orders: Int)
        /// An expectation does not hold in the order of lines: there is nothing to look for.
        case wrongFromTheStart(line: Int, message: String)
    }

    /// An order in which an expectation does not hold.
    public struct Race: Sendable {
        /// The places of the statements.
        public let order: [Int]
        /// How often a process was left that could have gone on.
        public let preemptions: Int
        /// How many orders were run, this one among them.
        public let orders: Int
        /// The line of the expectation, in the program as it was.
        public let line: Int
        /// What was expected and what came.
        public let message: String
    }

    /// An expectation that did not hold: its line, and what to say of it. Nil where all held.
    public typealias Failure = (line: Int, message: String)

    /// Runs orders until one fails.
    ///
    /// - Parameter run: runs a program on a fresh machine.
    /// - Throws: what `run` throws.
    public func search(_ program: Program, run: @escaping (Program) throws -> Failure?) throws -> Outcome {
        if let failure = try run(program) {
            return .wrongFromTheStart(line: failure.line, message: failure.message)
        }
        var walk = Walk(order: StatementOrder(program), limit: limit) { try run(program.ordered($0)) }
        var most = 0
        while true {
            walk.isCut = false
            if let race = try walk.orders(preemptions: most) { return .found(race) }
            if walk.isAtLimit { return .limit(orders: walk.runs) }
            if !walk.isCut { return .none(orders: walk.runs) }
            most += 1
        }
    }

    /// The expectation of a run that did not hold first.
    public static func failure(in run: ScenarioRun) -> Failure? {
        guard let step = run.steps.first(where: { $0.expectationFailure != nil }) else { return nil }
        return (step.statement.line, "\(step.expectationFailure ?? ""): \(step.statement.source)")
    }

    /// The program of an order, with what it shows in a comment: it runs as it is.
    public static func source(_ program: Program, _ race: Race) -> String {
        let times = race.preemptions == 1 ? "once" : "\(race.preemptions) times"
        return """
            # In this order the expectation of line \(race.line) does not hold (\(race.message)).
            # A process was left \(times) that could have gone on; order \(race.orders) of those that were run.

            """ + race.order.map { program.statements[$0].source + "\n" }.joined()
    }
}

/// Goes through the orders with a given number of preemptions, depth first.
private struct Walk {
    let order: StatementOrder
    let limit: Int
    let run: ([Int]) throws -> RaceSearch.Failure?
    var runs = 0
    /// Whether an order was left out because it has more preemptions.
    var isCut = false
    private var places: [Int] = []
    private var done: Set<Int> = []
    private var wanted = 0

    init(order: StatementOrder, limit: Int, run: @escaping ([Int]) throws -> RaceSearch.Failure?) {
        self.order = order
        self.limit = limit
        self.run = run
    }

    var isAtLimit: Bool { runs >= limit }

    /// Those with exactly so many: those with fewer were run before.
    mutating func orders(preemptions: Int) throws -> RaceSearch.Race? {
        wanted = preemptions
        return try goOn(from: nil, left: preemptions)
    }

    private mutating func goOn(from current: String?, left: Int) throws -> RaceSearch.Race? {
        if isAtLimit { return nil }
        let ready = order.ready(done: done)
        if ready.isEmpty { return left == 0 ? try runOrder() : nil }
        // An assignment belongs to no process.
        if let place = ready.first(where: { order.makers[$0] == nil }) { return try take(place, current, left) }
        let canGoOn = ready.contains { order.makers[$0] == current }
        for place in ready.sorted(by: { isFirst($0, $1, current) }) {
            let isPreemption = canGoOn && order.makers[place] != current
            if isPreemption, left == 0 {
                isCut = true
                continue
            }
            if let race = try take(place, order.makers[place], isPreemption ? left - 1 : left) { return race }
        }
        return nil
    }

    private func isFirst(_ one: Int, _ other: Int, _ current: String?) -> Bool {
        let (isOne, isOther) = (order.makers[one] == current, order.makers[other] == current)
        return isOne == isOther ? one < other : isOne
    }

    private mutating func take(_ place: Int, _ maker: String?, _ left: Int) throws -> RaceSearch.Race? {
        places.append(place)
        done.insert(place)
        defer {
            places.removeLast()
            done.remove(place)
        }
        return try goOn(from: maker, left: left)
    }

    private mutating func runOrder() throws -> RaceSearch.Race? {
        runs += 1
        guard let failure = try run(places) else { return nil }
        return RaceSearch.Race(
            order: places, preemptions: wanted, orders: runs, line: failure.line, message: failure.message)
    }
}
