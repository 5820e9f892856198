/// Making large free blocks of small ones: two scanners, one from below that looks for pages which may move, and one from above that
/// looks for free frames to move them to (`mm/compaction.c`).
struct Compaction {
    /// `migrate_pfn` and `free_pfn`.
    var migrate: PFN
    var free: PFN
    /// What the scanner from above took.
    var targets = CompactionTargets()
    /// What was done, as vmstat counts it.
    var counts = CompactionCounts()

    /// `COMPACT_CLUSTER_MAX`: pages that move together.
    static var cluster: UInt64 { 32 }
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
        for index in physical.nodes.zonelists[physical.cpuNode] where physical.zones[index].kind <= wish.kind {
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

        /// `skip_isolation_on_order`: folios of this order and larger ones stay: such a block is what is wanted, or compaction never
        /// makes one.
        var largestFolio: Int {
            if case .block(let request) = self { return min(request.order, PageBlocks.order) }
            return PageBlocks.order
        }
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
            moveBlock(index, &compaction, below: goal.largestFolio, obeysSkips: obeysSkips)
        }
        if result == .complete, isReached(goal, index) { result = .success }
        for (pfn, order) in compaction.targets.blocks { physical.giveBackIsolated(index, pfn, order: order) }
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
    private func moveBlock(
        _ index: Int, _ compaction: inout Compaction, below largest: Int, obeysSkips: Bool
    ) {
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
            let folio = folio(of: pfn)
            let pages = record.has(.head) ? folio.pageCount : 1
            let order = record.has(.head) ? Int(folio.order) : 0
            if order > 0, order >= largest {
                compaction.counts.migrateScanned += pages
                pfn += pages
                continue
            }
            compaction.counts.migrateScanned += 1
            guard canMigrate(pfn), physical.settings.compactsUnevictable || !record.has(.unevictable) else {
                pfn += 1
                continue
            }
            compaction.counts.isolated += pages
            compaction.counts.migrateScanned += pages - 1
            var isDone = false
            page(pfn).pointee.refcount += 1
            let isMoved = migrateIsolated(pfn) { _, order in
                let target = takeTarget(index, &compaction, order)
                // The scanners met.
                if target == nil, order == 0 { isDone = true }
                return target
            }
            if isDone { return }
            if isMoved { moved += 1 }
            pfn += pages
        }
        if moved == 0 { physical.skippedBlocks.insert(block) }
    }

    /// `compaction_alloc`: frames for a folio that moves.
    private func takeTarget(_ index: Int, _ compaction: inout Compaction, _ order: Int) -> PFN? {
        if let target = compaction.targets.take(order) { return physical.handOut(target, order: order) }
        isolateTargets(index, &compaction)
        return compaction.targets.take(order).map { physical.handOut($0, order: order) }
    }

    /// `isolate_freepages`: page blocks from above, until there are as many free frames as pages move together.
    private func isolateTargets(_ index: Int, _ compaction: inout Compaction) {
        var found: UInt64 = 0
        while found < Compaction.cluster {
            let start = (compaction.free - 1) & ~(PageBlocks.size - 1)
            // Not the block that pages are moved out of.
            guard start >= compaction.migrate, start >= physical.zones[index].start else { break }
            compaction.free = start
            let end = min(start + PageBlocks.size, physical.zones[index].end)
            guard physical.isTarget(start) else { continue }
            let blocks = physical.isolateBlocks(index, start..<end)
            compaction.counts.freeScanned += UInt64(end - start)
            compaction.targets.add(blocks)
            found += blocks.reduce(0) { $0 + 1 << UInt64($1.order) }
        }
        compaction.counts.isolated += found
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
