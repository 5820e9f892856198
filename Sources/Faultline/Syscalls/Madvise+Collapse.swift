extension Machine {
    /// MADV_COLLAPSE of a part of one VMA (`madvise_collapse`): each 2 MiB in it becomes a huge page now.
    ///
    /// - Throws: EINVAL, ENOMEM, EBUSY, EAGAIN, as the last 2 MiB say that could not be collapsed.
    func adviseCollapse(_ vma: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress) throws(Errno) {
        guard mayCollapse(vma) else { throw refuse(.EINVAL, .noCollapse(vma.pointee.range)) }
        // Pages in the batches could not be isolated (lru_add_drain_all); this comes before the range is looked at.
        drainBatches()
        let mask = PageSize.large - 1
        let first = (start &+ mask) & ~mask
        let last = end & ~mask
        if vma.pointee.file != nil, first < last {
            meet(.collapse)
            throw refuse(.EINVAL, .noCollapse(vma.pointee.range))
        }
        huge.isLooked = true
        var collapsed: UInt64 = 0
        var failure = CollapseResult.failed
        var address = first
        while address < last {
            let result = collapse(vma, address, isScan: false)
            if result == .succeeded || result == .alreadyHuge {
                collapsed += 1
            } else {
                failure = result
                if !result.goesOn { break }
            }
            address += PageSize.large
        }
        // The kernel compares with this difference, which is negative within 2 MiB.
        if collapsed != (last &- first) >> 21 { throw refuse(failure.errno, .noCollapse(vma.pointee.range)) }
    }

    /// `thp_vma_allowable_order` for a collapse that the program asks for: what MADV_HUGEPAGE said does not matter.
    private func mayCollapse(_ vma: Handle<VMArea>) -> Bool {
        guard let file = vma.pointee.file else { return mayHaveWholePages(vma, .collapse) }
        let flags = vma.pointee.flags
        if flags.has(.noHugePage) || flags.hasAny(.special) || vma.pointee.mm.pointee.hugePagesDisabled == 1 {
            return false
        }
        // Only shmem has huge pages, and their places in the file must fit those in memory.
        return holdsLargePage(vma) && file.pointee.mapping.pointee.kind != .disk
            && (vma.pointee.start >> 12 &- vma.pointee.pgoff) % (PageSize.large >> 12) == 0
    }
}
