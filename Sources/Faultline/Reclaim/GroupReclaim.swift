/// Reclaim in a memory cgroup (`mm/memcontrol.c`).
extension Machine {
    /// The lruvec of the program's group.
    private static var vector: Int { 1 }

    /// `try_to_free_mem_cgroup_pages`: one run of reclaim in the group.
    func reclaimInGroup() -> ScanControl {
        var control = ScanControl(target: Self.vector)
        _ = freePages(&control)
        return control
    }

    /// What `try_charge_memcg` does at the limit: reclaims, as long as that helps and sixteen times when it does not, then kills.
    ///
    /// - Returns: false where the process that asks is the one to die.
    func makeRoomInGroup() -> Bool {
        // Each round frees a page, has one try less, or ends a process.
        while true {
            if memoryGroup.dying >= 0 { return false }
            if tryToMakeRoom() { return true }
            tellGroupShortage()
            if settings.panicOnOutOfMemory == 2 {
                panic("Out of memory: compulsory panic_on_oom is enabled", sparing: caller)
                memoryGroup.dying = cpu.current
                memoryGroup.diesInPanic = true
                return false
            }
            guard let victim = chooseVictim(of: pagesOfGroup) else {
                // The kernel makes the fault again for ever.
                printk("Out of memory and no killable processes...")
                meet(.nobodyToKill)
                memoryGroup.dying = cpu.current
                return false
            }
            tellChoice(victim, isOfGroup: true)
            if victim.mm == caller?.mm {
                memoryGroup.dying = Int32(victim.index)
                return false
            }
            killInGroup(victim)
        }
    }

    private func killInGroup(_ victim: Process) {
        memoryGroup.kills += 1
        killSharers(of: victim, Self.groupReason)
    }

    private static var groupReason: String { "Memory cgroup out of memory" }

    /// MAX_RECLAIM_RETRIES rounds that free nothing. - Returns: whether a page more may be charged.
    private func tryToMakeRoom() -> Bool {
        var tries = 16
        while true {
            let control = reclaimInGroup()
            if memoryGroup.usage < memoryGroup.limit { return true }
            if control.reclaimed > 0 { continue }
            if tries == 0 { return false }
            tries -= 1
        }
    }

    /// `mem_cgroup_get_max`: the limit, and the swap that the group may use besides.
    private var pagesOfGroup: UInt64 {
        memoryGroup.limit + (memoryGroup.swappiness > 0 ? min(swapSlots, .max - memoryGroup.limit) : 0)
    }

    private var caller: Process? {
        let index = Int(cpu.current)
        return processes.indices.contains(index) ? processes[index] : nil
    }

    /// Ends the process that the group's limit has chosen, as soon as it leaves the kernel.
    package func endDying() {
        guard memoryGroup.dying >= 0 else { return }
        let victim = processes[Int(memoryGroup.dying)]
        memoryGroup.dying = -1
        if memoryGroup.diesInPanic {
            memoryGroup.diesInPanic = false
            if victim.isAlive { killSilently(victim) }
        } else if victim.isAlive {
            killInGroup(victim)
        }
    }

    // MARK: Calls

    /// Puts the program into a memory cgroup of its own: what its processes touch from now on is charged to it.
    package func joinMemoryGroup() {
        if !memoryGroup.exists {
            memoryGroup.swappiness = settings.swappiness
            memoryGroup.slabsBefore = slabs
        }
        memoryGroup.exists = true
        memoryGroup.isCharging = true
    }

    /// Charges what comes to the program's group, or not: the pages of the program that runs it are not its.
    package func chargesMemoryGroup(_ isCharging: Bool) {
        if memoryGroup.exists { memoryGroup.isCharging = isCharging }
    }

    /// Whether the program is in a memory cgroup, and has a limit there.
    package var memoryGroupState: (exists: Bool, isLimited: Bool) {
        (memoryGroup.exists, memoryGroup.limit != .max)
    }

    /// No page waits in a batch, and the group's figures are those of now.
    package func settleMemoryGroup() {
        drainAllBatches()
        refreshFigures()
    }

    /// One run of reclaim in the program's group, as the kernel makes it to free 32 pages.
    package func reclaimRound() -> ReclaimCounts {
        joinMemoryGroup()
        settleMemoryGroup()
        return reclaimInGroup().counts
    }

    /// A write to `memory.swappiness`. - Throws: EINVAL above 200.
    package func setGroupSwappiness(_ value: UInt64) throws(Errno) {
        joinMemoryGroup()
        if value > 200 { throw refuse(.EINVAL, .argument("N", .count(Int64(bitPattern: value)), "must be 0 to 200")) }
        memoryGroup.swappiness = value
    }

    /// A write to `memory.limit_in_bytes` (`mem_cgroup_resize_max`): the group shrinks below it first.
    ///
    /// - Throws: EBUSY where it cannot; the limit is as it was then.
    package func setGroupLimit(_ bytes: UInt64) throws(Errno) {
        joinMemoryGroup()
        settleMemoryGroup()
        let limit = bytes >> 12
        while memoryGroup.usage > limit {
            if reclaimInGroup().reclaimed == 0 {
                throw refuse(.EBUSY, .argument("BYTES", .bytes(bytes), "is less than what cannot be reclaimed"))
            }
        }
        memoryGroup.limit = limit
    }
}
