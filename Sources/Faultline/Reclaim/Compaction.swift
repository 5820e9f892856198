/// Making large free blocks of small ones: two scanners, one from below that looks for pages which may move, and one from above that
/// looks for free frames to move them to (`mm/compaction.c`).
struct Compaction {
    /// `migrate_pfn` and `free_pfn`.
    var migrate: PFN
    var free: PFN
    /// Free frames that the scanner from above took, the next one last.
    var targets: [PFN] = []
    /// What was done, as vmstat counts it.
    var counts = CompactionCounts()

    /// `COMPACT_CLUSTER_MAX`: pages that move together.
    static var cluster: Int { 32 }
}

/// Why compaction of a zone ended (`enum compact_result`).
enum CompactionResult {
    /// COMPACT_SUCCESS: a block of the order is free.
    case success
    /// COMPACT_COMPLETE: the scanners met.
    case complete
}

extension Machine {
    /// Compacts all of memory: a write to /proc/sys/vm/compact_memory (`compact_nodes`).
    func compactAll() {
        drainBatches()
        for index in physical.zones.indices { compact(zone: index, for: .everything) }
        physical.drainAll()
    }

    /// `__alloc_pages_direct_compact`: compacts zone after zone until a block of the request's order is free.
    ///
    /// - Returns: whether one is.
    func compact(for request: AllocationRequest) -> Bool {
        let wish = CompactionWish(order: request.order, kind: request.flags.highestZone)
        drainBatches()
        physical.drainAll()
        var wasTried = false
        for index in physical.nodes.zonelists[0] where physical.zones[index].kind <= wish.kind {
            // COMPACT_PRIO_SYNC_FULL, which small blocks come to, knows no deferral.
            if request.order > 3, physical.zones[index].deferral.isDeferred(request.order) {
                wasTried = true
                continue
            }
            // What came back from the lists of the CPU may do.
            let isThere = physical.hasBlock(index, wish)
            guard isThere || physical.isSuitableForCompaction(index, wish) else { continue }
            if !wasTried { nodeStatistics.compaction.stalls += 1 }
            wasTried = true
            if isThere || compact(zone: index, for: .block(request)) == .success {
                physical.zones[index].deferral.reset(request.order, wasAllocated: true)
                physical.drainAll()
                nodeStatistics.compaction.successes += 1
                return true
            }
            physical.zones[index].deferral.putOff(request.order)
        }
        if wasTried { nodeStatistics.compaction.failures += 1 }
        return false
    }

    /// What a compaction of a zone is for.
    enum CompactionGoal {
        /// All of the zone, whatever the skip bits say.
        case everything
        /// A block for an allocation.
        case block(AllocationRequest)
        /// Less fragmentation than the low mark.
        case lessFragmentation
    }

    /// `compact_zone`.
    @discardableResult
    func compact(zone index: Int, for goal: CompactionGoal) -> CompactionResult {
        let zone = physical.zones[index]
        // Above the last frame that anyone had there is nothing but free blocks, which no page moves to.
        let end = zone.untouched.first?.lowerBound ?? zone.end
        var compaction = Compaction(migrate: zone.start, free: end)
        var result = CompactionResult.complete
        var obeysSkips = false
        if case .block(let request) = goal {
            obeysSkips = true
            if zone.deferral.restarts(request.order) { physical.skippedBlocks = [] }
        } else {
            physical.skippedBlocks = []
        }
        while compaction.migrate < compaction.free {
            if isReached(goal, index) {
                result = .success
                break
            }
            moveBlock(index, &compaction, obeysSkips: obeysSkips)
        }
        if result == .complete, isReached(goal, index) { result = .success }
        for pfn in compaction.targets.reversed() { physical.giveBackIsolated(index, pfn) }
        // Both met: the next one begins anew.
        if result == .complete { physical.skippedBlocks = [] }
        nodeStatistics.compaction.add(compaction.counts)
        return result
    }

    /// `compact_finished`.
    private func isReached(_ goal: CompactionGoal, _ index: Int) -> Bool {
        switch goal {
        case .everything: false
        case .block(let request): physical.zones[index].hasBlock(request)
        case .lessFragmentation: physical.fragmentationScore(index) <= physical.fragmentationMarks.low
        }
    }

    /// One page block of the scanner from below: what may move of it, moves.
    private func moveBlock(_ index: Int, _ compaction: inout Compaction, obeysSkips: Bool) {
        let start = compaction.migrate
        let end = min((start | (PageBlocks.size - 1)) + 1, compaction.free)
        compaction.migrate = end
        let block = start >> UInt64(PageBlocks.order)
        if obeysSkips, physical.skippedBlocks.contains(block) { return }
        var moved = 0
        var pfn = start
        while pfn < end {
            let record = page(pfn).pointee
            if record.has(.buddy) {
                pfn += 1 << UInt64(record.order)
                continue
            }
            compaction.counts.migrateScanned += 1
            if record.has(.head), folio(of: pfn).order < UInt64(PageBlocks.order) { meet(.movesOfFolios) }
            if canMigrate(pfn), physical.settings.compactsUnevictable || !record.has(.unevictable) {
                compaction.counts.isolated += 1
                if compaction.targets.isEmpty { isolateTargets(index, &compaction) }
                // The scanners met.
                guard let target = compaction.targets.popLast() else { return }
                if migratePage(pfn, to: target) {
                    compaction.counts.migrated += 1
                    moved += 1
                } else {
                    compaction.counts.failed += 1
                    compaction.targets.append(target)
                }
            }
            pfn += 1
        }
        if moved == 0 { physical.skippedBlocks.insert(block) }
    }

    /// `isolate_freepages`: page blocks from above, until there are as many free frames as pages move together.
    private func isolateTargets(_ index: Int, _ compaction: inout Compaction) {
        var found: [PFN] = []
        while found.count < Compaction.cluster {
            let start = (compaction.free - 1) & ~(PageBlocks.size - 1)
            // Not the block that pages are moved out of.
            guard start >= compaction.migrate, start >= physical.zones[index].start else { break }
            compaction.free = start
            let end = min(start + PageBlocks.size, physical.zones[index].end)
            guard physical.isTarget(start) else { continue }
            let frames = physical.isolateFree(index, start..<end)
            compaction.counts.freeScanned += UInt64(end - start)
            found += frames
        }
        compaction.counts.isolated += UInt64(found.count)
        compaction.targets = found.reversed()
    }
}

extension Zone {
    /// `__compact_finished`: whether a block for a request is free, of its type or of one that it may claim.
    fileprivate func hasBlock(_ request: AllocationRequest) -> Bool {
        let (first, second) = request.migrateType.fallbacks
        for order in request.order...Zone.maxOrder {
            if areas[order].count(request.migrateType) > 0 { return true }
            let mayClaim = order >= PageBlocks.order / 2 || request.migrateType != .movable
            if mayClaim, areas[order].count(first) + areas[order].count(second) > 0 { return true }
        }
        return false
    }
}
