import Faultline

/// When a simulated machine checks its own state (``Machine/checkInvariants()``).
public enum SelfCheck: Sendable {
    case never
    /// After every call what it may have changed. Everything after each call while little is in use; with more, after as many calls
    /// as keep the time of a run in proportion to its calls; and whenever the state is observed, which it is at the end.
    case spread
    /// Everything, after every call.
    case everyCall
}

/// How far the checks of a run are.
struct SelfCheckProgress {
    /// The call that was checked last.
    var line = 0
    /// The call after which everything was checked last.
    var wholeLine = 0
    /// Calls since then.
    var calls: UInt64 = 0

    /// After so many frames in use, everything is checked a call less often.
    static var framesPerCall: UInt64 { 128 }
}

/// The machine found its own state wrong: a fault of the simulator.
public struct InvariantFailure: Error, CustomStringConvertible {
    /// The statement after which it showed.
    public let line: Int
    /// The statement after which nothing was wrong yet, where there are others between the two.
    public let soundLine: Int?
    /// What is wrong.
    public let problem: String

    /// What is wrong and what to do about it, for the user.
    public var description: String {
        let since = soundLine.map { $0 == 0 ? " (all was well at the start)" : " (all was well after line \($0))" }
        return "after line \(line) the machine's state is not consistent: \(problem)\(since ?? "")"
    }
}

extension SimulatorExecutor {
    func checkMachine(after call: EvaluatedCall, of process: Int, _ result: StatementResult) throws {
        selfChecks.line = call.line
        selfChecks.calls += 1
        if selfCheck == .everyCall || selfChecks.calls * SelfCheckProgress.framesPerCall >= machine.usedPages {
            return try checkWholeMachine()
        }
        var addresses = call.arguments.filter { $0 > 0 }
        if result.value > 0 { addresses.append(UInt64(result.value)) }
        if let problem = machine.checkInvariants(of: process, near: addresses) {
            throw InvariantFailure(line: call.line, soundLine: nil, problem: problem)
        }
    }

    func checkWholeMachine() throws {
        let sound = selfChecks.calls > 1 ? selfChecks.wholeLine : nil
        if let problem = machine.checkInvariants() {
            throw InvariantFailure(line: selfChecks.line, soundLine: sound, problem: problem)
        }
        selfChecks.wholeLine = selfChecks.line
        selfChecks.calls = 0
    }
}
