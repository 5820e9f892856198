/// Huge pages of the pool that move (`mm/migrate.c`, `mm/hugetlb.c`).
extension Machine {
    /// `unmap_and_move_huge_page`: the contents go to another page of the pool, and all entries follow. The caller has isolated the page, so
    /// that it is held once more.
    ///
    /// - Parameter wish: 2 MiB of the allocator's where the page is to go; asked only where there are several nodes.
    /// - Returns: whether it moved; it is held by nobody beyond its entries then.
    func migratePoolPage(_ old: Folio, _ wish: () -> PFN?) -> Bool {
        old.get(-1)
        var entries: [(vma: Handle<VMArea>, address: VirtualAddress, entry: EntryPointer)] = []
        forEachMappingPlace(of: old.pfn) { vma, address in
            if let entry = poolEntry(vma.pointee.mm, address) { entries.append((vma, address, entry)) }
        }
        // folio_expected_ref_count: who pinned it wants it to stay.
        let mapping = old.head.pointee.fileMapping
        let expected = old.mapCount + (mapping == nil ? 0 : Int32(old.pageCount))
        guard old.head.pointee.refcount == expected, entries.count == Int(old.mapCount),
            let (target, isTemporary) = migrationTargetOfPool(wish)
        else {
            nodeStatistics.compaction.failed += old.pageCount
            return false
        }
        let new = folio(of: target)
        copyPool(from: old, to: new)
        new.head.pointee.flags = old.head.pointee.flags
        new.head.pointee.mapping = old.head.pointee.mapping
        new.head.pointee.index = old.head.pointee.index
        new.head.pointee.refcount = old.head.pointee.refcount
        if let mapping {
            let word = CacheEntry(page: new.pfn, order: new.order).rawValue
            mapping.pointee.pages.store(old.head.pointee.index, word, order: new.order)
        }
        for (vma, address, entry) in entries {
            let mm = vma.pointee.mm
            old.unmapEntire(mm: mm.pointee.context)
            new.mapEntire(mm: mm.pointee.context)
            setUpperEntry(entry, entry.pointee & ~PTE.addressMask | new.pfn << 12)
            flushTLB(mm, address, address &+ PageSize.large, .migrate, .migration)
            emit(.pageMigrated, .none, address, new.pfn)
        }
        old.head.pointee.refcount = 0
        old.head.pointee.flags = [.head, .hugeTLB]
        // move_hugetlb_state: what was beside the pool is of it now, and the old page is not.
        if isTemporary { dissolvePoolPage(old.pfn) } else { freePoolPage(old.pfn, old.head) }
        nodeStatistics.compaction.migrated += old.pageCount
        return true
    }

    /// `alloc_hugetlb_folio_nodemask`: a page that nobody is promised, or one beside the pool (`alloc_migrate_hugetlb_folio`).
    private func migrationTargetOfPool(_ wish: () -> PFN?) -> (pfn: PFN, isTemporary: Bool)? {
        if physical.nodes.zonelists.count > 1, let block = wish() {
            let node = physical.nodes.node(of: block)
            guard hugePool.hasAvailable,
                let place = hugePool.free.lastIndex(where: { physical.nodes.node(of: $0) == node })
            else { return (takeIntoPool(block), true) }
            _ = Folio.make(block, order: 9, in: frames)
            putPage(block)
            return (hugePool.free.remove(at: place), false)
        }
        if hugePool.hasAvailable, let free = hugePool.free.popLast() { return (free, false) }
        return makePoolPage().map { ($0, true) }
    }
}
