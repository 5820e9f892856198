extension Machine {
    /// exit(2), as far as memory goes (`exit_mm`, `exit_files`).
    func exit(_ task: Process) {
        task.isAlive = false
        serials.ending += 1
        if task.wait != nil { abandonWait(task) }
        windows.drop(process: task.index)
        if processors.areSeveral { leaveCPU(task) }
        putMM(task.mm)
        cpu.task = nil
        for file in task.files { if let file { putFile(file) } }
        task.files = []
        if chargesKernelObjects { unchargeProcess(task.index) }
    }

    /// `mmput`: a process leaves its address space, which goes with the last one.
    func putMM(_ mm: Handle<MMStruct>) {
        mm.pointee.users -= 1
        if mm.pointee.users > 0 { return emit(.addressSpaceLeft, .exit, 0, UInt64(mm.pointee.users)) }
        leaveMerging(mm)
        removeEverything(mm)
        destroyMM(mm)
    }

    /// `exit_mmap`: all pages, then all tables, then all VMAs.
    func removeEverything(_ mm: Handle<MMStruct>) {
        guard let first = findVMA(mm, 0) else { return }
        var cursor = mm.pointee.tree.cursor()
        var count = 0
        if hugePool.isUsed { hugePool.isGathering = true }
        let gathers = beginGather(mm, isWhole: true)
        defer { endGather(gathers) }
        while let vma = cursor.next() {
            zapRange(vma, vma.pointee.start, vma.pointee.end, ZapDetails(reason: .exit))
            count += 1
        }
        if hugePool.isUsed { finishGathering() }
        freeTables(mm, first, count, floor: 0, ceiling: 0)
        var accounted: UInt64 = 0
        var vma: Handle<VMArea>? = first
        while let current = vma {
            let end = current.pointee.end
            if current.pointee.flags.has(.account) { accounted += current.pointee.pageCount }
            unlinkAnonVMAs(current)
            unlinkFile(current)
            vma = findVMA(mm, end)
            freeVMA(current)
        }
        mm.pointee.tree.destroy()
        mm.pointee.mapCount = 0
        unchargeMemory(accounted)
    }
}
