import Faultline

/// Which statements of a program must stay in their order when those of its processes are interleaved anew: those of one process, a
/// process's first one behind the one that makes it, a use of a name between the assignments around it, and all around a `barrier()`.
/// A statement that waits until userspace serves it is not done before it has ended.
public struct StatementOrder: Sendable {
    /// The most statements of a program that is interleaved.
    public static let mostStatements = 100_000

    /// For each statement, the places of those that have ended before it begins, in every order; not all of them, but enough.
    public let before: [[Int]]
    /// For each statement, the process that makes it; nil for a plain assignment.
    public let makers: [String?]
    /// The statements that use `fault`, the address of the last message of a page fault.
    let readsMessage: Set<Int>
    /// The statements for which one waits, by its place: for its end, and for its beginning only.
    private(set) var followers: [[Int32]]
    private(set) var beginFollowers: [Int: [Int]] = [:]
    /// How many statements each one waits for.
    private(set) var missing: [Int32]

    /// Reads a program.
    public init(_ program: Program) {
        var reader = Reader()
        for (place, statement) in program.statements.enumerated() { reader.add(statement, at: place) }
        before = reader.before
        readsMessage = reader.readsMessage
        makers = program.statements.map { $0.call?.process }
        missing = before.map { Int32($0.count) }
        followers = Array(repeating: [], count: before.count)
        for (place, needed) in before.enumerated() {
            for other in needed { followers[other].append(Int32(place)) }
        }
    }

    /// Has a statement begin only when another one has begun; that may wait then.
    mutating func add(_ place: Int, behindBeginOf other: Int) {
        if place == other || beginFollowers[other]?.contains(place) == true { return }
        beginFollowers[other, default: []].append(place)
        missing[place] += 1
    }

    /// An order that a seed draws: at each place one of the processes that have a statement to make, each as likely as the others. No
    /// process waits.
    public func drawn(seed: UInt64) -> [Int] {
        var random = SplitMix64(seed: seed)
        var ready = ReadyStatements(self)
        var order: [Int] = []
        while let place = ready.drawn(with: &random) {
            order.append(place)
            ready.begin(place)
            ready.end(place)
        }
        return order
    }

    /// Follows a program.
    private struct Reader {
        var before: [[Int]] = []
        var readsMessage: Set<Int> = []
        private var lastOfProcess: [String: Int] = [:]
        private var writer: [String: Int] = [:]
        private var readers: [String: [Int]] = [:]
        /// What speaks of a process, which must not have ended then.
        private var mentions: [String: [Int]] = [:]
        /// The parent that waits in vfork, by the child.
        private var waiting: [String: String] = [:]
        private var barrier: Int?
        private var sinceBarrier: [Int] = []

        mutating func add(_ statement: Statement, at place: Int) {
            var needed: Set<Int> = barrier.map { [$0] } ?? []
            var names: [String] = []
            switch statement.expectation {
            case .value(let value): names += value.usedNames.map(\.name)
            case .figures(let figures): names += figures.flatMap { $0.value.usedNames.map(\.name) }
            default: break
            }
            var assigned: String?
            switch statement.action {
            case .assign(let name, let value):
                names += value.usedNames.map(\.name)
                assigned = name
            case .call(let call):
                names += (call.arguments + [call.repetitions].compactMap { $0 }).flatMap { $0.usedNames.map(\.name) }
                assigned = call.assignedName
                add(call, at: place, &needed)
            }
            if names.contains(Program.faultName) { readsMessage.insert(place) }
            for name in names where name != assigned {
                if let writer = writer[name] { needed.insert(writer) }
                readers[name, default: []].append(place)
            }
            if let assigned {
                if let writer = writer[assigned] { needed.insert(writer) }
                needed.formUnion(readers[assigned] ?? [])
                (writer[assigned], readers[assigned]) = (place, [])
            }
            needed.remove(place)
            before.append(needed.sorted())
            sinceBarrier.append(place)
        }

        private mutating func add(_ call: Call, at place: Int, _ needed: inout Set<Int>) {
            if call.name == .barrier {
                needed.formUnion(sinceBarrier)
                (barrier, sinceBarrier) = (place, [])
            }
            if let last = lastOfProcess[call.process] { needed.insert(last) }
            lastOfProcess[call.process] = place
            for other in call.processArguments {
                // Made by then, and not ended before.
                if let maker = writer[other.name] { needed.insert(maker) }
                mentions[other.name, default: []].append(place)
            }
            if call.name.makesProcess, let child = call.assignedName {
                lastOfProcess[child] = place
                if call.name == .vfork { waiting[child] = call.process }
            }
            if call.name == .exit { needed.formUnion(mentions[call.process] ?? []) }
            if call.name == .exit || call.name == .execve, let parent = waiting.removeValue(forKey: call.process) {
                lastOfProcess[parent] = place
            }
        }
    }
}

extension Program {
    /// The same statements in another order; each keeps its line.
    ///
    /// - Precondition: the order has every place once.
    public func ordered(_ order: [Int]) -> Program {
        precondition(order.sorted() == Array(statements.indices), "an order has every statement once")
        return Program(statements: order.map { statements[$0] })
    }
}
