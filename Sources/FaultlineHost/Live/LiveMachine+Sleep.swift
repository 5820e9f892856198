import CHost
import Faultline
import FaultlineScenario

/// A statement whose process sleeps in it.
struct LiveSleeper {
    let call: EvaluatedCall
    /// The faults of the process when it began.
    let before: FaultCounts
    /// How often the process had gone to sleep when it was looked at last.
    let sleeps: UInt64
}

/// Processes that sleep for a userfaultfd. The tracer finds them by the place in the kernel where they sleep; the messages of their
/// faults are read at once, events are left to the program.
extension LiveMachine {
    /// Notes that a statement does not end. Returns that it waits, and for what.
    func noteSleep(
        of process: Int, _ agent: Agent, in call: EvaluatedCall, before: FaultCounts, isEvent: Bool
    ) throws(LiveError) -> StatementResult {
        sleepers[process] = LiveSleeper(call: call, before: before, sleeps: fl_agent_sleeps(agent.process))
        if isEvent { return StatementResult(.waits(.event)) }
        var fault = fl_agent_fault()
        let pids = live.map(\.process)
        let found = fl_agent_read_fault(pids, Int32(pids.count), &fault)
        guard found == 1 else {
            throw .host(action: "read the message of a page fault (userfaultfd)", errno: found == 0 ? 11 : -found)
        }
        let reason: UserfaultReason = fault.flags & 2 != 0 ? .writeProtected : fault.flags & 4 != 0 ? .minor : .missing
        return StatementResult(.waits(.fault(reason, address: fault.address, isWrite: fault.flags & 1 != 0)))
    }

    /// Lets a process run on: what its statement came to, perhaps that it waits again; nil where nobody has woken it.
    func resume(_ process: Int) throws -> StatementResult? {
        guard let sleeper = sleepers[process], !isGone(process) else { return nil }
        let agent = try self.process(process)
        let sleep = fl_agent_sleep(agent.process)
        if sleep > 0 {
            if fl_agent_sleeps(agent.process) == sleeper.sleeps { return nil }
            return try noteSleep(of: process, agent, in: sleeper.call, before: sleeper.before, isEvent: sleep == 2)
        }
        do {
            let result = try agent.goOn()
            sleepers[process] = nil
            return try ended(sleeper, agent, result)
        } catch LiveError.sleeps(let isEvent) {
            return try noteSleep(of: process, agent, in: sleeper.call, before: sleeper.before, isEvent: isEvent)
        }
    }

    /// What a statement came to that slept.
    private func ended(_ sleeper: LiveSleeper, _ agent: Agent, _ result: fl_agent_result) throws -> StatementResult {
        let call = sleeper.call
        var ended: StatementResult
        if call.name.isAccess {
            ended = StatementResult(try Self.outcome(of: result, mask: call.name == .load ? 0xff : nil))
            if call.name.countsPages { ended.pages = Int(result.count) }
        } else if call.name == .fork {
            let name = call.assignedName ?? "process"
            let raw = try adopt(result.child, of: agent, name: name, Int64(bitPattern: result.value))
            return try StatementResult(raw: raw).shownAsOK()
        } else if let shape = UserfaultRequest(call.name) {
            ended = try shape.result(Int64(bitPattern: result.value), in: agent)
        } else {
            ended = try StatementResult(raw: Int64(bitPattern: result.value))
            switch call.name {
            case .pin: ended = try LiveCall(machine: self, agent: agent, call: call).pinned(ended)
            case .getMempolicy: ended = try LiveCall(machine: self, agent: agent, call: call).toldPolicy(ended)
            default: if call.name.showsOK { ended = ended.shownAsOK() }
            }
        }
        let faults = try agent.faults() - sleeper.before
        (ended.minflt, ended.majflt) = (faults.minor, faults.major)
        return ended
    }
}
