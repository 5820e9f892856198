import Faultline

/// A statement whose process sleeps in it.
struct SleepingStatement {
    let call: Call
    let statement: Statement
    /// What for.
    var sleep: UserfaultSleep

    var line: Int { statement.line }
    /// For an event, not for a page.
    var isTelling: Bool { sleep == .event }
}

/// Statements that wait until userspace serves them (userfaultfd), and those that are skipped for it.
extension Interpreter {
    /// Whether a statement cannot be made: its process sleeps, or it, or one that the call names, is not there because its fork
    /// waits or was skipped.
    func isSkipped(_ call: Call) -> Bool {
        if asleep.isEmpty, absent.isEmpty { return false }
        return asleep[call.process] != nil || absent.contains(call.process)
            || call.processArguments.contains { absent.contains($0.name) }
    }

    /// What a statement comes to that is not made.
    mutating func skip(_ call: Call, _ statement: Statement) throws -> ScenarioStep {
        if let name = call.assignedName {
            names[name] = -1
            if call.name.makesProcess, processes[name] == nil { absent.insert(name) }
        }
        let result = RecordedResult(outcome: .skipped)
        var step = ScenarioStep(statement: statement, content: .result(result), value: -1)
        step.processName = call.process
        step.expectationFailure = try expectationFailure(statement, outcome: .skipped, value: -1)
        return step
    }

    /// Notes that a process sleeps in a statement.
    mutating func noteSleep(_ call: Call, in statement: Statement, _ sleep: UserfaultSleep) {
        asleep[call.process] = SleepingStatement(call: call, statement: statement, sleep: sleep)
        if call.name.makesProcess, let child = call.assignedName { absent.insert(child) }
        note(sleep)
    }

    private mutating func note(_ sleep: UserfaultSleep) {
        guard case .fault(_, let address, _) = sleep else { return }
        names[Program.faultName] = Int64(bitPattern: address)
        messageCount += 1
    }

    /// Lets all run on that were woken, from the first process on, until nothing changes.
    ///
    /// - Returns: what became of them, and those that have ended otherwise than expected.
    mutating func wake() throws -> (wakes: [Wake], failures: [ScenarioStep]) {
        var wakes: [Wake] = []
        var failures: [ScenarioStep] = []
        var isChanged = true
        while isChanged, !asleep.isEmpty {
            isChanged = false
            for (name, index) in processes.sorted(by: { $0.value < $1.value }) {
                guard let sleeper = asleep[name], let result = try executor.resume(index) else { continue }
                isChanged = true
                // From one event to the next it sleeps on: nobody could tell.
                if result.outcome == .waits(.event), sleeper.isTelling { continue }
                let recorded = RecordedResult(result, of: sleeper.call.name)
                wakes.append(Wake(process: name, line: sleeper.line, result: recorded))
                if case .waits(let sleep) = result.outcome {
                    note(sleep)
                    asleep[name]?.sleep = sleep
                } else {
                    asleep[name] = nil
                    finish(sleeper.call, result)
                    if let failure = try lateFailure(sleeper, result, recorded) { failures.append(failure) }
                }
            }
        }
        return (wakes, failures)
    }

    /// What a statement leaves behind that has ended after all.
    private mutating func finish(_ call: Call, _ result: StatementResult) {
        if let name = call.assignedName { names[name] = result.value }
        guard call.name.makesProcess, let child = call.assignedName else { return }
        absent.remove(child)
        if result.value < 0 { return }
        processes[child] = processCount
        processCount += 1
    }

    /// A statement that waited and came to something else than expected; nil where it did not, or was expected to wait.
    private mutating func lateFailure(
        _ sleeper: SleepingStatement, _ result: StatementResult, _ recorded: RecordedResult
    ) throws -> ScenarioStep? {
        if sleeper.statement.expectation == nil || sleeper.statement.expectation == .waits { return nil }
        let failure = try expectationFailure(sleeper.statement, outcome: result.outcome, value: result.value)
        guard let failure else { return nil }
        var step = ScenarioStep(statement: sleeper.statement, content: .result(recorded), value: result.value)
        step.expectationFailure = failure
        step.refusal = result.refusal
        step.processName = sleeper.call.process
        return step
    }
}
