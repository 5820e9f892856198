/// Large folios of memory files (`mm/shmem.c`).
extension Machine {
    /// The end of `shmem_get_folio_gfp` for a page that is there, in a large folio.
    @inline(never)
    func cachedLargePage(_ cached: CacheEntry, _ index: UInt64, _ use: ShmemUse) -> PFN {
        let head = page(cached.head)
        if use == .write { markAccessed(cached.head, head) }
        // Contents are zeros since the folio came.
        if use != .write { head.pointee.set(.uptodate) }
        return cached.frame(at: index)
    }

    /// `shmem_alloc_and_add_folio` of the orders that are allowed there: the largest whose place in the file is empty.
    ///
    /// - Returns: the page of the index; nil where a single page must do.
    @inline(never)
    func largeShmemPage(
        _ mapping: Handle<FileMapping>, _ index: UInt64, _ use: ShmemUse, _ demand: ShmemDemand
    ) -> PFN? {
        if demand.vma == nil, use == .cache { return nil }
        var orders = sharedMemoryOrders(mapping, demand.vma, index, writeEnd: demand.writeEnd)
        orders = suitable(orders, mapping, index, demand)
        var request = AllocationRequest.hugePage
        request.flags = hugePageFlags(demand.vma)
        while orders != 0 {
            let order = Self.highest(orders)
            request.order = Int(order)
            if let folio = allocateLarge(request, isZeroed: true) { return add(folio, mapping, index, use) }
            if order == 9 { huge.counts.fileFallbacks += 1 }
            orders &= ~(1 << order)
        }
        return nil
    }

    /// `shmem_suitable_orders`: from the largest order down that the VMA has room for, and whose place in the file is empty.
    private func suitable(
        _ allowed: UInt32, _ mapping: Handle<FileMapping>, _ index: UInt64, _ demand: ShmemDemand
    ) -> UInt32 {
        var orders = allowed
        if let vma = demand.vma {
            while orders != 0, !holdsFileFolio(vma, demand.address, Self.highest(orders)) {
                orders &= ~(1 << Self.highest(orders))
            }
        }
        while orders != 0 {
            let last: UInt64 = 1 << UInt64(Self.highest(orders)) - 1
            if mapping.pointee.pages.next(from: index & ~last, through: index | last) == nil { break }
            orders &= ~(1 << Self.highest(orders))
        }
        return orders
    }

    /// The rest of it: the folio is charged and becomes the file's.
    private func add(_ folio: Folio, _ mapping: Handle<FileMapping>, _ index: UInt64, _ use: ShmemUse) -> PFN? {
        let (order, pages) = (folio.order, folio.pageCount)
        guard chargeLarge(folio) else {
            if order == 9 {
                huge.counts.fileFallbacks += 1
                huge.counts.fileFallbackCharges += 1
            }
            return nil
        }
        if mapping.pointee.chargesByPage, !mayChargeShmem(mapping, pages) {
            putPage(folio.pfn, folio.head)
            return nil
        }
        if order == 9 { huge.counts.fileFaults += 1 }
        if use == .cache { folio.head.pointee.set(.uptodate) }
        if use == .write { folio.head.pointee.set(.referenced) }
        addLargeToCache(folio, mapping, index & ~(pages - 1))
        if memoryGroup.isCharging, index | (pages - 1) >= mapping.pointee.endIndex { meet(.sharedHugePages) }
        return folio.pfn + index & (pages - 1)
    }

    /// `shmem_add_to_page_cache` of a large folio; the frame's reference becomes one of the cache's.
    func addLargeToCache(_ folio: Folio, _ mapping: Handle<FileMapping>, _ first: UInt64) {
        let (order, pages) = (folio.order, folio.pageCount)
        folio.head.pointee.mapping = mapping.bits
        folio.head.pointee.index = first
        folio.get(Int32(pages) - 1)
        mapping.pointee.pages.store(first, CacheEntry(page: folio.pfn, order: order).rawValue, order: order)
        mapping.pointee.pageCount += pages
        if mapping.pointee.kind == .disk {
            nodeStatistics.diskPages += Int64(pages)
        } else {
            folio.head.pointee.set(.swapBacked)
            nodeStatistics.shmem += Int64(pages)
            if order == 9 { huge.counts.shared += 1 }
        }
        addLargeToLRU(folio, in: [])
    }

    /// `filemap_remove_folio` of a large folio. Precondition: no one maps it.
    @inline(never)
    func removeLargeFromCache(
        _ folio: Folio, _ mapping: Handle<FileMapping>, keepsCharge: Bool, shadow: UInt64 = 0
    ) {
        precondition(folio.mapCount == 0, "a folio leaves the page cache that is still mapped")
        let pages = folio.pageCount
        if mapping.pointee.kind == .disk {
            finishWriteback(folio.pfn)
            // folio_cancel_dirty.
            if folio.head.pointee.has(.dirty) { nodeStatistics.dirty -= Int64(pages) }
            folio.head.pointee.clear(.dirty)
            releaseBuffer(folio.pfn)
        }
        if mapping.pointee.chargesByPage {
            if keepsCharge {
                mapping.pointee.surplusCharges += pages
            } else {
                unchargeShmemPages(mapping, pages)
            }
        }
        noteLeft(folio, mapping)
        let first = folio.head.pointee.index
        mapping.pointee.pages.erase(first)
        if shadow != 0 { leaveShadows(mapping, folio, first, shadow) }
        folio.head.pointee.mapping = 0
        folio.head.pointee.clear(.dirty)
        folio.head.pointee.refcount -= Int32(pages) - 1
        putPage(folio.pfn, folio.head)
    }

    /// The counters of a folio that is the file's no more.
    func noteLeft(_ folio: Folio, _ mapping: Handle<FileMapping>) {
        mapping.pointee.pageCount -= folio.pageCount
        if mapping.pointee.kind == .disk {
            nodeStatistics.diskPages -= Int64(folio.pageCount)
            return
        }
        nodeStatistics.shmem -= Int64(folio.pageCount)
        if folio.order == 9 { huge.counts.shared -= 1 }
    }
}
