extension Machine {
    /// MADV_COLLAPSE of a part of one VMA (`madvise_collapse`): each 2 MiB in it becomes a huge page now.
    ///
    /// - Throws: EINVAL, ENOMEM, EBUSY, EAGAIN, as the last 2 MiB say that could not be collapsed.
    func adviseCollapse(_ vma: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress) throws(Errno) {
        guard mayHaveWholePages(vma, .collapse) else { throw refuse(.EINVAL, .noCollapse(vma.pointee.range)) }
        // Pages in the batches could not be isolated (lru_add_drain_all); this comes before the range is looked at.
        drainAllBatches()
        let mask = PageSize.large - 1
        let first = (start &+ mask) & ~mask
        let last = end & ~mask
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
}
