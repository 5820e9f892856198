/// NUMA balancing of a process that computes (`task_tick_numa`, `task_numa_work` in `kernel/sched/fair.c`).
extension Machine {
    /// The process computes for so many milliseconds of simulated time, on its CPU and alone; kernel threads wake meanwhile as their times
    /// come. At the ticks of the clock NUMA balancing may have it scan a piece of its memory.
    ///
    /// - Throws: ESRCH.
    package func compute(_ process: Int, milliseconds: UInt64) throws(Errno) {
        let task = try caller(process)
        let end = clock.time(after: min(milliseconds, 1 << 50) / 10) + milliseconds % 10 * 1000
        while clock.now < end {
            // Nothing happens before the process has computed for a period.
            let wanted = task.scan.stamp + task.scan.period * 1_000_000
            let rest = wanted > task.scan.runtime ? (wanted - task.scan.runtime) / 1000 : 0
            let due = (clock.now + rest) / NUMABalancing.tick * NUMABalancing.tick + NUMABalancing.tick
            let next = min(due, end)
            task.scan.runtime += (next - clock.now) * 1000
            runIdle { _ = advance(to: next) }
            if next.isMultiple(of: NUMABalancing.tick) { tick(task) }
        }
    }

    /// `task_tick_numa`.
    private func tick(_ task: Process) {
        guard numa.settings.isOn, task.scan.runtime > task.scan.stamp + task.scan.period * 1_000_000 else { return }
        if task.scan.stamp == 0 { task.scan.period = shortestScanPeriod(task) }
        task.scan.stamp += task.scan.period * 1_000_000
        if ticks >= task.mm.pointee.scan.next { scanForHints(task) }
    }

    /// `task_numa_work`: a piece of the address space is made to fault, and the next one when its time has come.
    private func scanForHints(_ task: Process) {
        let mm = task.mm
        if mm.pointee.scan.next == 0 {
            mm.pointee.scan.next = ticks + NUMABalancing.ticks(numa.settings.scanDelay)
        }
        if ticks < mm.pointee.scan.next { return }
        if task.scan.period == 0 {
            task.scan.longestPeriod = longestScanPeriod(task)
            task.scan.period = shortestScanPeriod(task)
        }
        mm.pointee.scan.next = ticks + NUMABalancing.ticks(task.scan.period)
        task.scan.stamp += 2 * TaskScan.nanosecondsPerTick
        let pages = numa.settings.scanPages
        var piece = HintPiece(pages: pages, range: pages * 8)
        var vma = scan(task, &piece, isForced: false)
        // Where all others are done, one that the process has not used lately is scanned all the same.
        if vma == nil, piece.passedOverUnused { vma = scan(task, &piece, isForced: true) }
        if vma == nil { restartScan(mm) } else { mm.pointee.scan.offset = piece.start }
    }

    /// `reset_ptenuma_scan`.
    private func restartScan(_ mm: Handle<MMStruct>) {
        mm.pointee.scan.sequence &+= 1
        mm.pointee.scan.offset = 0
    }

    /// What is left of a piece.
    private struct HintPiece {
        /// Pages to make fault, and pages to look at.
        var pages: Int64
        var range: Int64
        var start: VirtualAddress = 0
        /// `vma_pids_skipped`.
        var passedOverUnused = false

        var isDone: Bool { pages <= 0 || range <= 0 }
    }

    /// The walk of `task_numa_work`. - Returns: where it stopped; nil at the end of the address space.
    private func scan(_ task: Process, _ piece: inout HintPiece, isForced: Bool) -> Handle<VMArea>? {
        let mm = task.mm
        piece.start = mm.pointee.scan.offset
        var next = findVMA(mm, piece.start)
        if next == nil {
            restartScan(mm)
            piece.start = 0
            next = findVMA(mm, 0)
        }
        while let vma = next {
            if mayScan(task, vma, &piece, isForced: isForced) {
                repeat {
                    piece.start = max(piece.start, vma.pointee.start)
                    let size = UInt64(piece.pages) << 12
                    let end = min((piece.start &+ size &+ PageSize.large - 1) & ~(PageSize.large - 1), vma.pointee.end)
                    let length = Int64((end - piece.start) >> 12)
                    if hintEntries(vma, piece.start, end) > 0 { piece.pages -= length }
                    piece.range -= length
                    piece.start = end
                    if piece.isDone { return vma }
                } while piece.start != vma.pointee.end
                numa.areas[vma]?.lastSequence = mm.pointee.scan.sequence
                if isForced { return vma }
            }
            next = findVMA(mm, vma.pointee.end)
        }
        return nil
    }

    /// Whether a VMA is scanned now; why not, an event says (`sched_skip_vma_numa`).
    private func mayScan(_ task: Process, _ vma: Handle<VMArea>, _ piece: inout HintPiece, isForced: Bool) -> Bool {
        let flags = vma.pointee.flags
        if flags.hasAny([.io, .pfnMap, .hugeTLB]) || !followsUsers(policyInForce(vma, vma.pointee.start)) {
            return pass(vma, .scanUnsuitable)
        }
        if vma.pointee.file != nil, flags.has(.read), !flags.has(.write) { return pass(vma, .scanSharedReadOnly) }
        if !flags.hasAny(.access) { return pass(vma, .scanInaccessible) }
        let mm = task.mm
        let sequence = mm.pointee.scan.sequence
        let delay = NUMABalancing.ticks(numa.settings.scanDelay)
        let window = NUMABalancing.ticks(4 * numa.settings.scanDelay)
        var area =
            numa.areas[vma]
            ?? AreaScan(
                firstSequence: sequence, nextScan: ticks + delay, reset: ticks + delay + window,
                lastSequence: sequence &- 1)
        defer { numa.areas[vma] = area }
        if sequence != 0, ticks < area.nextScan { return pass(vma, .scanDelayed) }
        if sequence != 0, ticks > area.reset {
            area.reset += window
            (area.activeBefore, area.active) = (area.active, 0)
        }
        if area.lastSequence == sequence {
            mm.pointee.scan.offset = vma.pointee.end
            return pass(vma, .scanDone)
        }
        if !isForced, !wasUsed(task, vma, area) {
            piece.passedOverUnused = true
            return pass(vma, .scanUnused)
        }
        return true
    }

    /// `vma_is_accessed`: the process has faulted there lately, or nobody knows yet.
    private func wasUsed(_ task: Process, _ vma: Handle<VMArea>, _ area: AreaScan) -> Bool {
        let sequence = task.mm.pointee.scan.sequence
        if sequence &- area.firstSequence < 2 { return true }
        if (area.active | area.activeBefore) & AreaScan.bit(task.processID) != 0 { return true }
        if task.mm.pointee.scan.offset > vma.pointee.start { return true }
        // get_nr_threads: processes that share memory are not of one group.
        return sequence > area.lastSequence &+ 1
    }

    private func pass(_ vma: Handle<VMArea>, _ why: Event.Reason) -> Bool {
        emit(.areaPassedOver, why, vma.pointee.start, vma.pointee.length)
        return false
    }

    /// The settings of NUMA balancing, as they are now.
    public var balancingSettings: BalancingSettings { numa.settings }

    /// What NUMA balancing counted.
    public var balancingCounts: BalancingCounts { numa.counts }

    /// A write to `kernel/numa_balancing`. - Returns: false where the file is another one. - Throws: EINVAL.
    package func setBalancing(_ file: String, _ value: String) throws(Errno) -> Bool {
        guard file == "kernel/numa_balancing" else { return false }
        guard let mode = Int(value), (0...3).contains(mode) else {
            throw refuse(.EINVAL, .combination("kernel/numa_balancing takes 0 to 3"))
        }
        numa.settings.mode = mode
        return true
    }

    /// Areas that are known are there, and every count of faults has room for all nodes.
    func checkBalancing() -> String? {
        if numa.areas.isEmpty { return nil }
        var known = Set(numa.areas.keys)
        for (_, mm) in liveAddressSpaces {
            var cursor = mm.pointee.tree.cursor()
            while let vma = cursor.next() { known.remove(vma) }
        }
        if !known.isEmpty { return "NUMA balancing knows \(known.count) VMAs that are gone" }
        return nil
    }
}
