/// A VMA that a scan walks over.
struct PagemapPart {
    let vma: Handle<VMArea>
    /// The categories that all of its pages have (`cur_vma_category`).
    let own: UInt64
    /// PM_SCAN_WP_MATCHING: pages that match are write-protected, too.
    let protects: Bool
}

/// A scan on its way (`struct pagemap_scan_private` of `fs/proc/task_mmu.c`).
struct PagemapWalk {
    let scan: PagemapScan
    var regions: [PagemapRegion] = []
    var pages: UInt64 = 0
    /// `walk_end`: where the caller is to go on; nil for the end of the range.
    var stop: UInt64?
    /// The walk ends here for want of room.
    var isFull = false

    /// `pagemap_scan_is_interesting_page`.
    func isWanted(_ categories: UInt64) -> Bool {
        let shown = categories ^ scan.inverted
        return shown & scan.mask == scan.mask && (scan.anyOf == 0 || shown & scan.anyOf != 0)
    }

    /// `pagemap_scan_output`: wanted pages that are alike. - Returns: up to where there was room for them.
    mutating func add(_ start: UInt64, _ wantedEnd: UInt64, _ categories: UInt64) -> UInt64 {
        if scan.regionLimit == 0 { return wantedEnd }
        let room = scan.pageLimit == 0 ? UInt64.max : scan.pageLimit - pages
        let count = min((wantedEnd - start) >> 12, room)
        var end = start + count << 12
        if !push(start, end, categories & scan.returned) { end = start }
        pages += (end - start) >> 12
        if end != wantedEnd { (stop, isFull) = (end, true) }
        return end
    }

    /// `pagemap_scan_backout_range`: the regions are again those of a walk before it.
    mutating func backOut(to before: PagemapWalk) {
        (regions, pages, isFull) = (before.regions, before.pages, false)
    }

    /// `pagemap_scan_push_range`.
    private mutating func push(_ start: UInt64, _ end: UInt64, _ categories: UInt64) -> Bool {
        if start == end { return true }
        if let last = regions.last, last.end == start, last.categories == categories {
            regions[regions.count - 1].end = end
            return true
        }
        if regions.count == scan.regionLimit { return false }
        regions.append(PagemapRegion(start: start, end: end, categories: categories))
        return true
    }
}

extension Machine {
    /// PM_SCAN_ flags.
    private enum ScanFlag {
        static let protects: UInt64 = 1
        static let checksSupport: UInt64 = 2
        static let known: UInt64 = 3
    }

    /// PAGEMAP_SCAN of the process's own memory (`do_pagemap_scan`).
    ///
    /// - Returns: the regions, and where the walk ended.
    /// - Throws: EINVAL, EFAULT, ENOMEM; EACCES behind setuid(2); EPERM for PM_SCAN_CHECK_WPASYNC where a VMA is not write-protected asynchronously.
    package func scanPagemap(
        _ process: Int, _ scan: PagemapScan
    ) throws(Errno) -> (regions: [PagemapRegion], end: UInt64) {
        let task = try caller(process)
        // The file has mode 0400, and is root's once the user has changed.
        if !task.mm.pointee.isDumpable, task.user != 0, !task.capabilities.overridesFileModes {
            throw refuse(.EACCES, .mayNotReach(user: task.user, target: 0))
        }
        if scan.flags & ~ScanFlag.known != 0 {
            throw refuse(.EINVAL, .unknownBits("flags", scan.flags, known: ScanFlag.known))
        }
        let categories = scan.inverted | scan.mask | scan.anyOf | scan.returned
        if categories & ~PagemapScan.Category.known != 0 {
            throw refuse(.EINVAL, .unknownBits("categories", categories, known: PagemapScan.Category.known))
        }
        if !scan.start.isPageAligned { throw refuse(.EINVAL, .unaligned("start", scan.start)) }
        let length = scan.end &- scan.start
        if scan.start > AddressSpaceLimit.taskSize || length > AddressSpaceLimit.taskSize - scan.start {
            throw refuse(.EFAULT, .beyondUserSpace(scan.start, length))
        }
        let end = scan.end.pageAlignedUp
        var walk = PagemapWalk(scan: scan)
        var cursor = scan.start
        while cursor < end, !walk.isFull, let vma = findVMA(task.mm, cursor, end) {
            cursor = vma.pointee.end
            try scanVMA(vma, max(scan.start, vma.pointee.start), min(end, cursor), &walk)
        }
        return (walk.regions, walk.stop ?? end)
    }

    /// `pagemap_scan_test_walk` and `pagemap_scan_pmd_entry`.
    private func scanVMA(
        _ vma: Handle<VMArea>, _ start: UInt64, _ end: UInt64, _ walk: inout PagemapWalk
    ) throws(Errno) {
        let isAllowed = isAsynchronous(vma) && usesMarkers(vma)
        if !isAllowed, walk.scan.flags & ScanFlag.checksSupport != 0 {
            throw refuse(.EPERM, .notWriteProtected(vma.pointee.range))
        }
        let protects = walk.scan.flags & ScanFlag.protects != 0
        if protects && !isAllowed || vma.pointee.flags.has(.pfnMap) { return }
        let own = isAllowed ? PagemapScan.Category.writeProtectAllowed : 0
        // pagemap_scan_is_interesting_vma
        let required = walk.scan.mask & PagemapScan.Category.writeProtectAllowed
        if (walk.scan.inverted ^ own) & required != required { return }
        let part = PagemapPart(vma: vma, own: own, protects: protects)
        if vma.pointee.flags.has(.hugeTLB) { return try scanPool(part, start, end, &walk) }
        var cursor = TableCursor(frames, root: vma.pointee.mm.pointee.pgd, start, end)
        while !walk.isFull, let step = cursor.step() {
            switch step {
            case .hole: try scanHole(part, cursor.address, min(cursor.next, end), &walk)
            case .entries(let entries): scanEntries(part, entries, cursor.address, cursor.count, &walk)
            case .huge(let entry, let level):
                if scanHuge(part, entry, level, cursor.address, min(cursor.next, end), &walk) { cursor.again() }
            }
        }
    }

    /// `pagemap_scan_pte_hole`: where no table is, nobody can have protected anything.
    private func scanHole(
        _ part: PagemapPart, _ start: UInt64, _ wantedEnd: UInt64, _ walk: inout PagemapWalk
    ) throws(Errno) {
        let isWatched = part.vma.pointee.flags.has(.userfaultWP)
        let found = part.own | (isWatched ? PagemapScan.Category.written : 0)
        if !walk.isWanted(found) { return }
        let end = walk.add(start, wantedEnd, found)
        if start == end || !part.protects { return }
        if !protectEntries(part.vma, start, end, userfault: .protect) {
            throw refuse(.ENOMEM, .noFrame("a page table"))
        }
    }

    /// The entries of a table (`pagemap_scan_pmd_entry`). What was protected is flushed at once, from the first such page to where the walk
    /// of the table ended.
    private func scanEntries(
        _ part: PagemapPart, _ entries: EntryPointer, _ start: UInt64, _ count: Int, _ walk: inout PagemapWalk
    ) {
        // Without room for regions everything is protected that is not, wanted or not.
        let asks = !part.protects || walk.scan.regionLimit > 0
        var first: UInt64?
        var end = start &+ UInt64(count) << 12
        for index in 0..<count {
            let address = start &+ UInt64(index) << 12
            let found = part.own | categories(of: entries[index], in: part.vma)
            if asks {
                if !walk.isWanted(found) { continue }
                if walk.add(address, address + 4096, found) == address {
                    end = address
                    break
                }
            }
            if part.protects, found & PagemapScan.Category.written != 0 {
                watch(entries + index)
                if first == nil { first = address }
            }
        }
        if let first { flushTLB(part.vma.pointee.mm, first, end, .protect, .userfault) }
    }

    /// `pagemap_scan_thp_entry`. - Returns: whether the entry was split, so that its parts are to be looked at.
    private func scanHuge(
        _ part: PagemapPart, _ entry: EntryPointer, _ level: UInt64, _ start: UInt64, _ wantedEnd: UInt64,
        _ walk: inout PagemapWalk
    ) -> Bool {
        let small = PTE.small(entry.pointee, level, start).rawValue
        let found = part.own | PagemapScan.Category.huge | categories(of: small, in: part.vma)
        if !walk.isWanted(found) { return false }
        let before = walk
        let end = walk.add(start, wantedEnd, found)
        guard start != end, part.protects, found & PagemapScan.Category.written != 0 else { return false }
        // The protection of a part needs entries of its own, and is reported as if there had never been a huge one.
        if end - start != PageSize.large {
            splitHuge(part.vma.pointee.mm, entry, level, start)
            walk.backOut(to: before)
            return true
        }
        switch EntryState(upperLevel: entry.pointee) {
        case .huge, .special: entry.pointee = PTE(rawValue: entry.pointee).writeProtected.rawValue
        case .none, .table, .page, .swap, .marker, .migration: break
        }
        flushTLB(part.vma.pointee.mm, start, end, .protect, .userfault)
        return false
    }

    /// `make_uffd_wp_pte`.
    private func watch(_ entry: EntryPointer) {
        let pte = PTE(rawValue: entry.pointee)
        switch EntryState(lastLevel: pte.rawValue) {
        case .page, .special: entry.pointee = pte.writeProtected.rawValue
        case .none: entry.pointee = EntryMarker.userfaultWP.entry
        // Of a guard or of poison too, which keep the bit when nobody is registered any more.
        case .swap, .marker: entry.pointee |= SwapEntry.userfaultWPBit
        case .migration, .table, .huge: break
        }
    }

    /// `pagemap_page_category`.
    func categories(of entry: UInt64, in vma: Handle<VMArea>) -> UInt64 {
        var written = PagemapScan.Category.written
        if PTE(rawValue: entry).isPresent, entry & PTE.userfaultWPBit != 0 { written = 0 }
        switch EntryState(lastLevel: entry) {
        case .none: return written
        case .swap, .migration:
            if entry & SwapEntry.userfaultWPBit != 0 { written = 0 }
            return written | PagemapScan.Category.swapped
        case .marker(let marker):
            let guarded = marker.contains(.guardRegion) ? PagemapScan.Category.guarded : 0
            if marker.contains(.userfaultWP) || entry & SwapEntry.userfaultWPBit != 0 { written = 0 }
            return written | PagemapScan.Category.swapped | guarded
        case .special:
            // A page of the vdso is an ordinary one there.
            let kind = vma.pointee.kind == .special ? PagemapScan.Category.file : PagemapScan.Category.zero
            return written | PagemapScan.Category.present | kind
        case .page(let pfn):
            let isFile = !folio(of: pfn).isAnonymous
            return written | PagemapScan.Category.present | (isFile ? PagemapScan.Category.file : 0)
        case .table, .huge: preconditionFailure(EntryState.misplaced)
        }
    }
}
