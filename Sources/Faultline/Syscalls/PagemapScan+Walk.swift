/// A scan on its way (`struct pagemap_scan_private` of `fs/proc/task_mmu.c`).
private struct PagemapWalk {
    let scan: PagemapScan
    var regions: [PagemapRegion] = []
    var pages: UInt64 = 0
    /// Where it stopped for want of room; nil while there is some.
    var stop: UInt64?

    /// `pagemap_scan_is_interesting_page`.
    func isWanted(_ categories: UInt64) -> Bool {
        let shown = categories ^ scan.inverted
        return shown & scan.mask == scan.mask && (scan.anyOf == 0 || shown & scan.anyOf != 0)
    }

    /// `pagemap_scan_output`: pages that are alike. - Returns: whether there was room for all of them.
    mutating func add(_ start: UInt64, _ wantedEnd: UInt64, _ categories: UInt64) -> Bool {
        if !isWanted(categories) || scan.regionLimit == 0 { return true }
        let room = scan.pageLimit == 0 ? UInt64.max : scan.pageLimit - pages
        let count = min((wantedEnd - start) >> 12, room)
        var end = start + count << 12
        if !push(start, end, categories & scan.returned) { end = start }
        pages += (end - start) >> 12
        if end == wantedEnd { return true }
        stop = end
        return false
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
    /// - Throws: EINVAL, EFAULT; EPERM for PM_SCAN_CHECK_WPASYNC where a VMA is not write-protected asynchronously.
    package func scanPagemap(
        _ process: Int, _ scan: PagemapScan
    ) throws(Errno) -> (regions: [PagemapRegion], end: UInt64) {
        let task = try caller(process)
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
        while cursor < end, walk.stop == nil, let vma = findVMA(task.mm, cursor, end) {
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
        let mm = vma.pointee.mm
        defer { if protects { flushTLB(mm, start, end, .protect, .userfault) } }
        var cursor = TableCursor(frames, root: mm.pointee.pgd, start, end)
        while let step = cursor.step() {
            switch step {
            case .hole(let level):
                let stop = min(cursor.next, end)
                // pagemap_hugetlb_category: what a table could hold is huge already.
                let isPool = vma.pointee.flags.has(.hugeTLB) && level == PageTableLevel.pmd
                let found = isPool ? own | PagemapScan.Category.huge : own
                let isWanted = walk.isWanted(found)
                if !walk.add(cursor.address, stop, found) { return }
                if protects, isWanted { protectEntries(vma, cursor.address, stop, userfault: .protect) }
            case .entries(let entries):
                for index in 0..<cursor.count {
                    let address = cursor.address &+ UInt64(index) << 12
                    let found = own | categories(of: entries[index], in: vma)
                    let isWanted = walk.isWanted(found)
                    if !walk.add(address, address + 4096, found) { return }
                    if protects, isWanted, found & PagemapScan.Category.written != 0 { watch(entries + index) }
                }
            case .huge(let entry, let level):
                let small = PTE.small(entry.pointee, level, cursor.address).rawValue
                let found = own | PagemapScan.Category.huge | categories(of: small, in: vma)
                let isWanted = walk.isWanted(found)
                if !walk.add(cursor.address, min(cursor.next, end), found) { return }
                if protects, isWanted, found & PagemapScan.Category.written != 0 {
                    protectEntries(vma, cursor.address, min(cursor.next, end), userfault: .protect)
                }
            }
        }
    }

    /// `make_uffd_wp_pte`.
    private func watch(_ entry: EntryPointer) {
        let pte = PTE(rawValue: entry.pointee)
        switch EntryState(lastLevel: pte.rawValue) {
        case .page, .special: entry.pointee = pte.writeProtected.rawValue
        case .none: entry.pointee = EntryMarker.userfaultWP.entry
        case .swap: entry.pointee |= SwapEntry.userfaultWPBit
        case .marker, .migration, .table, .huge: break
        }
    }

    /// `pagemap_page_category`.
    private func categories(of entry: UInt64, in vma: Handle<VMArea>) -> UInt64 {
        var written = PagemapScan.Category.written
        if PTE(rawValue: entry).isPresent, entry & PTE.userfaultWPBit != 0 { written = 0 }
        switch EntryState(lastLevel: entry) {
        case .none: return written
        case .swap, .migration:
            if entry & SwapEntry.userfaultWPBit != 0 { written = 0 }
            return written | PagemapScan.Category.swapped
        case .marker(let marker):
            let guarded = marker.contains(.guardRegion) ? PagemapScan.Category.guarded : 0
            if marker.contains(.userfaultWP) { written = 0 }
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
