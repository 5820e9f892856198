extension Machine {
    /// MADV_WILLNEED of anonymous memory (`swapin_walk_pmd_entry`): what the entries name comes into the swap cache.
    func readSwapped(_ vma: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress) {
        forEachSwapped(vma, start, end) { _, _, slot in
            if let read = readSwapCache(slot) { putPage(read.pfn) }
        }
    }

    /// MADV_FREE of pages in the swap area (`madvise_free_pte_range`): they are gone at once.
    func discardSwapped(_ vma: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress) {
        forEachSwapped(vma, start, end) { _, entry, slot in
            entry.pointee = 0
            vma.pointee.mm.pointee.swapEntries &-= 1
            discardSwapEntry(slot)
        }
    }
}
