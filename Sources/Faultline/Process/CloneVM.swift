extension Machine {
    /// clone(CLONE_VM) and vfork(2) (`copy_mm`): a second process in the same address space. Descriptors, limits and fault counts
    /// are its own.
    ///
    /// - Throws: EAGAIN for RLIMIT_NPROC.
    func cloneVM(_ task: Process, waits: Bool = false) throws(Errno) -> Process {
        try checkProcessLimit(task)
        task.mm.pointee.users += 1
        emit(.addressSpaceShared, .none, 0, UInt64(task.mm.pointee.users))
        let child = addChild(of: task, in: task.mm)
        child.isVforked = waits
        return child
    }

    /// `copy_process` but for the memory.
    func addChild(of task: Process, in mm: Handle<MMStruct>) -> Process {
        let child = Process(index: processes.count, parent: task.index, mm: mm, limits: task.limits)
        setTaskPolicy(Int32(child.index), taskPolicy(Int32(task.index)))
        inheritScan(child, from: task)
        child.user = task.user
        child.capabilities = task.capabilities
        child.memoryScore = task.memoryScore
        child.pkru = task.pkru
        child.cpu = task.cpu
        child.files = task.files
        child.closedOnExec = task.closedOnExec
        for file in child.files { file?.pointee.refcount += 1 }
        processes.append(child)
        if chargesKernelObjects { chargeProcess(child.index) }
        return child
    }

    /// The address spaces of all live processes, each once, with the first process that has it.
    var liveAddressSpaces: [(process: Process, mm: Handle<MMStruct>)] {
        var seen: Set<Handle<MMStruct>> = []
        let born = processes.compactMap { $0.isAlive && seen.insert($0.mm).inserted ? ($0, $0.mm) : nil }
        return userfaults.unborn.isEmpty ? born : born + unbornAddressSpaces
    }

    /// Those of children that do not exist yet, each with the parent, whose fork waits.
    private var unbornAddressSpaces: [(process: Process, mm: Handle<MMStruct>)] {
        processes.flatMap { process in
            (process.rest?.steps ?? []).compactMap { step in
                if case .addChild(let mm) = step { (process, mm) } else { nil }
            }
        }
    }

    /// The first live process that runs in an address space; nil where none does.
    func firstProcess(in mm: Handle<MMStruct>) -> Process? {
        let owner = Int(mm.pointee.owner)
        if owner < processes.count, processes[owner].isAlive, processes[owner].mm == mm { return processes[owner] }
        // It ended, or runs another program, and one that shares the memory goes on (`mm_update_next_owner`).
        return processes.first { $0.isAlive && $0.mm == mm }
    }

    /// `mm_users` of every address space against the processes.
    func checkUsers() -> String? {
        var users: [Handle<MMStruct>: Int32] = [:]
        for process in processes where process.isAlive { users[process.mm, default: 0] += 1 }
        for mm in userfaults.unborn { users[mm, default: 0] += 1 }
        for (process, mm) in liveAddressSpaces where mm.pointee.users != users[mm, default: 0] {
            return "process \(process.index): mm_users is \(mm.pointee.users), processes are \(users[mm, default: 0])"
        }
        for (process, mm) in liveAddressSpaces where process.mm == mm && firstProcess(in: mm) !== process {
            return "process \(process.index) is the first in its address space, which names another owner"
        }
        if mms.liveCount != users.count {
            return "\(mms.liveCount) address spaces are alive, processes have \(users.count)"
        }
        return nil
    }
}

extension Machine {
    /// clone(2) with CLONE_VM: a second process in the caller's address space. - Returns: its index. - Throws: ESRCH, EAGAIN.
    package func cloneVM(_ process: Int, waits: Bool = false) throws(Errno) -> Int {
        try cloneVM(try caller(process), waits: waits).index
    }

    /// Moves the pages that wait in the CPU's batches to the LRU lists (`lru_add_drain`).
    public func drainPageBatches() { drainBatches() }

    /// Whether two live processes share an address space (kcmp(2), KCMP_VM). - Throws: ESRCH.
    package func sharesMemory(_ process: Int, _ other: Int) throws(Errno) -> Bool {
        try task(process).mm == task(other).mm
    }
}
