import Faultline
import FaultlineScenario

/// Runs a program and keeps what a report shows of it.
public struct ReportRecorder {
    private let session: ScenarioSession
    private let executor: SimulatorExecutor
    private let observer: ReportObserver
    private var budget: ReportBudget
    private var state: ReportState?
    private var document: ReportDocument
    private var axis: [(start: VirtualAddress, end: VirtualAddress)] = []

    /// Lines of reasons that one statement has at most.
    private static let mostReasons = 60
    /// The same where the page has become large.
    private static let fewReasons = 6

    /// A recorder of a session at its start.
    ///
    /// - Parameters:
    ///   - executor: what the session runs on.
    ///   - title: what the program is called, such as `fork-cow.fl`.
    ///   - source: its lines.
    public init(_ session: ScenarioSession, on executor: SimulatorExecutor, title: String, source: [String]) {
        self.session = session
        self.executor = executor
        observer = ReportObserver(executor)
        budget = ReportBudget(places: min(session.program.statements.count, ReportBudget.mostPlaces))
        document = ReportDocument(title: title, kernel: executor.kernelVersion, source: source)
    }

    /// Runs the program to its end and makes the report.
    ///
    /// A program that cannot go on ends the report where it stands; ``ReportDocument/failure`` says why.
    ///
    /// - Parameter onStep: is called after each statement.
    /// - Throws: what the executor throws when asked for its state.
    public mutating func record(onStep: (ScenarioStep) throws -> Void = { _ in }) throws -> ReportDocument {
        let count = session.program.statements.count
        try look(isLast: count == 0)
        do {
            while !session.isAtEnd {
                let place = session.place + 1
                let isCandidate = ReportBudget.isCandidate(place, of: count)
                try onStep(try step(isCandidate: isCandidate))
                if isCandidate { try look(isLast: place == count) }
            }
        } catch {
            let problems = (error as? ScenarioError)?.diagnostics.map(\.message).joined(separator: "; ")
            document.failure = .init(line: session.next?.line ?? 0, message: problems ?? "\(error)")
            executor.machine.trace(false)
            if document.changes.last?.place != session.place { try look(isLast: true) }
        }
        document.axis = PackedAxis(axis)
        document.processNames = (0..<executor.machine.processCount).map(executor.processName)
        document.unmodelled = executor.unmodelled
        return document
    }

    /// Makes a statement; one that no state is kept of has no reasons either.
    private mutating func step(isCandidate: Bool) throws -> ScenarioStep {
        let intake = EventIntake()
        let machine = executor.machine
        machine.trace(isCandidate)
        machine.handEventsOver(every: 1 << 16) { [unowned machine] events in
            intake.take(events)
            if intake.isFull {
                intake.cutOff()
                machine.trace(false)
            }
        }
        guard let step = try session.step() else { preconditionFailure("there is a next statement") }
        intake.take(machine.takeEvents())
        intake.finish(faultCount: (step.result?.faults?.minor ?? 0) + (step.result?.faults?.major ?? 0))
        machine.trace(false)
        let kills = executor.takeKills()
        let failed = !step.failures.isEmpty
        document.statementCount += 1
        document.failedExpectations += step.failures.count
        if isCandidate || failed {
            document.statements.append(statement(step, intake, kills))
        }
        return step
    }

    private mutating func statement(_ step: ScenarioStep, _ intake: EventIntake, _ kills: [String])
        -> ReportDocument.Entry
    {
        let explanation = StatementExplanation(
            step, events: intake.kept, kills: kills, holders: holders(intake.kept), processName: executor.processName)
        var why = session.told + explanation.reasons
        let most = budget.isSpent ? Self.fewReasons : Self.mostReasons
        let hidden = max(why.count - most, 0)
        why = Array(why.prefix(most))
        if hidden > 0 || intake.droppedCount > 0 || intake.isCutOff {
            let lines = hidden > 0 ? ["\(hidden) lines"] : []
            let dropped = intake.droppedCount > 0 || intake.isCutOff
            let events = dropped ? ["\(intake.droppedCount)\(intake.isCutOff ? " or more" : "") events"] : []
            why.append("  and more: \((lines + events).joined(separator: " and ")) are not shown")
        }
        budget.spend(bytes: why.reduce(200) { $0 + $1.utf8.count + 4 })
        return ReportDocument.Entry(step, place: session.place, why: why, faults: intake.faults)
    }

    /// Who else had the frames that the statement copied, as far as the state before it has their chains.
    private func holders(_ events: [Event]) -> [String] {
        guard let state, document.changes.last?.place == session.place - 1 else { return [] }
        return FrameHolders.lines(of: events, processName: executor.processName) { process, address in
            state.chains.values.first { chain in
                chain.steps.contains { $0.isMapped && $0.process == process && $0.address == address }
            }
        }
    }

    /// Keeps the state, where the budget allows it.
    private mutating func look(isLast: Bool) throws {
        guard budget.allows(cost: try observer.cost() * 2, isLast: isLast) else { return }
        let new = try observer.look(after: state)
        let change = ReportChange(place: session.place, from: state, to: new)
        for area in change.areas.flatMap(\.set) { axis.append((area.start, area.end)) }
        if axis.count > 100_000 { axis = Self.merged(axis) }
        budget.spend(bytes: change.cost)
        document.changes.append(change)
        state = new
    }

    /// The same ranges, each once.
    private static func merged(
        _ ranges: [(start: VirtualAddress, end: VirtualAddress)]
    ) -> [(start: VirtualAddress, end: VirtualAddress)] {
        var seen: Set<[VirtualAddress]> = []
        return ranges.filter { seen.insert([$0.start, $0.end]).inserted }
    }
}
