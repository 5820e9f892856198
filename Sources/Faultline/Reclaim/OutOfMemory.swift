/// A process that the out-of-memory killer ended, as the kernel's log tells it (`oom_kill_process`).
public struct OutOfMemoryKill: Sendable, Equatable {
    /// The process's index.
    public let process: Int
    /// What was mapped, what was resident, and its page tables.
    public let totalKiB: UInt64, residentKiB: UInt64, pageTablesKiB: UInt64
}

extension Machine {
    /// Who was killed since the last call, in order.
    public func takeOutOfMemoryKills() -> [OutOfMemoryKill] {
        defer { kills.removeAll() }
        return kills
    }

    /// `out_of_memory`: ends the process that holds the most memory (`oom_badness`), and those that share it
    /// (`__oom_kill_process`).
    ///
    /// - Returns: false when that is the process itself.
    func killForMemory(_ task: Process) -> Bool {
        // Not the machine has too little, but its host: the run ends, and no one is killed for it.
        if physical.hostShortage != nil { return false }
        if memoryGroup.dying >= 0 {
            endDying()
            return task.isAlive
        }
        let asker = OutOfMemoryAsker(task, physical.lacked)
        if settings.panicOnOutOfMemory > 0 {
            tellShortage(asker)
            panic(
                "Out of memory: \(settings.panicOnOutOfMemory == 2 ? "compulsory" : "system-wide") panic_on_oom is enabled"
            )
            return false
        }
        if settings.killsAllocatingTask, task.isAlive, task.memoryScore.adjustment != OutOfMemoryScore.never {
            tellShortage(asker)
            tellChoice(task, isOfGroup: false)
            killSharers(of: task, "Out of memory (oom_kill_allocating_task)")
            return false
        }
        guard let victim = chooseVictim(of: physical.totalPages + swapSlots) else {
            tellShortage(asker)
            printk("Out of memory and no killable processes...")
            panic("System is deadlocked on memory")
            return false
        }
        tellShortage(asker)
        tellChoice(victim, isOfGroup: false)
        killSharers(of: victim, "Out of memory")
        return task.isAlive
    }

    /// `select_bad_process`: of two that are as bad, the later one.
    ///
    /// - Parameter pages: what may be used in all (`totalpages`), of which `oom_score_adj` is a part.
    /// - Returns: nil where nobody may be killed.
    func chooseVictim(of pages: UInt64) -> Process? {
        var victim: Process?
        var worst = Int64.min
        for candidate in processes where candidate.isAlive {
            guard let points = badness(candidate, of: pages), points >= worst else { continue }
            worst = points
            victim = candidate
        }
        return victim
    }

    /// `total_swap_pages`.
    var swapSlots: UInt64 { hasSwap ? swap.area?.slotCount ?? 0 : 0 }

    /// `panic`: nothing runs any more.
    ///
    /// - Parameter spared: who is in the middle of a fault, and ends when that is left.
    func panic(_ reason: String, sparing spared: Process? = nil) {
        printk("Kernel panic - not syncing: \(reason)")
        for process in processes where process.isAlive && process !== spared { kill(process) }
    }

    /// `__oom_kill_process`: all that share the memory die, else it would not come back.
    func killSharers(of victim: Process, _ reason: String) {
        drainBatches()
        let mm = victim.mm
        reclaimFigures.kills += 1
        tellKill(victim, reason)
        for process in processes where process.isAlive && process.mm == mm { kill(process) }
    }

    /// Ends a process that the kernel's panic ends too, at the end of its fault.
    func killSilently(_ victim: Process) { kill(victim) }

    private func kill(_ victim: Process) {
        kills.append(
            OutOfMemoryKill(
                process: victim.index, totalKiB: victim.mm.pointee.totalVM * 4,
                residentKiB: UInt64(victim.mm.pointee.rssPages) * 4,
                pageTablesKiB: UInt64(victim.mm.pointee.tableFrames) * 4))
        emit(.outOfMemory, .noMemory, 0, UInt64(victim.index))
        exit(victim)
        victim.wasKilled = true
    }

    /// `oom_badness`: pages that the process's end would set free, and its `oom_score_adj` in thousandths of all.
    ///
    /// - Returns: nil where it may not be killed: with -1000, or while it runs in the memory of a parent that waits in vfork.
    func badness(_ task: Process, of pages: UInt64) -> Int64? {
        if task.memoryScore.adjustment == OutOfMemoryScore.never || isInVfork(task) { return nil }
        return task.mm.pointee.shownRSS + task.mm.pointee.swapEntries + task.mm.pointee.tableFrames
            + task.memoryScore.adjustment * Int64(pages / 1000)
    }

    /// `in_vfork`.
    private func isInVfork(_ task: Process) -> Bool {
        task.isVforked && processes.indices.contains(task.parent) && processes[task.parent].mm == task.mm
    }
}
