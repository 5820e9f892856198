/// A folio on its way to other frames: its entries are migration entries.
struct Migration {
    /// An entry that mapped the folio, or a page of it, before.
    struct Entry {
        let vma: Handle<VMArea>
        let address: VirtualAddress
        let entry: EntryPointer
        /// As it was.
        let old: UInt64
        /// Whether it stands in a PMD and maps all of the folio.
        var isWhole = false
        /// Whether what it mapped was exclusive.
        var isExclusive = false
    }

    let source: PFN
    let target: PFN
    let entries: [Entry]
}

/// Moving a page to another frame (`mm/migrate.c`).
extension Machine {
    /// `migrate_pages` of one folio: its contents, flags, owner and map count go to other frames, and every entry that the reverse map
    /// finds follows, by way of a migration entry.
    ///
    /// - Parameter target: a frame that nobody uses, or a folio as large as the one that moves, with one reference.
    /// - Returns: whether it moved; `source` is free then, else `target` is as it was.
    func migratePage(_ source: PFN, to target: PFN) -> Bool {
        guard beginMigration(source, to: target) else { return false }
        finishMigration()
        return true
    }

    /// `migrate_folio_unmap`: from now on the page's entries are migration entries.
    ///
    /// - Returns: false where it may not move.
    func beginMigration(_ source: PFN, to target: PFN) -> Bool {
        guard canMigrate(source) else { return false }
        precondition(migration == nil, "one page moves at a time")
        let folio = folio(of: source)
        let entries = folio.isLarge ? unmapForMigration(folio) : replaceByMigrationEntries(source)
        migration = Migration(source: source, target: target, entries: entries)
        return true
    }

    /// `migrate_folio_move`: the page is in its new frame, and its entries map it. A fault that waits goes on then
    /// (`migration_entry_wait`).
    func finishMigration() {
        guard let (source, target, entries) = migration.map({ ($0.source, $0.target, $0.entries) }) else { return }
        migration = nil
        let (old, new) = (page(source), page(target))
        if old.pointee.has(.head) { return finishMigration(of: folio(of: source), to: folio(of: target), entries) }
        frames.copyFrame(from: source, to: target)
        // folio_migrate_mapping and folio_migrate_flags.
        let isListed = old.pointee.has(.lru)
        if isListed { removeFromList(old) }
        new.pointee.flags = old.pointee.flags
        new.pointee.mapcount = old.pointee.mapcount
        new.pointee.refcount = old.pointee.refcount
        new.pointee.mapping = old.pointee.mapping
        new.pointee.index = old.pointee.index
        new.pointee.next = old.pointee.next
        new.pointee.prev = old.pointee.prev
        if old.pointee.has(.visited) { numa.moveLastUser(from: source, to: target, pages: 1) }
        // folio_migrate_ksm
        old.pointee.stableNode?.pointee.frame = target
        if isListed { addToList(target, new) }
        if let mapping = old.pointee.fileMapping {
            mapping.pointee.pages.store(old.pointee.index, CacheEntry(page: target).rawValue)
        }
        if chargesKernelObjects, old.pointee.has(PageFlag.private) {
            kernel.objects.move(.bufferHead, source, to: target)
        }
        // remove_migration_ptes.
        for moved in entries {
            let old = withoutHint(moved.old, in: moved.vma, isHuge: false)
            moved.entry.pointee = old & ~PTE.addressMask | target << 12
            emit(.pageMigrated, .none, moved.address, target)
        }
        old.pointee.flags = []
        old.pointee.mapcount = 0
        old.pointee.refcount = 1
        putPage(source)
    }

    /// `isolate_migratepages_block` and `migrate_folio`: whether a folio may move now. One that someone holds besides its entries and
    /// its file may not, nor one that is on its way to the disk, nor a part of a large folio, nor one of the device itself, whose buffers
    /// the journal may hold (`buffer_migrate_folio_norefs`).
    func canMigrate(_ pfn: PFN) -> Bool {
        let record = page(pfn).pointee
        guard record.has(.lru) || record.has(.unevictable), !record.has(.tail) else { return false }
        if record.hasAny(PageFlag.writeback.union(.table).union(.reserved)) { return false }
        let mapping = record.fileMapping
        guard mapping != nil || record.isAnonymous else { return false }
        let folio = folio(of: pfn)
        // folio_expected_ref_count: the entries, the cache and the buffers.
        var expected = folio.mapCount + (mapping == nil ? 0 : Int32(folio.pageCount))
        if record.has(PageFlag.private) {
            if mapping == disk.mapping { return false }
            expected += 1
        }
        if record.refcount != expected { return false }
        var found: Int32 = 0
        if folio.isLarge {
            forEachPlace(of: folio) { _, _ in found += 1 }
        } else {
            forEachMappingPlace(of: pfn) { _, _ in found += 1 }
        }
        return found == folio.mapCount
    }

    /// `try_to_migrate`: each entry says where the page was, and with which rights it comes back.
    private func replaceByMigrationEntries(_ source: PFN) -> [Migration.Entry] {
        let isExclusive = page(source).pointee.has(.anonExclusive)
        var entries: [Migration.Entry] = []
        forEachMapping(of: source) { vma, address, entry in
            entries.append(Migration.Entry(vma: vma, address: address, entry: entry, old: entry.pointee))
        }
        for moved in entries {
            let old = PTE(rawValue: moved.old)
            if old.isDirty { markFilePageDirty(source) }
            let access: MigrationEntry.Access = old.isWritable ? .write : isExclusive ? .readExclusive : .read
            moved.entry.pointee = MigrationEntry(pfn: source, access: access).entry
            flushTLBPage(moved.vma.pointee.mm, moved.address, .migrate, .migration)
        }
        return entries
    }
}
