/// Who runs on the CPU: `current`. Calls and accesses of a process make it so, and nothing else does; a look-up changes nothing.
extension Machine {
    /// A live process.
    ///
    /// - Throws: ESRCH for one that never was or has ended.
    func task(_ index: Int) throws(Errno) -> Process {
        guard processes.indices.contains(index), processes[index].isAlive else {
            throw refuse(.ESRCH, .noProcess("\(index)"))
        }
        return processes[index]
    }

    /// A live process that enters the kernel with a call: it is `current` from now on.
    ///
    /// - Throws: ESRCH for one that never was or has ended.
    @inline(__always)
    func caller(_ index: Int) throws(Errno) -> Process {
        // Exit takes a process away from here, so the one that runs is alive.
        if index == Int(cpu.current), let process = cpu.task { return process.takeUnretainedValue() }
        return try enter(index)
    }

    @inline(never)
    private func enter(_ index: Int) throws(Errno) -> Process {
        let task = try task(index)
        if processors.areSeveral { enterCPU(of: task) }
        switchTo(task)
        return task
    }

    /// `switch_to`: the process is `current`, and the processor has its PKRU.
    func switchTo(_ task: Process) {
        cpu.current = Int32(truncatingIfNeeded: task.index)
        cpu.task = Unmanaged.passUnretained(task)
        if settings.cpu.protectionKeys { cpu.mmu.writePKRU(task.pkru) }
        if processors.areSeveral { switchAddressSpace(to: task.mm) }
    }
}
