/// How large the pool of huge pages is, and what of it is promised (`mm/hugetlb.c`).
extension Machine {
    /// `alloc_fresh_hugetlb_folio`: 2 MiB of the allocator's for the pool, without a reference. - Returns: the first frame.
    func makePoolPage() -> PFN? {
        var request = AllocationRequest.hugePage
        request.flags = GFPFlags.highUserMovable.union(.compound).union(.noWarn)
        return allocatePage(request).map(takeIntoPool)
    }

    /// `init_new_hugetlb_folio`: makes 2 MiB of the allocator's a page of the pool that nobody has.
    func takeIntoPool(_ pfn: PFN) -> PFN {
        let folio = Folio.make(pfn, order: 9, in: frames)
        folio.head.pointee.set(.hugeTLB)
        folio.head.pointee.refcount = 0
        hugePool.total += 1
        return pfn
    }

    /// `remove_hugetlb_folio` and `update_and_free_hugetlb_folio`: gives a page to the allocator. Precondition: nobody has it, and it is
    /// not on the free list.
    func dissolvePoolPage(_ pfn: PFN) {
        let head = page(pfn)
        head.pointee.flags = .head
        head.pointee.clearOwner()
        hugePool.total -= 1
        if isTracing { emit(.pageFreed, .none, 9, pfn) }
        physical.free(pfn, head)
    }

    /// `alloc_surplus_hugetlb_folio`: a page above nr_hugepages, where nr_overcommit_hugepages allows one more.
    func makeSurplusPage() -> PFN? {
        guard hugePool.surplus < hugePool.overcommit, let pfn = makePoolPage() else { return nil }
        hugePool.surplus += 1
        return pfn
    }

    /// `set_max_huge_pages`: what a write to nr_hugepages does. Pages in use, or promised, become surplus ones.
    func resizePool(to wanted: Int64) {
        hugePool.isUsed = true
        defer { emit(.hugePoolChanged, .none, 0, UInt64(max(0, hugePool.total))) }
        while hugePool.surplus > 0, wanted > hugePool.persistent { hugePool.surplus -= 1 }
        while wanted > hugePool.persistent {
            guard let pfn = makePoolPage() else { return }
            hugePool.free.append(pfn)
        }
        let needed = max(wanted, hugePool.reserved + hugePool.total - Int64(hugePool.free.count))
        while needed < hugePool.persistent, let pfn = hugePool.free.popLast() { dissolvePoolPage(pfn) }
        // adjust_pool_surplus
        while wanted < hugePool.persistent, hugePool.surplus < hugePool.total { hugePool.surplus += 1 }
    }

    /// `hugetlb_acct_memory`: promises pages, with surplus ones where the free ones are too few; or takes promises back.
    ///
    /// - Returns: false where there are not enough, and nothing has changed.
    func promisePoolPages(_ count: Int64) -> Bool {
        if count == 0 { return true }
        if count < 0 {
            withdrawPromises(-count)
            return true
        }
        // gather_surplus_pages
        var made: [PFN] = []
        while hugePool.reserved + count > Int64(hugePool.free.count + made.count) {
            guard let pfn = makeSurplusPage() else {
                for pfn in made {
                    hugePool.surplus -= 1
                    dissolvePoolPage(pfn)
                }
                return false
            }
            made.append(pfn)
        }
        hugePool.reserved += count
        hugePool.free += made
        // allowed_mems_nr: so many must be free, whatever is promised; they need not be where a promise was taken before it was made.
        if count > Int64(hugePool.free.count) {
            withdrawPromises(count)
            return false
        }
        if isTracing { emit(.hugePagesPromised, .none, 0, UInt64(bitPattern: hugePool.reserved)) }
        return true
    }

    /// `return_unused_surplus_pages`.
    private func withdrawPromises(_ count: Int64) {
        hugePool.reserved -= count
        for _ in 0..<min(count, hugePool.surplus) {
            guard hugePool.surplus > 0, let pfn = hugePool.free.popLast() else { break }
            hugePool.surplus -= 1
            dissolvePoolPage(pfn)
        }
        if isTracing { emit(.hugePagesPromised, .none, 0, UInt64(bitPattern: hugePool.reserved)) }
    }
}
