extension Machine {
    /// MADV_COLLAPSE of a part of one VMA (`madvise_collapse`). There are no huge pages, so that nothing is collapsed; but a range
    /// that holds no whole 2 MiB asks for nothing, and gets it.
    ///
    /// - Throws: EINVAL.
    func adviseCollapse(_ vma: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress) throws(Errno) {
        let mask = PageSize.large - 1
        // The kernel compares the count of collapsed pages with this difference, which is negative within a large page.
        guard mayCollapse(vma) else { throw refuse(.EINVAL, .noCollapse(vma.pointee.range)) }
        // Pages in the batches could not be isolated (lru_add_drain_all); this comes before the range is looked at.
        drainBatches()
        if (start &+ mask) & ~mask == end & ~mask { return }
        meet(.collapse)
        throw refuse(.EINVAL, .noCollapse(vma.pointee.range))
    }

    /// `thp_vma_allowable_order` for a collapse that the program asks for: what MADV_HUGEPAGE said does not matter.
    private func mayCollapse(_ vma: Handle<VMArea>) -> Bool {
        let flags = vma.pointee.flags
        if flags.has(.noHugePage) || flags.hasAny(.special) || vma.pointee.mm.pointee.hugePagesDisabled == 1 {
            return false
        }
        guard holdsLargePage(vma) else { return false }
        guard let file = vma.pointee.file else { return vma.pointee.anonVMA != nil }
        // Only shmem has huge pages, and their places in the file must fit those in memory.
        return file.pointee.mapping.pointee.kind != .disk
            && (vma.pointee.start >> 12 &- vma.pointee.pgoff) % (PageSize.large >> 12) == 0
    }
}
