extension Machine {
    /// A live process.
    ///
    /// - Throws: ESRCH for one that never was or has ended.
    func task(_ index: Int) throws(Errno) -> Process {
        guard processes.indices.contains(index), processes[index].isAlive else {
            throw refuse(.ESRCH, .noProcess("\(index)"))
        }
        currentIndex = Int32(index)
        return processes[index]
    }

    /// `switch_to`: the accesses that follow are this process's, and the processor has its PKRU.
    func switchTo(_ task: Process) {
        accessedIndex = task.index
        accessedProcess = Unmanaged.passUnretained(task)
        if settings.cpu.protectionKeys { mmu.writePKRU(task.pkru) }
    }
}
