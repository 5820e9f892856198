import Faultline
import FaultlineInspect
import FaultlineScenario

/// A program under way that a user looks at: what the commands of `faultline shell` work on.
final class Shell {
    let executor: SimulatorExecutor
    let session: ScenarioSession
    /// The program's text, a line each; typed statements are among them.
    private(set) var source: [String]
    /// Why no statement can be typed; nil where one can.
    private let cannotType: String?
    /// The process that commands mean which name none.
    var current = ProcessID(0)
    /// The events of the statements that were made here, by the place behind each.
    private var events: [Int: [Event]] = [:]
    /// How many places keep their events.
    private static let eventLimit = 256

    /// A shell at the start of a program.
    init(
        _ source: String, executor: SimulatorExecutor, schedule: (Program) throws -> ScenarioSession,
        cannotType: String?
    ) throws {
        self.executor = executor
        self.cannotType = cannotType
        var lines = source.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.last == "" { lines.removeLast() }
        self.source = lines
        session = try schedule(try Parser.parse(source))
        executor.machine.trace(true)
    }

    var machine: Machine { executor.machine }

    /// The program's name for a process.
    func name(_ process: ProcessID) -> String { executor.processName(process.index) }

    // MARK: Going

    /// Makes the next statement and keeps its events; nil at the end.
    ///
    /// - Throws: ``ShellError`` for a mistake that shows only in the run.
    func advance() throws -> ScenarioStep? {
        _ = machine.takeEvents()
        let step: ScenarioStep?
        do { step = try session.step() } catch {
            let mistakes = (error as? ScenarioError)?.diagnostics.map(\.message).joined(separator: "; ")
            throw ShellError("line \(session.next?.line ?? 0): \(mistakes ?? "\(error)")")
        }
        if step != nil {
            settle()
            events[session.place] = machine.takeEvents()
            events[session.place - Self.eventLimit] = nil
        }
        return step
    }

    /// Goes to a place, forward or back.
    func go(to place: Int) throws {
        if place < session.place { try session.go(to: place) }
        while session.place < place, try advance() != nil {}
        settle()
    }

    /// Makes the first live process the current one where that has ended.
    private func settle() {
        if !machine.isAlive(current) { current = machine.liveProcesses.first ?? current }
    }

    /// The place behind the statement of a line; 0 for line 0.
    func place(_ text: String) throws -> Int {
        guard let line = Int(text), line >= 0 else { throw ShellError("'\(text)' is no line: give its number") }
        if line == 0 { return 0 }
        do { return try session.place(afterLine: line) } catch { throw ShellError("\(error)") }
    }

    /// The statement that was made last, with its events.
    func last() throws -> (step: ScenarioStep, events: [Event]) {
        guard let step = session.steps.last else { throw ShellError("no statement is made yet: step") }
        if let known = events[session.place] { return (step, known) }
        // It was made too long ago: once more, from the place before it.
        try session.go(to: session.place - 1)
        _ = try advance()
        return (step, events[session.place] ?? [])
    }

    /// Who else had the frames that the last statement copied: the machine before it tells.
    func holders(_ events: [Event]) throws -> [String] {
        guard events.contains(where: { $0.kind == .cowCopied }) else { return [] }
        let place = session.place
        try session.go(to: place - 1)
        defer { _ = try? advance() }
        return try FrameHolders.lines(of: events, processName: executor.processName) { try machine.reverseMap($0, $1) }
    }

    /// A statement with its result, as a transcript has it.
    func text(_ step: ScenarioStep) -> String {
        Transcript([step.statement]) { [executor] in executor.processName($0) }.text(step)
    }

    // MARK: Typing

    /// Puts a statement behind the one that was made last, and makes it.
    func type(_ statement: String) throws -> String {
        if let cannotType { throw ShellError(cannotType) }
        let before = (source: source, program: session.program)
        let line = session.steps.last?.statement.line ?? 0
        source.insert(statement, at: line)
        do {
            session.continueWith(try Parser.parse(source.joined(separator: "\n")))
            let place = session.place
            events = events.filter { $0.key <= place }
            return try advance().map(text) ?? ""
        } catch {
            source = before.source
            session.continueWith(before.program)
            guard let mistake = error as? ScenarioError else { throw error }
            throw ShellError(
                mistake.diagnostics.map { "line \($0.line), column \($0.column): \($0.message)" }.joined(
                    separator: "\n"))
        }
    }

    // MARK: Arguments

    /// What `[PROCESS:]EXPRESSION` means.
    func location(_ text: String) throws -> (process: ProcessID, address: UInt64) {
        let whole = text.contains(":") ? text : name(current) + ":" + text
        do {
            let place = try session.location(whole)
            return (ProcessID(place.process), place.address)
        } catch { throw ShellError("\(error)") }
    }

    /// The value of an expression.
    func value(_ text: String) throws -> UInt64 {
        do { return UInt64(bitPattern: try session.value(of: text)) } catch { throw ShellError("\(error)") }
    }

    /// A live process; the current one where no name is given.
    func process(_ name: String?) throws -> ProcessID {
        guard let name else { return current }
        let found = machine.liveProcesses.first { self.name($0) == name || String(1000 + $0.index) == name }
        if let found { return found }
        let alive = machine.liveProcesses.map { self.name($0) }.joined(separator: ", ")
        throw ShellError("no process '\(name)' is alive; alive: \(alive)")
    }
}

/// What a shell's user did wrong, and the remedy.
struct ShellError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
