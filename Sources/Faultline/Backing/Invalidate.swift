/// Taking pages out of memory that no one needs there (`mm/truncate.c`).
extension Machine {
    /// `mapping_try_invalidate`: what is clean and no one uses leaves memory. Pages under way to the disk are passed over.
    ///
    /// Precondition: the batches are drained, as every caller in the kernel does: a page in one of them is held.
    func invalidatePages(_ mapping: Handle<FileMapping>, from first: UInt64, through last: UInt64) {
        var index = first
        while index <= last, let found = mapping.pointee.pages.next(from: index, through: last) {
            if !found.cached.isPage {
                // What reclaim left (clear_shadow_entries); numbers in memory files are something else.
                if mapping.pointee.kind == .disk { mapping.pointee.pages.erase(found.index) }
                if found.index == last { break }
                index = found.index + 1
                continue
            }
            let pfn = found.cached.head
            // find_lock_entries passes over folios that do not lie in the range as a whole.
            if found.cached.isLarge, found.index < first || found.lastIndex > last {
                if found.lastIndex >= last { break }
                index = found.lastIndex + 1
                continue
            }
            if !page(pfn).pointee.has(PageFlag.writeback), !evict(pfn, of: mapping, found.index) {
                deactivateFilePage(pfn)
            }
            if found.lastIndex >= last { break }
            index = found.lastIndex + 1
        }
    }

    /// `mapping_evict_folio`. Pages of tmpfs go too where no one wrote to them: those that a read brought into a hole.
    ///
    /// - Returns: whether the page is gone.
    private func evict(_ pfn: PFN, of mapping: Handle<FileMapping>, _ index: UInt64) -> Bool {
        let record = page(pfn)
        if record.pointee.has(PageFlag.dirty) { return false }
        // Each mapping holds the page, beside the cache and the buffer head; so does the running transaction of the journal
        // with a block of metadata.
        let pages = Int32(PageRecord.folioPages(record))
        if record.pointee.refcount > (record.pointee.has(PageFlag.private) ? pages + 1 : pages) { return false }
        if mapping == disk.mapping, disk.transaction.contains(index) { return false }
        releaseBuffer(pfn)
        removeFromCache(pfn, keepsCharge: true)
        return true
    }

    /// `deactivate_file_folio`, `lru_deactivate_file`: a hint that the page may be reclaimed soon. Fault-around passes it over from
    /// now on, until it is written to or written back. Its batch is taken to be drained at once.
    private func deactivateFilePage(_ pfn: PFN) {
        let record = page(pfn)
        guard record.pointee.has(PageFlag.lru), !record.pointee.has(PageFlag.unevictable), folio(of: pfn).mapCount == 0
        else { return }
        removeFromList(record)
        record.pointee.clear(PageFlag.active.union(.referenced))
        if record.pointee.hasAny(PageFlag.dirty.union(.writeback)) {
            // PG_reclaim.
            if record.pointee.has(.dirty) { record.pointee.set(PageFlag.readahead) }
            addToList(pfn, record)
        } else {
            addToListEnd(pfn, record)
        }
    }
}
