extension Machine {
    /// `out_of_memory`: ends the process that holds the most memory (`oom_badness`).
    ///
    /// - Returns: false when that is the process itself.
    func killForMemory(_ task: Process) -> Bool {
        var victim = task
        var worst = badness(task)
        for candidate in processes where candidate.isAlive && candidate !== task {
            let points = badness(candidate)
            if points > worst {
                worst = points
                victim = candidate
            }
        }
        emit(.outOfMemory, .noMemory, 0, UInt64(victim.index))
        drainBatches()
        exit(victim)
        victim.wasKilled = true
        return victim !== task
    }

    /// Pages that the process's end would set free.
    private func badness(_ task: Process) -> Int64 { task.mm.pointee.rssPages + task.mm.pointee.tableFrames }
}
