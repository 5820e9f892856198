extension Machine {
    /// `unmap_mapping_pages`: takes file pages out of every address space; private copies go too for `evenCopies`.
    func unmapMappings(
        _ mapping: Handle<FileMapping>, from first: UInt64, through last: UInt64, evenCopies: Bool
    ) {
        if first > last || mapping.pointee.mappers.isEmpty { return }
        let details = ZapDetails(evenCopies: evenCopies, keepsMarkers: true, reason: .truncate)
        var iterator = mapping.pointee.mappers.overlapping(first, last)
        while let vma = iterator.next() {
            let interval = vma.pointee.interval
            let from = max(first, interval.start) - interval.start
            let through = min(last, interval.last) - interval.start
            let base = vma.pointee.start
            zapRange(vma, base &+ from << 12, base &+ (through + 1) << 12, details)
        }
    }

    /// `truncate_inode_pages_range`, `shmem_truncate_range`: drops the pages that lie wholly in the bytes
    /// `[from, to)` and zeros the rest; `to` of `UInt64.max` is the end of all files.
    func truncatePages(_ mapping: Handle<FileMapping>, from: UInt64, to: UInt64) {
        let endIndex = to == .max ? UInt64.max : to >> 12
        var index = (from &+ 4095) >> 12
        var isChanged = false
        let first = index
        if mapping.pointee.allocatedEnd > first, mapping.pointee.allocatedEnd <= endIndex {
            mapping.pointee.allocatedEnd = first
        }
        var hasLarge = false
        while index < endIndex, let found = mapping.pointee.pages.next(from: index, through: endIndex - 1) {
            index = found.lastIndex &+ 1
            if !found.cached.isPage {
                // What reclaim left (clear_shadow_entries), or a slot of the swap area.
                if let slot = Self.shmemSlot(found.value, of: mapping) {
                    if found.index < first || found.lastIndex >= endIndex {
                        hasLarge = true
                    } else {
                        discardShmemSlots(mapping, found, slot)
                    }
                } else {
                    mapping.pointee.pages.erase(found.index)
                }
                continue
            }
            if found.cached.isLarge, found.index < first || found.lastIndex >= endIndex {
                // find_lock_entries passes over what does not lie in the range as a whole.
                hasLarge = true
                continue
            }
            isChanged = true
            if found.cached.isLarge {
                truncateFolio(mapping, found)
                continue
            }
            let pfn = found.cached.frame(at: found.index)
            if page(pfn).pointee.mapcount > 0 {
                unmapMappings(mapping, from: found.index, through: found.index, evenCopies: false)
            }
            removeFromCache(pfn)
        }
        // __folio_batch_release.
        if isChanged { drainBatches() }
        let endsInPage = from & 4095 != 0 || to != .max && to & 4095 != 0
        let mayHaveLarge = mapping.pointee.kind == .disk || huge.isLooked && mapping.pointee.kind == .shmem
        if mayHaveLarge, hasLarge || endsInPage {
            truncateLargeEnds(mapping, from: from, to: to)
        }
        recalculateCharges(mapping)
        if from & 4095 != 0 {
            let pageEnd = (from | 4095) &+ 1
            zeroCached(mapping, from >> 12, from & 4095, (min(to, pageEnd) &- 1) & 4095 &+ 1)
        }
        if to != .max, to & 4095 != 0, from & 4095 == 0 || from >> 12 != to >> 12 {
            zeroCached(mapping, to >> 12, 0, to & 4095)
        }
    }

    /// `truncate_inode_partial_folio`: only memory is changed; tmpfs notes it, a disk file system sees to its own blocks.
    private func zeroCached(_ mapping: Handle<FileMapping>, _ index: UInt64, _ from: UInt64, _ to: UInt64) {
        // shmem_get_partial_folio: a page in the swap area comes back for it.
        let slot = Self.shmemSlot(mapping.pointee.pages.load(index), of: mapping)
        if let slot, index < mapping.pointee.endIndex { _ = try? swapInShmem(mapping, index, slot, .cache) }
        guard let pfn = cachedPage(mapping, index) else { return }
        frames.fill(pfn, offset: Int(from), length: Int(to - from), byte: 0)
        if mapping.pointee.kind != .disk { markFilePageDirty(folio(of: pfn).head) }
    }

    /// `shmem_setattr`, `ext4_setattr`: gives a file another size.
    ///
    /// - Throws: ENOMEM where the commitment refuses, EIO.
    func setFileSize(_ mapping: Handle<FileMapping>, _ size: UInt64) throws(Errno) {
        let old = mapping.pointee.size
        if mapping.pointee.kind == .disk { return try setDiskFileSize(mapping, old, size) }
        if size != old, !mapping.pointee.chargesByPage {
            let change = Int64((size &+ 4095) >> 12) - Int64((old &+ 4095) >> 12)
            if change > 0 { try chargeMemory(UInt64(change)) } else { unchargeMemory(UInt64(-change)) }
        }
        mapping.pointee.size = size
        if size > old { return }
        let hole = (size &+ 4095) >> 12
        if old > hole << 12 { unmapMappings(mapping, from: hole, through: Self.lastIndex, evenCopies: true) }
        truncatePages(mapping, from: size, to: .max)
    }

    /// The last page that a file can have.
    private static var lastIndex: UInt64 { .max >> 12 }

    private func setDiskFileSize(
        _ mapping: Handle<FileMapping>, _ old: UInt64, _ size: UInt64
    ) throws(Errno) {
        // What a mapping wrote behind the old end must not show.
        if size > old, old & 4095 != 0 { try zeroInBlock(mapping, old, 4096 - (old & 4095)) }
        mapping.pointee.size = size
        if size > old { noteInode(mapping) }
        unmapMappings(mapping, from: (size &+ 4095) >> 12, through: Self.lastIndex, evenCopies: true)
        truncatePages(mapping, from: size, to: .max)
        if size > old { return }
        freeBlocks(mapping, from: (size &+ 4095) >> 12, through: .max)
        if size & 4095 != 0 { try zeroInBlock(mapping, size, 4096 - (size & 4095)) }
    }

    /// FALLOC_FL_PUNCH_HOLE and MADV_REMOVE: the bytes read as zero afterwards; private copies stay.
    ///
    /// - Throws: EIO, ENOMEM.
    func punchHole(_ mapping: Handle<FileMapping>, _ offset: UInt64, _ length: UInt64) throws(Errno) {
        var end = offset + length
        let isDisk = mapping.pointee.kind == .disk
        if isDisk {
            let size = mapping.pointee.size
            if offset >= size { return }
            if end > size { end = size.pageAlignedUp }
        }
        removeContents(mapping, offset, end)
        if !isDisk { return }
        try zeroPartialBlocks(mapping, offset, end)
        let first = (offset &+ 4095) >> 12
        if end >> 12 > first { freeBlocks(mapping, from: first, through: (end >> 12) - 1) }
    }

    /// `truncate_pagecache_range`.
    func removeContents(_ mapping: Handle<FileMapping>, _ offset: UInt64, _ end: UInt64) {
        let first = (offset &+ 4095) >> 12
        let limit = end >> 12
        // Where the bytes end within the first page, the last byte of all pages before is byte -1, and everything is
        // unmapped.
        if limit > first || limit == 0 {
            unmapMappings(mapping, from: first, through: (limit &- 1) & Self.lastIndex, evenCopies: false)
        }
        truncatePages(mapping, from: offset, to: end)
    }

    /// `ext4_zero_partial_blocks`.
    func zeroPartialBlocks(_ mapping: Handle<FileMapping>, _ offset: UInt64, _ end: UInt64) throws(Errno) {
        if offset >> 12 == (end - 1) >> 12 {
            if end - offset < 4096 { try zeroInBlock(mapping, offset, end - offset) }
            return
        }
        if offset & 4095 != 0 { try zeroInBlock(mapping, offset, 4096 - (offset & 4095)) }
        if end & 4095 != 0 { try zeroInBlock(mapping, end & ~4095, end & 4095) }
    }
}
