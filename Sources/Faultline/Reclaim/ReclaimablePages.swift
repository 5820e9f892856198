extension Machine {
    /// Where memory was low since the last call, looks whether the kernel would have reclaimed some.
    func noteReclaimablePages() {
        guard physical.wasLow, !everUnmodelled.contains(.reclaim) else { return }
        // Each time that memory is found to be low costs one look.
        physical.wasLow = false
        if hasReclaimablePages { meet(.reclaim) }
    }

    /// Whether reclaim (`shrink_folio_list`) would find something without swap: clean pages of files on the disk, or pages that
    /// MADV_FREE gave away. Costs a look at every page that is mapped.
    private var hasReclaimablePages: Bool {
        if nodeStatistics.diskPages > nodeStatistics.dirty + nodeStatistics.writeback { return true }
        for process in processes where process.isAlive {
            var cursor = process.mm.pointee.tree.cursor()
            while let vma = cursor.next() {
                var found = false
                forEachPresentEntry(vma, vma.pointee.start, vma.pointee.end) { _, entry in
                    let record = page(PTE(rawValue: entry.pointee).pfn)
                    if record.pointee.isAnonymous, !record.pointee.has(PageFlag.swapBacked) { found = true }
                }
                if found { return true }
            }
        }
        return false
    }
}
