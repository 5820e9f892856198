extension Machine {
    /// The userfaultfds against the VMAs, the events and the processes that have to do with them. - Returns: what is wrong, or nil.
    func checkUserfaults() -> String? {
        if userfaults.steps.isEmpty == false { return "a call ended that has steps left" }
        let contexts = Set(userfaults.contexts)
        if contexts.count != userfaultContexts.liveCount { return "a userfaultfd is lost" }
        for (_, mm) in liveAddressSpaces {
            var cursor = mm.pointee.tree.cursor()
            while let vma = cursor.next() {
                guard let context = vma.pointee.userfault else { continue }
                if !contexts.contains(context) { return "\(hex(vma.pointee.start)) has a userfaultfd that is gone" }
                if context.pointee.mm != mm { return "\(hex(vma.pointee.start)) has another's userfaultfd" }
                if context.pointee.isReleased { return "\(hex(vma.pointee.start)) has a closed userfaultfd" }
            }
        }
        return checkUserfaultEvents() ?? checkSleepers(contexts)
    }

    /// Every event that is not read is counted by its userfaultfd.
    private func checkUserfaultEvents() -> String? {
        var unread: [Handle<UserfaultContext>: Int32] = [:]
        for event in userfaults.events { unread[event.context, default: 0] += 1 }
        for process in processes where process.isAlive {
            guard let rest = process.rest else { continue }
            let isTelling = if case .event = process.wait?.kind { true } else { false }
            for step in rest.steps.dropFirst(isTelling ? 1 : 0) {
                if case .tell(let context, _, _) = step { unread[context, default: 0] += 1 }
            }
        }
        for context in userfaults.contexts where context.pointee.changing != unread[context, default: 0] {
            let there = unread[context, default: 0]
            return "a userfaultfd counts \(context.pointee.changing) unread events, there are \(there)"
        }
        return nil
    }

    private func checkSleepers(_ contexts: Set<Handle<UserfaultContext>>) -> String? {
        for (index, process) in processes.enumerated() {
            let isListed = userfaults.sleepers.contains(index)
            if isListed != (process.wait != nil) {
                return "process \(index) sleeps and is not listed, or is and does not"
            }
            guard let wait = process.wait else {
                if process.rest != nil { return "process \(index) has a call left, but does not sleep" }
                continue
            }
            if !process.isAlive { return "process \(index) sleeps and has ended" }
            if let context = wait.context, !contexts.contains(context) {
                return "process \(index) waits for a userfaultfd that is gone"
            }
            if wait.context == nil, !wait.isWoken { return "process \(index) waits for nothing" }
        }
        return nil
    }
}
