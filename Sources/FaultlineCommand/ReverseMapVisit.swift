import ArgumentParser
import Faultline
import FaultlineInspect
import FaultlineScenario

/// A program's run in which the chains of pages are looked at once, or before one statement and after another.
struct ReverseMapVisit {
    /// The pages as the user names them; none for all.
    let pages: [String]
    let executor: SimulatorExecutor
    var schedule: Schedule
    /// The line before whose statement the first look is taken; nil for one look only.
    let first: Int?
    /// The line after whose statement the last look is taken; nil for the program's end.
    let last: Int?

    /// The line of the statement that was begun last.
    private(set) var line = 0
    /// What the looks showed, a line each; `before` is nil where only one is taken.
    private(set) var before: [String]?
    private(set) var after: [String] = []
    private var names: [String: Int64] = [:]

    init(pages: [String], executor: SimulatorExecutor, schedule: Schedule, first: Int?, last: Int?) {
        self.pages = pages
        self.executor = executor
        self.schedule = schedule
        self.first = first
        self.last = last
    }

    /// Ends a run when all was seen.
    private struct Seen: Error {}

    /// Runs the program and looks.
    mutating func run(_ program: Program) throws {
        var runner = try ScenarioRunner(program, on: executor)
        var visit = self
        defer { self = visit }
        do {
            _ = try runner.run {
                try visit.finish($0)
            } beforeStep: {
                try visit.begin($0)
            }
            visit.after = try visit.look()
        } catch is Seen {}
    }

    private mutating func begin(_ statement: Statement) throws {
        line = statement.line
        _ = schedule.apply(before: statement, to: executor.machine)
        if line == first { before = try look() }
    }

    private mutating func finish(_ step: ScenarioStep) throws {
        switch step.statement.action {
        case .assign(let name, _): names[name] = step.value
        case .call(let call): if let name = call.assignedName { names[name] = step.value }
        }
        guard line == last else { return }
        after = try look()
        throw Seen()
    }

    // MARK: Looking

    private func look() throws -> [String] {
        let reader = ReverseMapReader { [executor] in executor.processName($0) }
        return try (pages.isEmpty ? everything(reader) : pages.map { try chain(of: $0, reader) })
            .flatMap { $0.split(separator: "\n").map(String.init) }
    }

    private func everything(_ reader: ReverseMapReader) throws -> [String] {
        var shown: Set<PFN> = []
        var texts: [String] = []
        for process in try executor.observe().processes {
            guard let index = executor.index(ofProcess: process.name) else { continue }
            for page in process.vmas.flatMap(\.pages) {
                guard let map = try executor.machine.reverseMap(index, page.address), shown.insert(map.frame).inserted
                else { continue }
                texts.append("\(process.name):0x\(String(page.address, radix: 16)): \(reader.text(map))")
            }
        }
        return texts.isEmpty ? ["no page is mapped"] : texts
    }

    private func chain(of page: String, _ reader: ReverseMapReader) throws -> String {
        let (process, address) = try parse(page)
        if let map = try executor.machine.reverseMap(process, address) { return "\(page): \(reader.text(map))" }
        let snapshot = try executor.machine.snapshot(process) { $0 <= address && address < $1 }
        return "\(page): no frame: \(reader.absence(in: snapshot, at: address))"
    }

    private func parse(_ text: String) throws -> (Int, UInt64) {
        let isAtEnd = last == nil && first == nil
        let place = isAtEnd ? "at its end" : "in line \(line)"
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2 else {
            throw ValidationError("--page \(text): give PROCESS:ADDRESS, as init:0x1000")
        }
        guard let process = executor.index(ofProcess: parts[0]) else {
            let known = try executor.observe().processes.map(\.name).joined(separator: ", ")
            throw ValidationError(
                "--page \(text): the program has no process '\(parts[0])'; alive \(place): \(known)")
        }
        guard executor.machine.isAlive(process) else {
            throw ValidationError(
                "--page \(text): \(parts[0]) has ended \(isAtEnd ? "before the program's end" : "by line \(line)")")
        }
        guard let address = address(parts[1], names) else {
            throw ValidationError(
                "--page \(text): '\(parts[1])' is no address; as 0x100000001000, W+4K or p+4K with a name of the program"
            )
        }
        return (process, address)
    }

    /// An expression of the scenario language, with the names that the program has given.
    private func address(_ text: String, _ names: [String: Int64]) -> UInt64? {
        let known = names.keys.map { "\($0) = 0\n" }.joined()
        guard let program = try? Parser.parse(known + "address = \(text)\n"), let statement = program.statements.last,
            case .assign(_, let expression) = statement.action, let value = try? expression.evaluate(names)
        else { return nil }
        return UInt64(bitPattern: value)
    }
}
