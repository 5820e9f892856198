extension Machine {
    /// THPeligible: with `transparent_hugepage/enabled` at madvise, private memory that was advised and holds an aligned
    /// 2 MiB.
    func isHugePageEligible(_ vma: Handle<VMArea>) -> Bool {
        let flags = vma.pointee.flags
        return vma.pointee.isAnonymous && flags.has(.hugePage) && !flags.has(.noHugePage)
            && vma.pointee.mm.pointee.hugePagesDisabled != 1 && holdsLargePage(vma)
    }

    /// A fault may be about to make a table in the place of a huge page. Precondition: a program advised huge pages.
    @inline(never)
    func noteRoomForHugePage(_ vma: Handle<VMArea>, _ address: VirtualAddress) {
        if findPTE(vma.pointee.mm, address) == nil { meetHugePages(vma) }
    }

    /// Private memory is now advised to have huge pages, or a fault makes a table for such memory.
    func meetHugePages(_ vma: Handle<VMArea>) {
        if isHugePageEligible(vma) { meet(.hugePages) }
    }

    /// `thp_vma_suitable_order`: an aligned 2 MiB lies within. The kernel's sum wraps, so that every VMA that ends below 2 MiB
    /// passes.
    func holdsLargePage(_ vma: Handle<VMArea>) -> Bool {
        (vma.pointee.end &- PageSize.large) & ~(PageSize.large - 1) >= vma.pointee.start
    }
}
