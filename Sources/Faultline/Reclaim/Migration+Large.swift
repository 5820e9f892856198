/// Large folios that move as a whole (`mm/migrate.c`, `mm/rmap.c`).
extension Machine {
    /// `migrate_folio_unmap` of a large folio: each entry becomes one of migration, that of a PMD as a whole (`set_pmd_migration_entry`).
    /// Single entries go one after the other, so that in between the folio is one of which a part is unmapped.
    ///
    /// It is held once more from here on, and on no LRU list.
    func unmapForMigration(_ folio: Folio) -> [Migration.Entry] {
        folio.get()
        if folio.head.pointee.has(.lru) {
            removeFromList(folio.head)
            folio.head.pointee.clear(.lru)
        }
        var entries: [Migration.Entry] = []
        forEachPlace(of: folio) { vma, address in
            switch lookup(vma.pointee.mm, address) {
            case .none: break
            case .entry(let entry):
                let exclusive = page(PTE(rawValue: entry.pointee).pfn).pointee.has(.anonExclusive)
                entries.append(
                    Migration.Entry(
                        vma: vma, address: address, entry: entry, old: entry.pointee, isExclusive: exclusive))
            case .huge(let entry, _):
                let exclusive = folio.head.pointee.has(.anonExclusive)
                entries.append(
                    Migration.Entry(
                        vma: vma, address: address, entry: entry, old: entry.pointee, isWhole: true,
                        isExclusive: exclusive))
            }
        }
        for entry in entries { unmap(folio, entry) }
        return entries
    }

    /// `try_to_migrate_one` of one entry. The counters of the process stay: a migration entry counts as its page.
    private func unmap(_ folio: Folio, _ moved: Migration.Entry) {
        let mm = moved.vma.pointee.mm
        let old = PTE(rawValue: moved.old)
        if old.isDirty { markFilePageDirty(folio.head) }
        let access: MigrationEntry.Access = old.isWritable ? .write : moved.isExclusive ? .readExclusive : .read
        if moved.isWhole {
            folio.head.pointee.clear(.anonExclusive)
            setUpperEntry(moved.entry, MigrationEntry(pfn: folio.pfn, access: access).entry)
            let start = moved.address & ~(PageSize.large - 1)
            flushTLB(mm, start, start &+ PageSize.large, .migrate, .migration)
            folio.unmapEntire(mm: mm.pointee.context)
            noteEntirelyUnmapped(folio)
        } else {
            folio.record(old.pfn).pointee.clear(.anonExclusive)
            moved.entry.pointee = MigrationEntry(pfn: old.pfn, access: access).entry
            flushTLBPage(mm, moved.address, .migrate, .migration)
            folio.unmap(old.pfn, mm: mm.pointee.context)
            noteUnmapped(folio, old.pfn)
        }
        if moved.vma.pointee.flags.locksPages { unlockPage(folio.pfn) }
        folio.head.pointee.refcount -= 1
    }

    /// `migrate_folio_move` of a large folio. One that waited to be split, or came to wait since its entries went one by one, waits in its
    /// new frames too.
    func finishMigration(of old: Folio, to new: Folio, _ entries: [Migration.Entry]) {
        for offset in 0..<old.pageCount { frames.copyFrame(from: old.pfn + offset, to: new.pfn + offset) }
        let isDeferred = old.head.pointee.has(.deferred)
        let isPartly = old.head.pointee.has(.partiallyMapped)
        forgetDeferredSplit(old)
        moveOwner(old, new)
        for entry in entries { remap(entry, old, new) }
        if isDeferred { deferSplit(new, isPartly: isPartly) }
        new.get(-1)
        // mem_cgroup_migrate: the charge went with it.
        old.head.pointee.flags = .head
        putPage(old.pfn, old.head)
    }

    /// `folio_migrate_mapping`, `folio_migrate_flags`, and `folio_add_lru`, before entries map it, which lock it again.
    private func moveOwner(_ old: Folio, _ new: Folio) {
        let left: PageFlag = [.lru, .unevictable, .mlocked, .anonExclusive]
        new.head.pointee.flags = old.head.pointee.flags.subtracting(left).union(.head)
        if old.head.pointee.has(.visited) {
            numa.moveLastUser(from: old.pfn, to: new.pfn, pages: new.pageCount)
        }
        new.head.pointee.mapping = old.head.pointee.mapping
        new.head.pointee.index = old.head.pointee.index
        if let mapping = old.head.pointee.fileMapping {
            new.get(Int32(new.pageCount))
            old.get(-Int32(old.pageCount))
            let word = CacheEntry(page: new.pfn, order: new.order).rawValue
            mapping.pointee.pages.store(old.head.pointee.index, word, order: new.order)
            if mapping.pointee.isUnevictable {
                new.head.pointee.clear(.active)
                new.head.pointee.set(.unevictable)
                new.head.pointee.lockCount = 0
            }
        }
        if new.head.pointee.has(PageFlag.private) {
            new.get()
            old.get(-1)
            if chargesKernelObjects { kernel.objects.move(.bufferHead, old.pfn, to: new.pfn) }
        }
        new.head.pointee.set(.lru)
        addToList(new.pfn, new.head)
    }

    /// `remove_migration_pte`, `remove_migration_pmd`. Only a folio that an entry maps as a whole is locked.
    private func remap(_ moved: Migration.Entry, _ old: Folio, _ new: Folio) {
        let mm = moved.vma.pointee.mm
        new.get()
        if moved.isWhole {
            if moved.isExclusive { new.head.pointee.set(.anonExclusive) }
            mapEntire(new, mm)
            let entry = withoutHint(moved.old, in: moved.vma, isHuge: true)
            setUpperEntry(moved.entry, entry & ~PTE.addressMask | new.pfn << 12)
            if moved.vma.pointee.flags.locksPages { lockPage(new.pfn) }
        } else {
            let frame = new.pfn + (PTE(rawValue: moved.old).pfn - old.pfn)
            if moved.isExclusive { page(frame).pointee.set(.anonExclusive) }
            new.map(frame, mm: mm.pointee.context)
            let entry = withoutHint(moved.old, in: moved.vma, isHuge: false)
            moved.entry.pointee = entry & ~PTE.addressMask | frame << 12
        }
        emit(.pageMigrated, .none, moved.address, new.pfn)
    }
}
