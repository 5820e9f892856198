extension Machine {
    /// `filemap_get_folio`: the page of the file that is in memory, or nil.
    @inline(__always)
    func cachedPage(_ mapping: Handle<FileMapping>, _ index: UInt64) -> PFN? {
        let entry = CacheEntry(rawValue: mapping.pointee.pages.load(index))
        return entry.isPage ? entry.frame(at: index) : nil
    }

    /// `filemap_add_folio`, `shmem_add_to_page_cache`: the frame's reference becomes the cache's.
    ///
    /// Precondition: nothing is cached at the index.
    @inline(__always)
    func addToCache(_ pfn: PFN, _ mapping: Handle<FileMapping>, _ index: UInt64) {
        addToCache(pfn, page(pfn), mapping, index, mapping.pointee.pages.leaf(for: index))
    }

    /// The same for one who has looked the index up just now, in `leaf`.
    @inline(__always)
    func addToCache(
        _ pfn: PFN, _ record: UnsafeMutablePointer<PageRecord>, _ mapping: Handle<FileMapping>, _ index: UInt64,
        _ leaf: XArrayNode?
    ) {
        record.pointee.mapping = mapping.bits
        record.pointee.index = index
        if mapping.pointee.kind != .disk {
            record.pointee.set(.swapBacked)
            if mapping.pointee.kind == .shmem { nodeStatistics.shmem &+= 1 }
        }
        mapping.pointee.pages.store(index, CacheEntry(page: pfn).rawValue, in: leaf)
        mapping.pointee.pageCount &+= 1
        addToLRU(pfn, record)
    }

    /// `filemap_remove_folio`: the page leaves the file; other holders keep a frame without an owner.
    ///
    /// With `keepsCharge`, as reclaim does it, a page of tmpfs stays charged until the file is recalculated. A shadow stays in its place.
    ///
    /// Precondition: no one maps it.
    @inline(__always)
    func removeFromCache(_ pfn: PFN, keepsCharge: Bool = false, shadow: UInt64 = 0) {
        let record = page(pfn)
        guard let mapping = record.pointee.fileMapping else { preconditionFailure("the page is in no file") }
        if record.pointee.has(.head) {
            return removeLargeFromCache(folio(of: pfn), mapping, keepsCharge: keepsCharge, shadow: shadow)
        }
        precondition(record.pointee.mapcount == 0, "a page leaves the page cache that is still mapped")
        if mapping.pointee.kind == .disk {
            finishWriteback(pfn)
            // folio_cancel_dirty.
            if record.pointee.has(PageFlag.dirty) { nodeStatistics.dirty -= 1 }
            record.pointee.clear(PageFlag.dirty)
            releaseBuffer(pfn)
            nodeStatistics.diskPages -= 1
        } else if mapping.pointee.kind == .shmem {
            if mapping.pointee.chargesByPage {
                if keepsCharge { mapping.pointee.surplusCharges += 1 } else { unchargeShmemPages(mapping, 1) }
            }
            nodeStatistics.shmem &-= 1
        }
        if shadow == 0 {
            mapping.pointee.pages.erase(record.pointee.index)
        } else {
            noteShadowNode(mapping, record, mapping.pointee.pages.storeShadow(record.pointee.index, shadow))
        }
        mapping.pointee.pageCount &-= 1
        record.pointee.mapping = 0
        record.pointee.clear(PageFlag.dirty)
        putPage(pfn)
    }

    /// `folio_mark_dirty`. Pages of tmpfs carry the flag only; there is nothing to write them to.
    @inline(__always)
    func markFilePageDirty(_ pfn: PFN) { markFilePageDirty(page(pfn)) }

    @inline(__always)
    func markFilePageDirty(_ record: UnsafeMutablePointer<PageRecord>) {
        if record.pointee.flags.intersection(PageFlag.dirty.union(.readahead)) == .dirty { return }
        record.pointee.clear(PageFlag.readahead)
        setDirty(record)
    }

    /// `__folio_mark_dirty` for a buffer head, as write(2) to a disk file does it: PG_reclaim stays.
    @inline(__always)
    func setDirty(_ record: UnsafeMutablePointer<PageRecord>) {
        if record.pointee.has(PageFlag.dirty) { return }
        record.pointee.set(PageFlag.dirty)
        guard let mapping = record.pointee.fileMapping, mapping.pointee.kind == .disk else { return }
        noteDirty(record, mapping)
    }

    @inline(never)
    private func noteDirty(_ record: UnsafeMutablePointer<PageRecord>, _ mapping: Handle<FileMapping>) {
        mapping.pointee.pages.setMark(record.pointee.index, .dirty)
        let pages = Int64(PageRecord.folioPages(record))
        nodeStatistics.dirty += pages
        nodeStatistics.dirtied &+= UInt64(pages)
        noteDirty(mapping)
    }

    /// What mincore(2) says of a file page: in memory and up to date, mapped or not (`mincore_page`).
    @inline(__always)
    func mincoreBit(_ mapping: Handle<FileMapping>, _ index: UInt64) -> Bool {
        let entry = CacheEntry(rawValue: mapping.pointee.pages.load(index))
        if entry.isPage { return page(entry.head).pointee.has(PageFlag.uptodate) }
        guard let slot = Self.shmemSlot(entry.rawValue, of: mapping) else { return false }
        let place = index & (1 << mapping.pointee.pages.order(at: index) - 1)
        return swap.area?.cachedFrame(slot + place) != nil
    }
}
