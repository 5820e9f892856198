import Faultline

/// Which statements of a program must stay in their order when those of its processes are interleaved anew: those of one process, a
/// process's first one behind the one that makes it, a use of a name between the assignments around it, and all around a `barrier()`.
public struct StatementOrder: Sendable {
    /// For each statement, the places of those that come before it in every order; not all of them, but enough.
    public let before: [[Int]]
    /// For each statement, the process that makes it; nil for a plain assignment.
    public let makers: [String?]

    /// Reads a program.
    public init(_ program: Program) {
        var reader = Reader()
        for (place, statement) in program.statements.enumerated() { reader.add(statement, at: place) }
        before = reader.before
        makers = program.statements.map { $0.call?.process }
    }

    /// The places that can come next, in the order of lines.
    public func ready(done: Set<Int>) -> [Int] {
        before.indices.filter { !done.contains($0) && before[$0].allSatisfy(done.contains) }
    }

    /// An order that a seed draws: at each place one of the processes that have a statement to make, each as likely as the others.
    public func drawn(seed: UInt64) -> [Int] {
        var random = SplitMix64(seed: seed)
        var order: [Int] = []
        var done: Set<Int> = []
        while order.count < before.count {
            let ready = ready(done: done)
            // An assignment takes no time.
            let next = ready.first { makers[$0] == nil } ?? ready[Int(random.next() % UInt64(ready.count))]
            order.append(next)
            done.insert(next)
        }
        return order
    }

    /// Follows a program.
    private struct Reader {
        var before: [[Int]] = []
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
