/// Moving many folios (`migrate_pages` in `mm/migrate.c`).
extension Machine {
    /// `migrate_pages`: moves folios. One of which a part is unmapped, and which waits to be split, is split first, and so is one for which
    /// there is no room as a whole; its pages move one by one then.
    ///
    /// - Parameters:
    ///   - list: first frames of folios that may move.
    ///   - target: takes frames of an order for the folio with that first frame; nil where there are none.
    /// - Returns: how many of them stayed, those that were split counted as one each.
    func migrateFolios(_ list: [PFN], _ target: (PFN, Int) -> PFN?) -> Int {
        // Isolated: nobody else moves them meanwhile.
        for pfn in list { page(pfn).pointee.refcount += 1 }
        return list.count { !migrateIsolated($0, target) }
    }

    /// The same of one folio that the caller holds; its reference goes.
    func migrateIsolated(_ pfn: PFN, _ target: (PFN, Int) -> PFN?) -> Bool {
        let folio = folio(of: pfn)
        if folio.head.pointee.has(.hugeTLB) { return migratePoolPage(folio) { target(pfn, Int(folio.order)) } }
        let (order, pages) = (folio.order, folio.pageCount)
        if order > 1, folio.head.pointee.has(.deferred), folio.head.pointee.has(.partiallyMapped),
            let parts = splitToMove(folio)
        {
            return migrate(parts, of: pages, target)
        }
        guard let frames = folio.head.pointee.refcount == 1 ? pfn : target(pfn, Int(order)) else {
            if order > 0, let parts = splitToMove(folio) { return migrate(parts, of: pages, target) }
            putPage(pfn)
            note(moved: 0, stayed: pages)
            return false
        }
        // It was freed meanwhile.
        if folio.head.pointee.refcount == 1 {
            if frames != pfn { putPage(frames) }
            putPage(pfn)
            note(moved: pages, stayed: 0)
            return true
        }
        folio.head.pointee.refcount -= 1
        if order > 0 { _ = Folio.make(frames, order: order, in: self.frames) }
        let isMoved = migratePage(pfn, to: frames)
        if !isMoved {
            noteFailedMigration(pfn)
            putPage(frames)
        }
        note(moved: isMoved ? pages : 0, stayed: isMoved ? 0 : pages)
        return isMoved
    }

    /// What vmstat counts of a folio, or of a page.
    private func note(moved: UInt64, stayed: UInt64) {
        nodeStatistics.compaction.migrated += moved
        nodeStatistics.compaction.failed += stayed
        if moved == 512 { huge.counts.migrations += 1 }
        if stayed == 512 { huge.counts.failedMigrations += 1 }
    }

    /// `try_split_folio`. - Returns: the pages that are left of it, each held by the caller as the folio was; nil where it stays whole.
    private func splitToMove(_ folio: Folio) -> [PFN]? {
        let (first, frames) = (folio.pfn, folio.frames)
        let isSplit =
            folio.isAnonymous ? splitFolio(folio) : splitFileFolio(folio, around: nil, isIsolated: false) != nil
        if !isSplit { return nil }
        if frames.count == 512 {
            huge.counts.failedMigrations += 1
            huge.counts.splitMigrations += 1
        }
        // The first page comes to the list last.
        let parts = frames.dropFirst().filter { page($0).pointee.refcount > 0 }
        for part in parts { page(part).pointee.refcount += 1 }
        return parts + [first]
    }

    /// The second list of `migrate_pages`. Pages that the split freed count as moved.
    private func migrate(_ parts: [PFN], of pages: UInt64, _ target: (PFN, Int) -> PFN?) -> Bool {
        nodeStatistics.compaction.migrated += pages - UInt64(parts.count)
        return parts.count { !migrateIsolated($0, target) } == 0
    }

    /// `alloc_migration_target`: frames on a node, and on no other. Nobody reclaims for several as hard as for one.
    func migrationTarget(order: Int, node: Int) -> PFN? {
        var request = Self.migrationRequest(order: order)
        request.flags.formUnion(.thisNode)
        request.node = node
        return allocatePage(request)
    }

    /// GFP_TRANSHUGE of large folios.
    static func migrationRequest(order: Int) -> AllocationRequest {
        if order == 0 { return .anonymous }
        var request = AllocationRequest.hugePage
        request.flags.formUnion(.directReclaim)
        request.order = order
        return request
    }

    /// What `try_to_migrate` leaves of a folio that could not move after all, since somebody else holds it: its entries are back, and
    /// what they knew of writes, the folio knows; one whose entries went one by one is to be split.
    func noteFailedMigration(_ pfn: PFN) {
        let folio = folio(of: pfn)
        let isPinned = folio.isLarge && isPinned(pfn, folio.head)
        // set_pmd_migration_entry gives up before it has looked.
        if folio.entireMapCount > 0, isPinned { return }
        for frame in folio.frames {
            forEachMappingPlace(of: frame) { vma, address in
                if readPTE(vma.pointee.mm, address).isDirty { markFilePageDirty(folio.head) }
            }
        }
        if folio.isLarge, folio.isAnonymous, !isPinned, folio.entireMapCount == 0, folio.mappedPages > 1 {
            deferSplit(folio, isPartly: true)
        }
    }
}
