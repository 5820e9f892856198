import Faultline

/// A call in which a process sleeps.
struct SleepingCall {
    let call: EvaluatedCall
    /// The process's faults when it began.
    let before: (minor: UInt64, major: UInt64)
    /// Of `read_pages` and `write_pages`, the accesses that were made.
    var pages: Int
}

/// Calls that wait for a userfaultfd in the middle, and how each ends.
extension SimulatorExecutor {
    /// What a call came to, with what it cost; that it waits, where its process sleeps in it now.
    func complete(
        _ call: EvaluatedCall, _ process: Int, _ preliminary: StatementResult, before: (minor: UInt64, major: UInt64)
    ) throws -> StatementResult {
        var result = preliminary
        if let shortage = machine.hostShortage { throw shortage }
        machine.endDying()
        if let sleep = machine.sleep(of: process) {
            sleepers[process] = SleepingCall(call: call, before: before, pages: result.pages ?? 0)
            result = StatementResult(.waits(sleep))
        } else {
            try returnToAgent(call, process)
            if machine.endAfterOops(process) { result = StatementResult(.signal(.SIGSEGV, .SI_KERNEL, address: 0)) }
            if machine.wasKilled(process) { result.outcome = .signal(.SIGKILL, .SI_KERNEL, address: 0) }
            let after = try machine.faultCounts(process)
            if call.name.showsFaults {
                result.minflt = Int(after.minor - before.minor)
                result.majflt = Int(after.major - before.major)
            }
        }
        unmodelled += machine.takeUnmodelled().map { UnmodelledUse(line: call.line, lack: $0) }
        if selfCheck != .never { try checkMachine(after: call, of: process, result) }
        return result
    }

    /// Lets a process run on that was woken.
    public func resume(_ process: Int) throws -> StatementResult? {
        guard let sleeper = sleepers[process], machine.isWoken(process) else { return nil }
        sleepers[process] = nil
        let call = sleeper.call
        let simulated = SimulatedCall(executor: self, call: call, process: process)
        _ = machine.takeRefusal()
        machine.coherenceMark = call.line
        machine.callLine = call.line
        var result: StatementResult
        do {
            switch try machine.resume(process) {
            case .asleep: result = StatementResult(.waits(.event), pages: sleeper.pages)
            case .access(let signal?):
                let address = sleeper.pages == 0 ? call.arguments[0] : place(call, sleeper.pages)
                result = StatementResult(
                    AccessFault(signal: signal, address: address),
                    pages: call.name.countsPages ? sleeper.pages : nil)
            case .access(nil): result = try goOn(simulated, sleeper)
            case .call(let answer): result = try ended(simulated, answer)
            }
        } catch let errno as Errno {
            result = StatementResult(.error(errno))
        }
        if let refusal = machine.takeRefusal(), result.isRefused(by: refusal) { result.refusal = refusal }
        return try complete(call, process, result, before: sleeper.before)
    }

    /// Who has the userfaultfd open for which a process waits.
    public func servers(of process: Int) -> [WaitingProcess.Server] {
        machine.userfaultServers(of: ProcessID(process)).map {
            WaitingProcess.Server(process: processName($0.process.index), descriptor: $0.descriptor)
        }
    }

    /// The address of an access of `read_pages`.
    private func place(_ call: EvaluatedCall, _ made: Int) -> UInt64 {
        (call.arguments[0] & ~4095) &+ UInt64(made) << 12
    }

    /// The access whose fault was served is made again, and those behind it.
    private func goOn(_ call: SimulatedCall, _ sleeper: SleepingCall) throws -> StatementResult {
        switch call.call.name {
        case .readPages: try accessPages(call, writing: nil, after: sleeper.pages)
        case .writePages: try accessPages(call, writing: call.byte(2), after: sleeper.pages)
        default: try call.call.name.definition.simulate(call)
        }
    }

    /// What a system call returned at last.
    private func ended(_ call: SimulatedCall, _ answer: CallAnswer) throws -> StatementResult {
        if let error = answer.error {
            return StatementResult(answer.value == 0 ? .error(error) : .partial(error, answer.value))
        }
        if call.call.name == .fork { return try forked(call.call, call.process, child: Int(answer.value)) }
        if call.call.name == .getMempolicy {
            return .policy(Int32(truncatingIfNeeded: answer.value), nodes: answer.nodes)
        }
        return call.call.name.showsOK
            ? StatementResult(.ok, value: Int64(bitPattern: answer.value)) : StatementResult(.value(answer.value))
    }
}
