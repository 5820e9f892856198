/// Calls that wait in the middle for a userfaultfd, and go on later.
extension Machine {
    /// What a call returns that may have readers to tell or pages to wait for: the value at once, where there is nothing.
    ///
    /// - Throws: ERESTARTNOINTR where the process sleeps now; ``resume(_:)`` goes on.
    @inline(__always)
    func concluded(_ task: Process, _ value: UInt64) throws(Errno) -> UInt64 {
        if userfaults.steps.isEmpty { return value }
        return try conclude(task, CallAnswer(value)).get()
    }

    /// The end of a call that failed, or that cannot end yet; readers hear of its work all the same.
    @inline(__always)
    func concluded(_ task: Process, _ error: Errno) throws(Errno) -> UInt64 {
        if userfaults.steps.isEmpty { throw error }
        return try conclude(task, CallAnswer(0, error: error == .ERESTARTNOINTR ? nil : error)).get()
    }

    /// Takes the steps that the present call has left.
    @inline(never)
    func conclude(_ task: Process, _ answer: CallAnswer) throws(Errno) -> CallAnswer {
        let rest = CallRest(steps: userfaults.steps, answer: answer)
        userfaults.steps = []
        return try goOn(task, rest)
    }

    /// Makes the steps until the process sleeps, or the call ends.
    private func goOn(_ task: Process, _ unfinished: CallRest) throws(Errno) -> CallAnswer {
        var rest = unfinished
        while let step = rest.steps.first {
            if task.wait == nil, !make(step, of: &rest, task) { continue }
            if task.wait != nil {
                task.rest = rest
                throw .waiting
            }
            rest.steps.removeFirst()
        }
        task.rest = nil
        return rest.answer
    }

    /// Makes a step. - Returns: false where others have taken its place.
    private func make(_ step: CallStep, of rest: inout CallRest, _ task: Process) -> Bool {
        do throws(Errno) {
            switch step {
            case .tell(let context, let notice, let child): tell(task, context, notice, child)
            case .populate(let start, let end, let forLock):
                try populateMapped(task, start, end, ignoringErrors: !forLock)
            case .populateForAdvice(let start, let end, let address, let write):
                try populateForAdvice(task, start, end, at: address, write: write, isTried: task.faultTries > 0)
            case .advise(var range):
                guard let advice = Advice(rawValue: range.advice) else { break }
                try advise(task, task.mm, &range, advice)
            case .addChild(let mm): rest.answer.value = UInt64(bear(mm, of: task).index)
            case .transfer(let transfer): rest.answer = CallAnswer(try goOn(task, transfer))
            case .fill(let fill): rest.answer = try self.fill(task, fill)
            case .lookUpNode(let query): rest.answer = try lookUpNode(task, query)
            case .pin(let request): rest.answer = CallAnswer(try register(task, request))
            }
            return true
        } catch {
            if error == .ERESTARTNOINTR {
                rest.steps.replaceSubrange(0..<1, with: userfaults.steps)
                userfaults.steps = []
                return false
            }
            var answered = error
            if case .populate = step { answered = lockError(error) }
            rest.answer = CallAnswer(0, error: answered)
            return true
        }
    }

    /// `userfaultfd_event_wait_completion`: who has closed it hears nothing any more.
    private func tell(
        _ task: Process, _ context: Handle<UserfaultContext>, _ notice: UserfaultNotice,
        _ child: Handle<UserfaultContext>?
    ) {
        if context.pointee.isReleased {
            if let child { dropChildUserfault(child) }
            return forgetTold(context)
        }
        userfaults.events.append(
            UserfaultEvent(context: context, notice: notice, process: task.index, child: child))
        sleep(task, UserfaultWait(context: context, kind: .event))
    }
}

/// What a process does that was woken.
package enum Resumption: Equatable {
    /// Its own access goes on: its fault has been made again, and nothing stands against the access, or a signal does.
    case access(FaultSignal?)
    /// Its call has ended.
    case call(CallAnswer)
    /// It sleeps again.
    case asleep
}

extension Machine {
    /// Has a process run on that was woken: its fault is made again, or its call goes on. - Throws: ESRCH.
    package func resume(_ process: Int) throws(Errno) -> Resumption {
        let task = try caller(process)
        guard let wait = task.wait, wait.isWoken else { return .asleep }
        task.faultTries += 1
        stopSleeping(task)
        defer { if task.wait == nil { task.faultTries = 0 } }
        guard var rest = task.rest else { return resumeAccess(task, wait) }
        task.rest = nil
        if case .event = wait.kind {
            // That was no fault.
            task.faultTries = 0
            rest.steps.removeFirst()
        }
        do { return .call(try goOn(task, rest)) } catch { return .asleep }
    }

    private func resumeAccess(_ task: Process, _ wait: UserfaultWait) -> Resumption {
        guard case .fault(_, _, let attempt) = wait.kind else { return .asleep }
        switch repeatFault(task, attempt, tries: task.faultTries) {
        case .handled: return .access(nil)
        case .signal(.waits): return .asleep
        case .signal(let signal): return .access(signal)
        case .outOfMemory: return .access(relieveMemory(task) ? nil : .killed)
        }
    }

    /// Whether a process was woken, and runs on when it is asked to.
    package func isWoken(_ process: Int) -> Bool {
        processes.indices.contains(process) && processes[process].wait?.isWoken == true
    }

    /// What a process sleeps for; nil for one that does not.
    package func sleep(of process: Int) -> UserfaultSleep? {
        guard processes.indices.contains(process), let wait = processes[process].wait else { return nil }
        guard case .fault(let reason, let message, let attempt) = wait.kind else { return .event }
        return .fault(reason, address: message, isWrite: attempt.isWrite)
    }
}

/// What a process sleeps for.
public enum UserfaultSleep: Sendable, Hashable {
    /// A page; `address` is the one that the message of its fault names.
    case fault(UserfaultReason, address: VirtualAddress, isWrite: Bool)
    /// That someone reads of a fork, a move or an unmapping.
    case event
}
