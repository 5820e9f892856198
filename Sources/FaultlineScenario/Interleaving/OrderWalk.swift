import Faultline

/// Goes through the orders of a program's statements, those with few preemptions first. An order is the one in which each process goes on as
/// long as it can, and then the one with the lowest line, but for the places where another one goes on: those are all that is kept of it.
struct OrderWalk {
    /// Where another process goes on than would by itself.
    private struct Turn {
        /// How many statements were made before.
        let step: Int32
        /// The statement of the process that goes on.
        let place: Int32
    }

    /// Another process that could go on at a step of an order.
    private struct Choice {
        let turn: Turn
        let isPreemption: Bool
    }

    private let program: Program
    private let order: StatementOrder
    private let limit: Int
    /// Orders with as many preemptions as are allowed now; the last one is run next.
    private var orders: [[Turn]] = [[]]
    /// Those with one more.
    private var later: [[Turn]] = []
    /// Some were left out, because not so many will be run.
    private var isCut = false
    private var runs = 0
    private var statements = 0

    init(_ program: Program, _ order: StatementOrder, limit: Int) {
        self.program = program
        self.order = order
        self.limit = limit
    }

    /// Runs orders until one fails.
    mutating func run(on makeExecutor: () throws -> any ScenarioExecutor) throws -> RaceSearch.Outcome {
        while true {
            while let turns = orders.popLast() {
                if runs >= limit { return .limit(orders: runs) }
                if statements > RaceSearch.mostWork - program.statements.count, runs > 0 {
                    return .worked(orders: runs, statements: statements)
                }
                if let race = try run(turns, on: makeExecutor) { return .found(race) }
            }
            if later.isEmpty { return isCut ? .limit(orders: runs) : .none(orders: runs) }
            orders = later.reversed()
            later = []
        }
    }

    /// Runs one order, and notes the ones that part from it behind its last turn.
    private mutating func run(
        _ turns: [Turn], on makeExecutor: () throws -> any ScenarioExecutor
    ) throws -> RaceSearch.Race? {
        var run = try InterleavedRun(program, order, on: try makeExecutor())
        var pending = turns[...]
        var choices: [Choice] = []
        var current: String?
        var preemptions = 0
        do {
            while let first = run.ready.first {
                let own = run.ready.assignment == nil ? run.ready.calls.first { order.makers[$0] == current } : nil
                var place = own ?? first
                if let turn = pending.first, Int(turn.step) == run.places.count {
                    place = Int(turn.place)
                    pending = pending.dropFirst()
                } else if pending.isEmpty, run.ready.assignment == nil {
                    for other in run.ready.calls where other != place {
                        let turn = Turn(step: Int32(run.places.count), place: Int32(other))
                        choices.append(Choice(turn: turn, isPreemption: own != nil))
                    }
                }
                if own != nil, place != own { preemptions += 1 }
                // An assignment belongs to no process.
                current = order.makers[place] ?? current
                try run.make(place)
            }
            run.finish()
        } catch {
            // What comes behind the finding is no matter.
            if run.failure == nil { throw error }
        }
        runs += 1
        statements += run.places.count
        note(choices, of: turns)
        let deadlock = run.failure == nil ? run.deadlock : nil
        guard let failure = run.failure ?? deadlock.map({ ($0.line, $0.message) }) else { return nil }
        return RaceSearch.Race(
            order: run.places, preemptions: preemptions, orders: runs, line: failure.line, message: failure.message,
            isDeadlock: deadlock != nil)
    }

    /// Notes the orders that part from one; of those with as many preemptions the one that parts last is run next.
    private mutating func note(_ choices: [Choice], of turns: [Turn]) {
        // Of one step the lowest line is to come first, and lies last.
        var sorted: [Choice] = []
        var index = choices.startIndex
        while index < choices.endIndex {
            var end = index
            while end < choices.endIndex, choices[end].turn.step == choices[index].turn.step { end += 1 }
            sorted += choices[index..<end].reversed()
            index = end
        }
        for choice in sorted where !choice.isPreemption { orders.append(turns + [choice.turn]) }
        for choice in sorted.reversed() where choice.isPreemption {
            if later.count >= limit {
                isCut = true
                break
            }
            later.append(turns + [choice.turn])
        }
        if orders.count > limit {
            orders.removeFirst(orders.count - limit)
            isCut = true
        }
    }
}
