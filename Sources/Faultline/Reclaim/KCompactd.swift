/// kcompactd (`mm/compaction.c`): compacts for allocations that could not wait, and by itself where free memory is in small pieces.
extension Machine {
    /// When kcompactd runs next: at once where a block is asked for.
    var compactorWake: UInt64? {
        if physical.compactionWish != nil { return clock.now }
        // Nobody asked it to look, and it may not by itself.
        return physical.settings.compactionProactiveness == 0 ? nil : max(physical.nextCompactionCheck, clock.now)
    }

    /// The loop of `kcompactd`, once.
    func wakeCompactor(until end: UInt64) {
        let interval = CompactionWish.interval
        if let wish = physical.compactionWish {
            physical.compactionWish = nil
            compact(as: wish)
            physical.nextCompactionCheck = clock.now + interval
            return
        }
        // should_proactive_compact_node
        let before = physical.fragmentationScore
        guard before > physical.fragmentationMarks.high else {
            // As long as nothing else happens, no look in between would find more.
            let rest = (max(end, clock.now) - clock.now) / interval
            physical.nextCompactionCheck = clock.now + (rest + 1) * interval
            return
        }
        compactToLowMark()
        let isBetter = physical.fragmentationScore < before
        physical.nextCompactionCheck =
            clock.now + (isBetter ? interval : interval << UInt64(CompactionDeferral.mostShift))
    }

    /// `compact_node`, proactive.
    private func compactToLowMark() {
        drainBatches()
        physical.drainAll()
        for index in physical.zones.indices { compact(zone: index, for: .lessFragmentation) }
    }

    /// `kcompactd_do_work`.
    private func compact(as wish: CompactionWish) {
        nodeStatistics.compaction.daemonWakes += 1
        let request = AllocationRequest(.kernel, order: wish.order)
        let before = nodeStatistics.compaction
        for index in physical.zones.indices where physical.zones[index].kind <= wish.kind {
            if physical.zones[index].deferral.isDeferred(wish.order) { continue }
            guard physical.isSuitableForCompaction(index, wish) else { continue }
            drainBatches()
            if compact(zone: index, for: .block(request)) == .success {
                physical.zones[index].deferral.reset(wish.order, wasAllocated: false)
            } else {
                // Buddy blocks may wait on the lists of the CPU for what they lack.
                physical.drainAll()
                physical.zones[index].deferral.putOff(wish.order)
            }
        }
        nodeStatistics.compaction.daemonMigrateScanned +=
            nodeStatistics.compaction.migrateScanned - before.migrateScanned
        nodeStatistics.compaction.daemonFreeScanned += nodeStatistics.compaction.freeScanned - before.freeScanned
    }
}
