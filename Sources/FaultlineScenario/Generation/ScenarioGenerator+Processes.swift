extension ScenarioGenerator {
    /// `fork` and its like, and `exit`; none where it is not possible.
    mutating func takeLife(_ step: GeneratedStep) {
        let process = random.pick(processes)
        if step == .exit { return exit(process) }
        if step == .becomeAgent {
            emit("execve(\"\(CallName.agentProgram)\")", in: process)
            if let parent = waiting.removeValue(forKey: process) { processes.append(parent) }
            return
        }
        guard processes.count + waiting.count < shape.processLimit else { return }
        // The first process makes statements all the time, so it may not wait.
        if step == .vfork, process == Program.firstProcess { return }
        let child = name("c")
        switch step {
        case .fork: emit("\(child) = fork()", in: process)
        case .cloneVM: emit("\(child) = clone_vm()", in: process)
        default:
            emit("\(child) = vfork()", in: process)
            processes.removeAll { $0 == process }
            waiting[child] = process
        }
        processes.append(child)
    }

    private mutating func exit(_ process: String) {
        guard process != Program.firstProcess else { return }
        emit("exit(0)", in: process)
        processes.removeAll { $0 == process }
        if let parent = waiting.removeValue(forKey: process) { processes.append(parent) }
    }

    /// `mem_read` and `mem_write`, within a page and across pages.
    mutating func takeOthersMemory(_ step: GeneratedStep) {
        let target = random.pick(processes + waiting.values.sorted())
        let place = "\(address())\(random.pick(["", "", "+100", "+4000", "+4095"]))"
        let length = random.pick(["1", "1", "16", "200", "4K", "0"])
        if step == .memRead { return emit("mem_read(\(target), \(place), \(length))") }
        emit("mem_write(\(target), \(place), \(length), \(byte()))")
    }

    /// `move_pages` of a process's own pages or another's: to the one node of most machines, to one that is not there, or a question.
    mutating func moveOthersPages() {
        let target = random.pick(processes + waiting.values.sorted())
        let node = random.pick(["0", "0", "-1", "-1", "1000"])
        let flags = random.pick(["0", "MPOL_MF_MOVE", "MPOL_MF_MOVE", "MPOL_MF_MOVE_ALL", "1"])
        emit("move_pages(\(target), \(address()), \(random.pick([1, 1, 3, 8, 16])), \(node), \(flags))")
    }
}
