/// Several CPUs, and who runs on which.
extension Machine {
    /// Brings up CPUs, so that there are `count`: each has its TLB with the PCIDs of six address spaces, its batches of pages, and
    /// statements run where their process does (``run(_:onCPU:)``). A machine starts with one, on which all that it does takes no
    /// longer than ever. What the first one has in its TLB goes.
    ///
    /// - Precondition: no checkpoint was made yet. Not more than 64, nor than `KernelSettings.presentCPUs`.
    public func bringUpCPUs(_ count: Int) {
        let most = min(KernelSettings.mostSimulatedCPUs, settings.presentCPUs)
        precondition(count <= most, "more CPUs than the machine has")
        guard count > 1, !processors.areSeveral else { return }
        let (isChecked, drops) = (checksCoherence, dropsFlushes)
        processors.parked = (0..<count).map { number in number == cpu.number ? nil : makeCPU(number) }
        cpu.mmu.beginKeepingSpaces()
        for case let other? in processors.parked { other.cpu.mmu.beginKeepingSpaces() }
        flushes.everything &+= UInt64(count)
        cpu.goIdle()
        (checksCoherence, dropsFlushes) = (isChecked, drops)
    }

    private func makeCPU(_ number: Int) -> ParkedCPU {
        // The first one was made of the same shape.
        guard
            let mmu = try? MMU(
                ram: frames.ram, geometry: tlbGeometry, settings: settings.cpu, number: number,
                ceiling: settings.flushCeiling)
        else {
            preconditionFailure("the host has no memory for another TLB")
        }
        return ParkedCPU(
            CPU(number: number, mmu: mmu, lastTable: LastTable(key: LastTable.none, entries: cpu.lastTable.entries)))
    }

    /// sched_setaffinity(2) to one CPU: the process runs there from now on, and those that it makes begin there.
    ///
    /// - Throws: ESRCH; EINVAL for a CPU that there is not.
    package func run(_ process: Int, onCPU number: UInt64) throws(Errno) {
        let task = try caller(process)
        guard number < UInt64(processors.count) else {
            throw refuse(
                .EINVAL, .argument("cpu", .count(Int64(clamping: number)), "there are \(processors.count) CPUs, from 0")
            )
        }
        if task.cpu == Int32(number) { return }
        cpu.goIdle()
        task.cpu = Int32(number)
        enterCPU(of: task)
        switchTo(task)
    }

    /// The CPU that a process runs on. - Throws: ESRCH.
    public func cpu(of process: ProcessID) throws(Errno) -> Int { Int(try task(process.index).cpu) }

    /// The process sleeps until its next call: its CPU has nobody to run, and keeps the address space loaded meanwhile (lazy TLB).
    ///
    /// - Throws: ESRCH.
    package func idle(_ process: Int) throws(Errno) {
        _ = try caller(process)
        if processors.areSeveral { cpu.goIdle() }
    }

    /// Puts the CPU of a process into ``cpu``, where it is another one.
    func enterCPU(of task: Process) {
        let number = Int(task.cpu)
        guard number != cpu.number, let other = processors.parked[number] else { return }
        // Tables may be freed while it is parked.
        forgetLastTable()
        processors.parked[cpu.number] = other
        processors.parked[number] = nil
        Swift.swap(&cpu, &other.cpu)
        physical.enter(cpu: number)
    }

    /// `switch_mm_irqs_off`, for a process that begins to run on this CPU.
    func switchAddressSpace(to mm: Handle<MMStruct>) {
        guard let state = cpu.mmu.spaces else { return }
        let generation = mm.pointee.tlbGeneration
        if state.context == mm.pointee.context {
            guard state.isLazy else { return }
            cpu.mmu.spaces?.isLazy = false
            if state.generation == generation { return }
            cpu.mmu.reloadStale(mm.pointee.pgd, generation: generation)
            return emitFlush(.flushTaskSwitch, cpu.number, .max)
        }
        mm.pointee.cpuMask |= 1 << UInt64(cpu.number)
        let isStale = cpu.mmu.load(mm.pointee.pgd, mm.pointee.context, generation: generation)
        emitFlush(.flushTaskSwitch, cpu.number, isStale ? .max : 0)
    }

    /// `exit_mm`: the CPU that the process ran on has nobody to run.
    func leaveCPU(_ task: Process) {
        if cpu.current == Int32(task.index) { cpu.goIdle() }
        for case let other? in processors.parked where other.cpu.current == Int32(task.index) { other.cpu.goIdle() }
    }
}
