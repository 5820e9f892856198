import Faultline
import FaultlineInspect
import FaultlineScenario

/// Which rules of the model programs reached: its events and their reasons, so that what is never reached is seen.
public struct RuleCoverage: Sendable {
    private var events: [Event.Kind: Int] = [:]
    private var reasons: [Event.Reason: Int] = [:]

    /// Nothing reached yet.
    public init() {}

    /// Runs a program on a simulator of this machine's processor and counts what it reaches.
    ///
    /// - Throws: what the run throws.
    public mutating func add(_ program: Program) throws {
        let executor = try SimulatorExecutor(settings: HostKernel.settings)
        executor.machine.trace(true)
        try ScenarioSession(program, on: executor).run()
        for event in executor.machine.takeEvents() {
            events[event.kind, default: 0] += 1
            if event.reason != .none { reasons[event.reason, default: 0] += 1 }
        }
    }

    /// A line for each kind of event and each reason: how often it came about, or never.
    public var report: [String] {
        let kinds = Event.Kind.allCases.map { ($0.rawValue, events[$0] ?? 0) }
        let rules = Event.Reason.allCases.filter { $0 != .none }.map { ($0.rawValue, reasons[$0] ?? 0) }
        var table = TextTable([.left, .left])
        for (name, count) in kinds + rules { table.add([name, count == 0 ? "never" : "\(count)"]) }
        return table.lines
    }
}
