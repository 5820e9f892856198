extension Machine {
    /// `free_huge_folio`: a page of the pool whose last reference is gone goes back to it; a surplus one goes to the allocator.
    @inline(never)
    func freePoolPage(_ pfn: PFN, _ head: UnsafeMutablePointer<PageRecord>) {
        precondition(Folio(of: pfn, head).mapCount == 0, "a huge page is freed that is still mapped")
        if head.pointee.has(.restoresReserve) { hugePool.reserved += 1 }
        head.pointee.flags = [.head, .hugeTLB]
        head.pointee.clearOwner()
        if hugePool.surplus > 0 {
            hugePool.surplus -= 1
            dissolvePoolPage(pfn)
        } else {
            hugePool.free.append(pfn)
            if isTracing { emit(.hugePageReturned, .none, 0, pfn) }
        }
    }

    /// `tlb_finish_mmu`: frees what a zap has gathered.
    func finishGathering() {
        hugePool.isGathering = false
        let pages = hugePool.gathered
        hugePool.gathered = []
        for pfn in pages { putPage(pfn) }
    }
}
