extension Machine {
    /// migrate_pages(2) (`kernel_migrate_pages`): all pages of a process that lie on the old nodes go to the new ones, node for node.
    ///
    /// - Returns: how many stayed.
    /// - Throws: EPERM; EINVAL where none of the new nodes has memory; ESRCH.
    package func migratePages(_ process: Int, of target: Int, from old: UInt64, to new: UInt64) throws(Errno) -> UInt64
    {
        let other = try task(target)
        let task = try caller(process)
        let (old, wanted) = (old & .max >> 1, new & .max >> 1)
        if !mayInspect(task, other) { throw refuse(.EPERM, .mayNotInspect(user: task.user, target: other.user)) }
        let allowed = allowedNodes
        if wanted & ~allowed != 0, !task.capabilities.canMoveSharedPages {
            throw refuse(
                .EPERM, .argument("new", .bits(wanted), "CAP_SYS_NICE is missing for nodes that are not allowed"))
        }
        let new = wanted & allowed
        if new == 0 { throw refuse(.EINVAL, .argument("new", .bits(wanted), "none of these nodes has memory")) }
        // lru_cache_disable
        drainAllBatches()
        var failed = 0
        var left = old
        while let (source, target) = nextPair(left, old, new) {
            left &= ~(1 << UInt64(source))
            failed += moveAll(other.mm, from: source, to: target, movesShared: task.capabilities.canMoveSharedPages)
        }
        return UInt64(failed)
    }

    /// `do_migrate_pages`: a node whose pages go next, and where to: rather to one that keeps none of its own. A node that is both
    /// old and new is left alone where there are not as many new ones as old ones.
    private func nextPair(_ left: UInt64, _ old: UInt64, _ new: UInt64) -> (source: Int, target: Int)? {
        var pair: (source: Int, target: Int)?
        for source in NodeMask.nodes(left) {
            if old.nonzeroBitCount != new.nonzeroBitCount, new >> UInt64(source) & 1 != 0 { continue }
            let target = NodeMask.remap(source, from: old, to: new)
            if source == target { continue }
            pair = (source, target)
            if left >> UInt64(target) & 1 == 0 { break }
        }
        return pair
    }

    /// `migrate_to_node`. - Returns: how many stayed.
    private func moveAll(_ mm: Handle<MMStruct>, from source: Int, to target: Int, movesShared: Bool) -> Int {
        guard physical.nodes.hasMemory(Int64(source)), let first = findVMA(mm, 0) else { return 0 }
        let queued = passingOver { () throws(Errno) in
            try queuePages(
                mm, first.pointee.start, AddressSpaceLimit.taskSize, movesShared ? .moveAll : .move, allowsHoles: true
            ) { $0 == source }
        }
        guard let queued else { return 0 }
        return queued.failed + migrateFolios(queued.pages) { migrationTarget(order: $1, node: target) }
    }
}
