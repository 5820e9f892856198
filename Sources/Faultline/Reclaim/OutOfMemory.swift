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
        guard let victim = chooseVictim(of: physical.totalPages + swapSlots) else {
            panicOfMemory()
            return false
        }
        tellChoice(victim, isOfGroup: false)
        killSharers(of: victim)
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

    /// `out_of_memory` with nobody to kill: the kernel panics, and nothing runs any more.
    private func panicOfMemory() {
        printk("Out of memory and no killable processes...")
        printk("Kernel panic - not syncing: System is deadlocked on memory")
        for process in processes where process.isAlive { kill(process) }
    }

    /// `__oom_kill_process`: all that share the memory die, else it would not come back.
    func killSharers(of victim: Process, isOfGroup: Bool = false) {
        drainBatches()
        let mm = victim.mm
        reclaimFigures.kills += 1
        tellKill(victim, isOfGroup ? "Memory cgroup out of memory" : "Out of memory")
        for process in processes where process.isAlive && process.mm == mm { kill(process) }
    }

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
