/// Memory is short (`__alloc_pages_slowpath`, and kswapd): reclaim, and only then someone is killed.
///
/// The kernel reclaims within an allocation, while the caller holds what it works with. Here the fault gives up, is forgotten, and made
/// again: no page that a fault is busy with can go.
extension Machine {
    /// What a fault does that found no frame: `__alloc_pages_direct_reclaim`, `should_reclaim_retry`, `__alloc_pages_may_oom`.
    ///
    /// - Returns: whether the process may try again; false where it was killed.
    func relieveMemory(_ task: Process) -> Bool {
        if memoryGroup.dying < 0, reclaimForAllocation() { return true }
        return killForMemory(task)
    }

    /// A step of a call, made again while it lacks a frame and memory can be relieved. Precondition: a step that fails leaves nothing behind.
    @inline(__always)
    func relieving<Result>(
        _ task: Process, _ step: () throws(Errno) -> Result
    ) throws(Errno) -> Result {
        while true {
            if physical.wasLow { runKswapd() }
            physical.isShort = false
            do { return try step() } catch {
                guard error == .ENOMEM, physical.isShort, relieveMemory(task) else { throw error }
            }
        }
    }

    /// What a call fails with that may have lacked a frame in the middle of its work. Precondition: `isShort` was set to false before.
    func gaveUp(_ error: Errno) -> Errno {
        if error == .ENOMEM, physical.isShort { meet(.reclaimInCalls) }
        return error
    }

    /// Frees pages for an allocation that failed.
    ///
    /// - Returns: whether some are free now. Not where it failed because a test or the host wanted it so.
    func reclaimForAllocation() -> Bool {
        if physical.failures != nil || physical.hostShortage != nil { return false }
        refreshFigures()
        // MAX_RECLAIM_RETRIES without progress.
        for _ in 0...16 {
            var control = ScanControl(target: 0)
            if freePages(&control) > 0 { return true }
            let waited = throttleForWrites()
            if control.counts.scanned == 0, !waited { return false }
            refreshFigures()
        }
        return false
    }

    /// `reclaim_throttle` for VMSCAN_THROTTLE_WRITEBACK: what is on its way to the disk may be free soon.
    ///
    /// - Returns: whether a write ended meanwhile.
    private func throttleForWrites() -> Bool {
        let end = clock.now + Self.throttleMicroseconds
        guard let first = disk.requests.first, first.due <= end else { return false }
        clock.advance(to: end)
        finishWrites(until: end)
        return true
    }

    /// HZ/10.
    private static var throttleMicroseconds: UInt64 { 100_000 }

    /// A wake of kswapd: an allocation found every zone below its low watermark. It goes on until one is above the high one
    /// (`balance_pgdat`), as long as that helps.
    @inline(never)
    func runKswapd() {
        physical.wasLow = false
        // MAX_RECLAIM_RETRIES runs that freed nothing: it sleeps until someone else frees a page.
        if kswapdFailures >= 16 || isMemoryBalanced { return }
        run(as: .kswapd) { balanceMemory() }
    }

    private func balanceMemory() {
        var control = ScanControl(target: 0)
        control.isKswapd = true
        // kswapd_shrink_node: what lies below the high watermarks.
        control.goal = physical.zones.reduce(0) { $0 + ($1.managed > 0 ? max($1.watermarks.high, 32) : 0) }
        while !isMemoryBalanced {
            if control.priority < 1 {
                // The priorities are through. Sparing other pages than those of files did not work.
                if control.reclaimed > 0 || control.neverTrims || !control.failedToTrim { break }
                control.neverTrims = true
                control.priority = ScanControl.firstPriority
            }
            ageAnonymous(control)
            let before = control.reclaimed
            let scannedBefore = control.counts.scanned
            refreshFigures()
            shrinkNode(&control)
            // Less than was wanted is looked at, or none of it went: the next round looks at more.
            if control.counts.scanned - scannedBefore < control.goal || control.reclaimed == before {
                control.priority -= 1
            }
        }
        noteActivations(0)
        if control.reclaimed == 0 { kswapdFailures += 1 }
    }

    /// `kswapd_age_node`: active anonymous pages become inactive, so that their use is seen before they are needed.
    private func ageAnonymous(_ control: ScanControl) {
        if !hasSwap || !figures(0).isInactiveLow(isFile: false) { return }
        for vector in 0..<LRULists.vectorCount {
            shrinkActive(vector, isFile: false, ScanControl.batch, control)
        }
    }

    /// `pgdat_balanced`.
    private var isMemoryBalanced: Bool {
        physical.zones.indices.contains { index in
            let zone = physical.nodes.zone(index)
            return zone.pointee.managed > 0 && zone.isAbove(zone.pointee.watermarks.high, 0, .movable, [])
        }
    }
}
