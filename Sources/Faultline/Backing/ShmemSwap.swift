/// Pages of memory files in the swap area: the file's XArray has the slot in the page's place (`mm/shmem.c`).
extension Machine {
    /// The word that stands for a slot (`swp_to_radix_entry`).
    static func shmemSwapWord(_ slot: UInt64) -> UInt64 { XArrayValue.make(slot) }

    /// The slot that a word of a memory file stands for (`radix_to_swp_entry`); nil for a page or nothing, and of a disk file, where such
    /// words are what evicted pages left.
    @inline(__always)
    static func shmemSlot(_ word: UInt64, of mapping: Handle<FileMapping>) -> UInt64? {
        XArrayValue.isValue(word) && mapping.pointee.kind == .shmem ? XArrayValue.number(word) : nil
    }

    /// `shmem_swapin_folio`: the page comes back into the file, and its slot is free.
    ///
    /// - Parameter slot: the one that the file's word there stands for, the first of several where that stands for a large folio.
    /// - Throws: ENOMEM.
    @inline(never)
    func swapInShmem(_ mapping: Handle<FileMapping>, _ index: UInt64, _ slot: UInt64, _ use: ShmemUse) throws(Errno)
        -> PFN
    {
        let order = mapping.pointee.pages.order(at: index)
        if order > 0 {
            if let pfn = swapInLarge(mapping, index, slot, order, use) { return pfn }
            return try swapInShmem(mapping, index, slot + index & (1 << order - 1), use)
        }
        let pfn: PFN
        if let cached = swap.area?.cachedFrame(slot) {
            noteSwapHit(cached, nil, 0)
            page(cached).pointee.refcount += 1
            pfn = cached
        } else if swap.area?.isCompressed ?? false {
            guard let fresh = readPastCache(slot, .sharedMemory) else {
                throw refuse(.ENOMEM, .noFrame("a page of the file"))
            }
            pfn = fresh
        } else {
            guard let read = readSwapAhead(slot) else { throw refuse(.ENOMEM, .noFrame("a page of the file")) }
            // The fault itself waits, with its lock.
            swap.lastRead = .atOnce
            pfn = read
        }
        let record = page(pfn)
        // The reference that was taken above becomes the file's.
        record.pointee.mapping = mapping.bits
        record.pointee.index = index
        record.pointee.set(PageFlag.swapBacked.union(.uptodate))
        nodeStatistics.shmem &+= 1
        mapping.pointee.pages.store(index, CacheEntry(page: pfn).rawValue)
        mapping.pointee.pageCount += 1
        mapping.pointee.swappedCount -= 1
        if use == .write { markAccessed(pfn) }
        if record.pointee.has(.swapCache) { removeFromSwapCache(pfn) }
        record.pointee.clear(.readahead)
        record.pointee.set(.dirty)
        freeSwapEntry(slot)
        return pfn
    }

    /// `shmem_delete_from_page_cache` of `shmem_writeout`: the slot takes the page's place. Precondition: the page is in the swap cache.
    func replaceBySlot(_ pfn: PFN, _ mapping: Handle<FileMapping>, _ slot: UInt64) {
        let record = page(pfn)
        mapping.pointee.pages.store(record.pointee.index, Self.shmemSwapWord(slot))
        mapping.pointee.pageCount -= 1
        mapping.pointee.swappedCount += 1
        noteSwapped(mapping)
        nodeStatistics.shmem &-= 1
        record.pointee.mapping = 0
        putPage(pfn)
    }

    /// The file is on the list of those that swapoff looks at.
    func noteSwapped(_ mapping: Handle<FileMapping>) {
        if mapping.pointee.mayBeSwapped { return }
        mapping.pointee.mayBeSwapped = true
        swap.users.add(mapping)
    }

    /// `shmem_free_swap`: truncation meets a slot, or those of a large folio.
    func discardShmemSlots(_ mapping: Handle<FileMapping>, _ found: XArrayEntry, _ slot: UInt64) {
        let pages: UInt64 = 1 << found.order
        mapping.pointee.pages.erase(found.index)
        mapping.pointee.swappedCount -= pages
        if mapping.pointee.chargesByPage { unchargeShmemPages(mapping, pages) }
        for place in 0..<pages { discardSwapEntry(slot + place) }
    }

    /// `shmem_partial_swap_usage`: how many pages of a part of a memory file are in the swap area.
    func swappedPages(_ mapping: Handle<FileMapping>, from first: UInt64, through last: UInt64) -> Int {
        if mapping.pointee.swappedCount == 0 { return 0 }
        var count = 0
        var next = first
        while next <= last, let found = mapping.pointee.pages.next(from: next, through: last) {
            if Self.shmemSlot(found.value, of: mapping) != nil { count += 1 << Int(found.order) }
            if found.lastIndex >= last { break }
            next = found.lastIndex + 1
        }
        return count
    }

    /// `shmem_swapin_range`: MADV_WILLNEED reads what of a part of a memory file is in the swap area, into the swap cache.
    func readSwapped(_ mapping: Handle<FileMapping>, from first: UInt64, through last: UInt64) {
        var next = first
        while next <= last, let found = mapping.pointee.pages.next(from: next, through: last) {
            if let slot = Self.shmemSlot(found.value, of: mapping), let read = readSwapCache(slot) { putPage(read.pfn) }
            if found.lastIndex >= last { break }
            next = found.lastIndex + 1
        }
    }

    /// `shmem_unuse_inode`: brings every page of a memory file back. - Throws: ENOMEM.
    func unuseSwap(_ mapping: Handle<FileMapping>) throws(Errno) {
        var next: UInt64 = 0
        while mapping.pointee.swappedCount > 0, let found = mapping.pointee.pages.next(from: next, through: .max) {
            if let slot = Self.shmemSlot(found.value, of: mapping) {
                _ = try swapInShmem(mapping, found.index, slot, .cache)
            }
            next = found.lastIndex + 1
        }
    }
}
