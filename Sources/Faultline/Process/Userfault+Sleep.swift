extension Process {
    /// The page whose fault it waits for.
    var waitPage: VirtualAddress {
        guard case .fault(_, _, let attempt) = wait?.kind else { return 0 }
        return attempt.address.pageAlignedDown
    }
}

/// fork(2) and exit(2) of a process with userfaultfds (`fs/userfaultfd.c`).
extension Machine {
    /// `dup_userfaultfd`: the child's memory is registered only where a reader asked to be told; its own userfaultfd goes to who reads.
    func forkUserfault(_ copy: Handle<VMArea>) {
        guard let context = copy.pointee.userfault else { return }
        guard context.pointee.features.contains(.eventFork) else { return resetUserfault(copy) }
        for step in userfaults.steps {
            if case .tell(context, .fork, let child?) = step { return copy.pointee.userfault = child }
        }
        let child = makeUserfault(
            copy.pointee.mm, isNonBlocking: context.pointee.isNonBlocking,
            isUserModeOnly: context.pointee.isUserModeOnly)
        child.pointee.features = context.pointee.features
        child.pointee.isInitialized = true
        tellLater(context, .fork, child: child)
        copy.pointee.userfault = child
    }

    /// The child's memory is ready, but there is no child before its parent's readers have read (`dup_userfaultfd_complete`).
    func bearLater(_ mm: Handle<MMStruct>) {
        userfaults.unborn.append(mm)
        userfaults.steps.append(.addChild(mm))
    }

    /// The child comes into being.
    func bear(_ mm: Handle<MMStruct>, of task: Process) -> Process {
        userfaults.unborn.removeAll { $0 == mm }
        return addChild(of: task, in: mm)
    }

    /// `dup_userfaultfd_fail`: a fork that came to nothing.
    func dropUnborn(_ mm: Handle<MMStruct>) {
        let steps = userfaults.steps
        userfaults.steps = []
        for step in steps { drop(step) }
        removeEverything(mm)
        destroyMM(mm)
    }

    /// A process ends that sleeps.
    func abandonWait(_ task: Process) {
        let unread = userfaults.events.filter { $0.process == task.index }
        userfaults.events.removeAll { $0.process == task.index }
        for event in unread {
            if let child = event.child { dropChildUserfault(child) }
            forgetTold(event.context)
        }
        let isTelling = if case .event = task.wait?.kind { true } else { false }
        for step in task.rest?.steps.dropFirst(isTelling ? 1 : 0) ?? [] { drop(step) }
        task.rest = nil
        stopSleeping(task)
    }

    private func drop(_ step: CallStep) {
        switch step {
        case .tell(let context, _, let child):
            if let child { dropChildUserfault(child) }
            forgetTold(context)
        case .addChild(let mm):
            userfaults.unborn.removeAll { $0 == mm }
            removeEverything(mm)
            destroyMM(mm)
        case .fill(let fill):
            if let copy = fill.copy { putPage(copy) }
        // What a buffer has, its ring gives back.
        case .populate, .populateForAdvice, .advise, .transfer, .lookUpNode, .pin: break
        }
    }
}
