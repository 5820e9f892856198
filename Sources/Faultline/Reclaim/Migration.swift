/// Moving a page to another frame (`mm/migrate.c`).
extension Machine {
    /// An entry that mapped a page before it moved.
    private struct MovedEntry {
        let vma: Handle<VMArea>
        let address: VirtualAddress
        let entry: EntryPointer
        /// As it was.
        let old: UInt64
    }

    /// `migrate_pages` of one page: its contents, flags, owner and map count go to another frame, and every entry that the reverse map
    /// finds follows, by way of a migration entry. The machine does nothing else meanwhile, so that no fault has to wait for one.
    ///
    /// - Parameter target: a frame that nobody uses, with one reference.
    /// - Returns: whether it moved; `source` is free then, else `target` is as it was.
    func migratePage(_ source: PFN, to target: PFN) -> Bool {
        guard canMigrate(source) else { return false }
        let (old, new) = (page(source), page(target))
        let entries = replaceByMigrationEntries(source)
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
        if isListed { addToList(target, new) }
        if let mapping = old.pointee.fileMapping {
            mapping.pointee.pages.store(old.pointee.index, CacheEntry(page: target).rawValue)
        }
        // remove_migration_ptes.
        for moved in entries {
            moved.entry.pointee = moved.old & ~PTE.addressMask | target << 12
            emit(.pageMigrated, .none, moved.address, target)
        }
        old.pointee.flags = []
        old.pointee.mapcount = 0
        old.pointee.refcount = 1
        putPage(source)
        return true
    }

    /// `isolate_migratepages_block` and `migrate_folio`: whether a page may move now. A page that someone holds besides its entries and
    /// its file may not, nor one that is on its way to the disk or has buffers, nor a part of a large folio.
    func canMigrate(_ pfn: PFN) -> Bool {
        let record = page(pfn).pointee
        guard record.has(.lru) || record.has(.unevictable), !record.isOfLargeFolio else { return false }
        if record.hasAny(PageFlag.private.union(.writeback).union(.table).union(.reserved)) { return false }
        let isCached = record.fileMapping != nil
        guard isCached || record.isAnonymous else { return false }
        if record.refcount != record.mapcount + (isCached ? 1 : 0) { return false }
        var found: Int32 = 0
        forEachMappingPlace(of: pfn) { _, _ in found += 1 }
        return found == record.mapcount
    }

    /// `try_to_migrate`: each entry says where the page was, and with which rights it comes back.
    private func replaceByMigrationEntries(_ source: PFN) -> [MovedEntry] {
        let isExclusive = page(source).pointee.has(.anonExclusive)
        var entries: [MovedEntry] = []
        forEachMapping(of: source) { vma, address, entry in
            entries.append(MovedEntry(vma: vma, address: address, entry: entry, old: entry.pointee))
        }
        for moved in entries {
            let old = PTE(rawValue: moved.old)
            let access: MigrationEntry.Access = old.isWritable ? .write : isExclusive ? .readExclusive : .read
            moved.entry.pointee = MigrationEntry(pfn: source, access: access).entry
            flushTLBPage(moved.vma.pointee.mm, moved.address, .migrate, .migration)
        }
        return entries
    }
}
