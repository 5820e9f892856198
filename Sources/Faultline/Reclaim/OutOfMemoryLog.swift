/// Who met the lack of memory, and what for (`struct oom_control`).
struct OutOfMemoryAsker {
    let adjustment: Int64
    let flags: GFPFlags
    let order: Int

    init(_ task: Process, _ request: AllocationRequest) {
        adjustment = task.memoryScore.adjustment
        flags = request.flags
        order = request.order
    }
}

/// What the kernel's log says of a kill for memory (`mm/oom_kill.c`).
///
/// Left out is what the model has not: the call trace with the registers, the list of slabs where they have more than programs, and of
/// a cgroup who asked. Processes have the numbers and the name that the transcript gives them: 1000 and up, `agent`.
extension Machine {
    /// `dump_header` where the whole machine has too little.
    func tellShortage(_ asker: OutOfMemoryAsker) {
        let mask = "0x" + String(asker.flags.rawValue, radix: 16) + "(\(asker.flags.text))"
        printk("agent invoked oom-killer: gfp_mask=\(mask), order=\(asker.order), oom_score_adj=\(asker.adjustment)")
        tellMemory(upTo: asker.flags.highestZone)
        if settings.logsTasks { tellTasks() }
    }

    /// `dump_header` at the limit of a memory cgroup (`mem_cgroup_print_oom_meminfo`).
    func tellGroupShortage() {
        printk("memory: usage \(memoryGroup.usage << 2)kB, limit \(memoryGroup.limit << 2)kB")
        if settings.logsTasks { tellTasks() }
    }

    /// `dump_tasks`.
    private func tellTasks() {
        printk("Tasks state (memory values in pages):")
        printk(
            "[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name"
        )
        for process in processes where process.isAlive { printk(taskLine(process)) }
    }

    /// `dump_oom_victim`.
    func tellChoice(_ victim: Process, isOfGroup: Bool) {
        let constraint = isOfGroup ? "MEMCG" : "NONE"
        let scope = isOfGroup ? "oom_memcg=/program,task_memcg=/program" : "global_oom,task_memcg=/"
        printk(
            "oom-kill:constraint=CONSTRAINT_\(constraint),nodemask=(null),cpuset=/,mems_allowed=0,\(scope),"
                + "task=agent,pid=\(Self.number(victim)),uid=\(victim.user)")
    }

    /// `dump_task`.
    private func taskLine(_ process: Process) -> String {
        let mm = process.mm.pointee
        let columns: [(Int, Int)] = [
            (Int(process.user), 5), (Self.number(process), 5), (Int(mm.totalVM), 8), (Int(mm.shownRSS), 8),
            (Int(mm.shownAnon), 8), (Int(mm.shownFile), 8), (Int(mm.shownShmem), 9), (Int(mm.tableFrames) << 12, 8),
            (Int(mm.swapEntries), 8),
        ]
        let middle = columns.map { Self.padded($0.0, $0.1) }.joined(separator: " ")
        let adjustment = Self.padded(Int(process.memoryScore.adjustment), 5)
        return "[\(Self.padded(Self.number(process), 7))] \(middle)         \(adjustment) agent"
    }

    /// The line of `__oom_kill_process`.
    func tellKill(_ victim: Process, _ reason: String) {
        let mm = victim.mm.pointee
        printk(
            "\(reason): Killed process \(Self.number(victim)) (agent) total-vm:\(mm.totalVM << 2)kB, "
                + "anon-rss:\(mm.shownAnon << 2)kB, file-rss:\(mm.shownFile << 2)kB, shmem-rss:\(mm.shownShmem << 2)kB, "
                + "UID:\(victim.user) pgtables:\(mm.tableFrames << 2)kB oom_score_adj:\(victim.memoryScore.adjustment)")
    }

    private static func number(_ process: Process) -> Int { 1000 + process.index }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: " ", count: max(0, width - text.utf8.count)) + text
    }
}
