/// Pages that go to the node of who uses them (`mm/migrate.c`).
extension Machine {
    /// `migrate_misplaced_folio_prepare` and `migrate_misplaced_folio`. - Returns: whether it moved.
    func migrateMisplaced(_ folio: Folio, _ vma: Handle<VMArea>, to node: Int) -> Bool {
        let head = folio.head
        if !head.pointee.has(.swapBacked) {
            // Probably a shared library.
            if vma.pointee.flags.has(.exec), folio.isMaybeShared { return false }
            if head.pointee.has(.dirty) { return false }
        }
        guard hasRoom(node, folio.pageCount), head.pointee.hasAny(PageFlag.lru.union(.unevictable)) else {
            return false
        }
        let pages = folio.pageCount
        let first = folio.pfn
        guard canMigrate(first), let frames = misplacedTarget(order: Int(folio.order), node) else {
            noteMisplaced(pages, isMoved: false)
            return false
        }
        if folio.order > 0 { _ = Folio.make(frames, order: folio.order, in: self.frames) }
        let isMoved = migratePage(first, to: frames)
        if !isMoved { putPage(frames) }
        noteMisplaced(pages, isMoved: isMoved)
        return isMoved
    }

    private func noteMisplaced(_ pages: UInt64, isMoved: Bool) {
        if isMoved {
            numa.counts.moved += pages
            nodeStatistics.compaction.migrated += pages
        } else {
            nodeStatistics.compaction.failed += pages
        }
        guard pages == 512 else { return }
        if isMoved { huge.counts.migrations += 1 } else { huge.counts.failedMigrations += 1 }
    }

    /// `alloc_misplaced_dst_folio`: nobody waits for it, and no other node will do.
    private func misplacedTarget(order: Int, _ node: Int) -> PFN? {
        var request = AllocationRequest.hugePage
        if order == 0 {
            request.flags = GFPFlags.highUserMovable.union(.compound).union(.noMemalloc).union(.noRetry).union(.noWarn)
                .subtracting(.reclaim)
        }
        request.order = order
        request.flags.formUnion(.thisNode)
        request.node = node
        return allocatePage(request)
    }

    /// `migrate_balanced_pgdat`: a zone of the node stays above its high watermark.
    private func hasRoom(_ node: Int, _ pages: UInt64) -> Bool {
        physical.zones.indices.contains { index in
            let zone = physical.nodes.zone(index)
            guard zone.pointee.node == node, zone.pointee.managed > 0 else { return false }
            let marks = zone.pointee.watermarks
            return zone.isAbove(marks.high + marks.boost + pages, 0, .movable, .cma)
        }
    }
}
