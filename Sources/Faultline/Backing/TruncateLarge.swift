/// Truncation and holes that end inside large folios of a file (`shmem_undo_range`, `truncate_inode_partial_folio`).
extension Machine {
    /// What of `[from, to)` the first pass left: large folios that lie there in part are zeroed there and split, so that what lies wholly in
    /// it can go; `to` of `UInt64.max` is the end of all files.
    @inline(never)
    func truncateLargeEnds(_ mapping: Handle<FileMapping>, from: UInt64, to: UInt64) {
        var start = (from &+ 4095) >> 12
        var end = to == .max ? UInt64.max : to >> 12
        let last = to &- 1
        var isSame = from >> 12 == last >> 12
        if let folio = largeFolio(mapping, from >> 12) {
            isSame = last < (folio.head.pointee.index &+ folio.pageCount) << 12
            let (first, next) = (folio.head.pointee.index, folio.head.pointee.index &+ folio.pageCount)
            if !truncatePart(mapping, folio, from, last) {
                start = next
                if isSame { end = first }
            }
        }
        if !isSame, to != .max, let folio = largeFolio(mapping, last >> 12) {
            let first = folio.head.pointee.index
            if !truncatePart(mapping, folio, from, last) { end = first }
        }
        if start < end, mapping.pointee.pages.next(from: start, through: end - 1) != nil { drainBatches() }
        var index = start
        while index < end, let found = mapping.pointee.pages.next(from: index, through: end - 1) {
            index = found.lastIndex + 1
            guard found.cached.isPage else {
                if let slot = Self.shmemSlot(found.value, of: mapping) { discardShmemSlots(mapping, found, slot) }
                continue
            }
            if found.cached.isLarge {
                _ = truncatePart(mapping, folio(of: found.cached.head), from, last)
            } else {
                truncateFolio(mapping, found)
            }
        }
    }

    /// `shmem_get_partial_folio`: what is in the swap area comes back.
    private func largeFolio(_ mapping: Handle<FileMapping>, _ index: UInt64) -> Folio? {
        let slot = Self.shmemSlot(mapping.pointee.pages.load(index), of: mapping)
        if let slot, mapping.pointee.pages.order(at: index) > 0, index < mapping.pointee.endIndex {
            _ = passingOver { () throws(Errno) in try swapInShmem(mapping, index, slot, .cache) }
        }
        let cached = CacheEntry(rawValue: mapping.pointee.pages.load(index))
        return cached.isPage && cached.isLarge ? folio(of: cached.head) : nil
    }

    /// `truncate_inode_folio`.
    func truncateFolio(_ mapping: Handle<FileMapping>, _ found: XArrayEntry) {
        let folio = folio(of: found.cached.head)
        if folio.mapCount > 0 {
            unmapMappings(mapping, from: found.index, through: found.lastIndex, evenCopies: false)
        }
        removeFromCache(folio.pfn)
    }

    /// `truncate_inode_partial_folio`, of the bytes from `from` through `last`.
    ///
    /// - Returns: false where the folio could not be split, and stays as it is but for zeros.
    private func truncatePart(_ mapping: Handle<FileMapping>, _ folio: Folio, _ from: UInt64, _ last: UInt64) -> Bool {
        let position = folio.head.pointee.index << 12
        let size = folio.pageCount << 12
        let offset = from > position ? from - position : 0
        let limit = last >= position &+ size &- 1 ? size : last &+ 1 &- position
        folio.get()
        defer { putPage(folio.pfn, folio.head) }
        let isDisk = mapping.pointee.kind == .disk
        if isDisk { finishWriteback(folio.pfn) } else { folio.head.pointee.set(.dirty) }
        if offset == 0, limit == size {
            unmapMappings(
                mapping, from: position >> 12, through: (position &+ size &- 1) >> 12, evenCopies: false)
            removeFromCache(folio.pfn)
            return true
        }
        zero(folio, offset, limit)
        guard splitFileFolio(folio, around: folio.pfn + offset >> 12, isIsolated: false) != nil else {
            if !isDisk { return false }
            // try_folio_split_or_unmap: faults bring back what is not beyond the end.
            unmapFileFolio(folio, .truncate)
            if folio.head.pointee.has(.dirty) { return false }
            // A clean one that somebody holds goes as a whole.
            unmapMappings(
                mapping, from: position >> 12, through: (position &+ size &- 1) >> 12, evenCopies: false)
            removeFromCache(folio.pfn)
            return true
        }
        if limit == size { return true }
        let second = self.folio(of: folio.pfn + limit >> 12)
        guard second.isLarge, second.head.pointee.fileMapping == mapping else { return true }
        if second.pfn != folio.pfn { second.get() }
        _ = splitFileFolio(second, around: folio.pfn + limit >> 12, isIsolated: false)
        if second.pfn != folio.pfn { putPage(second.pfn, page(second.pfn)) }
        return true
    }

    /// `folio_zero_range`.
    private func zero(_ folio: Folio, _ from: UInt64, _ to: UInt64) {
        var place = from
        while place < to {
            let count = min(to - place, 4096 - place & 4095)
            frames.fill(folio.pfn + place >> 12, offset: Int(place & 4095), length: Int(count), byte: 0)
            place += count
        }
    }
}
