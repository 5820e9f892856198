/// How gladly the out-of-memory killer takes a process: `oom_score_adj` of `struct signal_struct`.
struct OutOfMemoryScore: Equatable {
    /// `oom_score_adj`: thousandths of memory that are added to what the process has.
    var adjustment: Int64 = 0
    /// `oom_score_adj_min`: no less may be asked for without CAP_SYS_RESOURCE.
    var least: Int64 = 0

    /// OOM_SCORE_ADJ_MIN: never.
    static var never: Int64 { -1000 }
    static var range: ClosedRange<Int64> { -1000...1000 }
}

extension Machine {
    /// A write of a process to its own `/proc/self/oom_score_adj` (`__set_oom_adj` of `fs/proc/base.c`).
    ///
    /// - Parameter adjustment: -1000 to 1000; a process with -1000 is never killed for memory.
    /// - Throws: EINVAL out of range; EACCES below what a process with CAP_SYS_RESOURCE set last, without that capability; EACCES for a
    ///   process that became another user (the file is root's then); ESRCH.
    package func setOutOfMemoryAdjustment(_ process: Int, _ adjustment: Int64) throws(Errno) {
        let task = try caller(process)
        if task.user != 0, !task.mm.pointee.isDumpable {
            throw refuse(.EACCES, .fileOfRoot("/proc/self/oom_score_adj"))
        }
        guard OutOfMemoryScore.range.contains(adjustment) else {
            throw refuse(.EINVAL, .argument("N", .count(adjustment), "must be -1000 to 1000"))
        }
        let mayLower = task.capabilities.canRaiseLimits
        if adjustment < task.memoryScore.least, !mayLower {
            throw refuse(
                .EACCES,
                .argument("N", .count(adjustment), "is below \(task.memoryScore.least), which takes CAP_SYS_RESOURCE"))
        }
        // Others that share the memory would keep it in use; a child of vfork has only borrowed it.
        for sharer in processes where sharer === task || (sharer.isAlive && sharer.mm == task.mm && !task.isVforked) {
            sharer.memoryScore.adjustment = adjustment
            if mayLower { sharer.memoryScore.least = adjustment }
        }
    }

    /// `oom_score_adj` of a process. - Throws: ESRCH.
    public func outOfMemoryAdjustment(_ process: Int) throws(Errno) -> Int64 {
        try task(process).memoryScore.adjustment
    }
}
