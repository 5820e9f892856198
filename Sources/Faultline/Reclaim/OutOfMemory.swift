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
        killSharers(of: chooseVictim())
        return task.isAlive
    }

    /// `select_bad_process`: of two that are as bad, the later one. Precondition: a process is alive.
    func chooseVictim() -> Process {
        var victim: Process?
        var worst = Int64.min
        for candidate in processes where candidate.isAlive {
            let points = badness(candidate)
            if points >= worst {
                worst = points
                victim = candidate
            }
        }
        guard let victim else { preconditionFailure("memory is short, and there is no process") }
        return victim
    }

    /// `__oom_kill_process`: all that share the memory die, else it would not come back.
    func killSharers(of victim: Process) {
        drainBatches()
        let mm = victim.mm
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

    /// Pages that the process's end would set free.
    private func badness(_ task: Process) -> Int64 {
        task.mm.pointee.shownRSS + task.mm.pointee.swapEntries + task.mm.pointee.tableFrames
    }
}
