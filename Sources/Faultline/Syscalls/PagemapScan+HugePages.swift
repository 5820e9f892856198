/// PAGEMAP_SCAN of huge pages of the pool (`fs/proc/task_mmu.c`).
extension Machine {
    /// `walk_hugetlb_range` of a scan: page by page, of which each end may be a part.
    func scanPool(
        _ part: PagemapPart, _ start: UInt64, _ end: UInt64, _ walk: inout PagemapWalk
    ) throws(Errno) {
        var address = start
        while address < end, !walk.isFull {
            let next = min((address | (PageSize.large - 1)) &+ 1, end)
            if let entry = poolEntry(part.vma.pointee.mm, address) {
                scanPoolEntry(part, entry, address, next, &walk)
            } else {
                try scanPoolHole(part, address, next, &walk)
            }
            address = next
        }
    }

    /// `pagemap_scan_hugetlb_entry`. An empty entry of a table that is there counts as neither written nor protected.
    private func scanPoolEntry(
        _ part: PagemapPart, _ entry: EntryPointer, _ start: UInt64, _ wantedEnd: UInt64, _ walk: inout PagemapWalk
    ) {
        let found = part.own | PagemapScan.Category.huge | poolCategories(entry.pointee, start, part.vma)
        if !walk.isWanted(found) { return }
        let before = walk
        let end = walk.add(start, wantedEnd, found)
        guard start != end, part.protects, found & PagemapScan.Category.written != 0 else { return }
        if end - start != PageSize.large {
            // Nobody can split it. The caller is to begin with it again, though the walk goes on.
            walk.backOut(to: before)
            walk.stop = start
            return
        }
        // Marks stay as they are.
        if poolFolio(entry.pointee) != nil {
            setUpperEntry(entry, PTE(rawValue: entry.pointee).writeProtected.rawValue)
        }
        flushTLB(part.vma.pointee.mm, start, end, .protect, .userfault)
    }

    /// `pagemap_hugetlb_category`.
    private func poolCategories(_ entry: UInt64, _ address: UInt64, _ vma: Handle<VMArea>) -> UInt64 {
        if entry == 0 { return 0 }
        return categories(of: PTE.small(entry, PageTableLevel.pmd, address).rawValue, in: vma)
    }

    /// `pagemap_scan_pte_hole` and `pagemap_scan_hugetlb_hole_wp`: no table is there for the entry, so it gets one with a mark.
    private func scanPoolHole(
        _ part: PagemapPart, _ start: UInt64, _ wantedEnd: UInt64, _ walk: inout PagemapWalk
    ) throws(Errno) {
        if !walk.isWanted(part.own) { return }
        let end = walk.add(start, wantedEnd, part.own)
        if start == end || !part.protects { return }
        guard let entry = allocatePMD(part.vma.pointee.mm, start) else {
            throw refuse(.ENOMEM, .noFrame("a page table"))
        }
        if entry.pointee == 0 { setUpperEntry(entry, EntryMarker.userfaultWP.entry) }
    }
}
