import Faultline

/// What is shown of the machine's processes.
extension SimulatorExecutor {
    /// A program with a call of memory cgroups runs in one of its own; one whose processes choose their CPUs has all that there are.
    public func prepare(for program: Program) {
        if program.choosesCPUs {
            machine.bringUpCPUs(min(machine.settings.presentCPUs, KernelSettings.mostSimulatedCPUs))
        }
        if program.hasMemoryGroup { machine.joinMemoryGroup() }
    }

    /// How many processes have ended.
    public var endings: UInt64 { machine.endings }

    /// Whether the out-of-memory killer ended the process.
    public func wasEnded(_ process: Int) -> Bool { !machine.isAlive(process) }

    /// The state of every live process.
    public func observe() throws -> [ProcessView] {
        machine.settleSwap()
        if machine.memoryGroupState.exists { machine.settleMemoryGroup() }
        if selfCheck == .spread { try checkWholeMachine() }
        var processes: [ProcessView] = []
        for (index, name) in names.enumerated() where machine.isAlive(index) {
            var process = try shownSnapshot(index)
            process.name = name
            process.pageTablesKiB -= baseline
            let first = try (0..<index).first {
                try names.indices.contains($0) && machine.isAlive($0) && machine.sharesMemory($0, index)
            }
            if let first {
                process.sharedWith = names[first]
                process.vmas = []
            }
            processes.append(process)
        }
        return processes
    }

    /// The figures of every live process, in the order of creation.
    public func totals() throws -> [ProcessTotals] {
        try names.indices.filter { machine.isAlive($0) }.map { try machine.totals($0) }
    }

    /// How many VMAs of each live process the state leaves out, those of init out of how many that it started with.
    public func leftOutVMAs() throws -> [LeftOutVMAs] {
        var result: [LeftOutVMAs] = []
        for (index, name) in names.enumerated() where machine.isAlive(index) {
            let all = try machine.snapshot(index, listsPages: { _, _ in false }).vmas.count
            let count = all - (try shownSnapshot(index).vmas.count)
            result.append(LeftOutVMAs(process: name, count: count, initialCount: initialCount))
        }
        return result
    }

    /// A process's state without the VMAs that are as they were at the start.
    private func shownSnapshot(_ index: Int) throws -> ProcessView {
        var snapshot = try machine.snapshot(index) {
            scope.shows(start: $0, end: $1) && scope.listsPages(start: $0, end: $1)
        }
        snapshot.vmas.removeAll { !scope.shows(start: $0.start, end: $0.end) }
        if let start { snapshot.vmas.removeAll { start.isUntouched($0, isFirst: index == 0) } }
        return snapshot
    }
}
