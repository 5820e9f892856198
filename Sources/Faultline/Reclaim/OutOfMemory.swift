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
        noteReclaimablePages()
        var victim = task
        var worst = badness(task)
        for candidate in processes where candidate.isAlive && candidate !== task {
            let points = badness(candidate)
            if points > worst {
                worst = points
                victim = candidate
            }
        }
        drainBatches()
        // All that share the memory die, else it would not come back.
        let mm = victim.mm
        for process in processes where process.isAlive && process.mm == mm { kill(process) }
        return task.isAlive
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
    private func badness(_ task: Process) -> Int64 { task.mm.pointee.rssPages + task.mm.pointee.tableFrames }
}
