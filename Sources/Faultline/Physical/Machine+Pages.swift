extension Machine {
    /// The record of a frame.
    @inline(__always)
    func page(_ pfn: PFN) -> UnsafeMutablePointer<PageRecord> { frames.page(pfn) }

    /// The folio that a frame belongs to (`page_folio`).
    @inline(__always)
    func folio(of pfn: PFN) -> Folio { frames.folio(of: pfn) }

    /// `alloc_pages`: frames that read zero, with one reference on the first.
    @inline(__always)
    func allocatePage(_ request: AllocationRequest) -> PFN? {
        let pfn = placesByPolicy ? allocateByPolicy(request) : physical.allocate(request)
        if isTracing { tell(request, pfn) }
        return pfn
    }

    /// One of `alloc_pages_bulk`: the tracepoint is silent on it, but for blocks that it took from other types.
    @inline(__always)
    func allocateInBulk(_ request: AllocationRequest) -> PFN? {
        let pfn = placesByPolicy ? allocateByPolicy(request, inBulk: true) : physical.allocate(request)
        if isTracing { tellFallbacks() }
        return pfn
    }

    /// A large folio of its own, with one reference; nil where no block of the size can be had.
    func allocateLarge(_ request: AllocationRequest, isZeroed: Bool) -> Folio? {
        guard let pfn = allocatePage(request) else { return nil }
        let order = UInt64(request.order)
        return isZeroed ? Folio.makeZeroed(pfn, order: order, in: frames) : Folio.make(pfn, order: order, in: frames)
    }

    /// The same for a page table, whose contents are real.
    ///
    /// - Parameter isDeposit: for a table that waits for a split, which fills it.
    func allocateTableFrame(isDeposit: Bool = false) -> PFN? {
        let pfn: PFN?
        if placesByPolicy {
            pfn = allocateByPolicy(.pageTable)
            if let pfn { physical.clearTable(pfn) }
        } else {
            pfn = isDeposit ? physical.allocateDeposit() : physical.allocateTable()
        }
        if memoryGroup.isCharging, let pfn {
            // obj_cgroup_charge_pages: what the kernel takes for a process counts, but here it never waits for room.
            memoryGroup.usage += 1
            page(pfn).pointee.set(.charged)
        }
        if isTracing { tell(.pageTable, pfn) }
        return pfn
    }

    /// `mm_page_alloc`, behind what it took from others.
    @inline(never)
    private func tell(_ request: AllocationRequest, _ pfn: PFN?) {
        tellFallbacks()
        guard let pfn else { return }
        let type = UInt64(request.migrateType.rawValue) << 8
        emit(.pageAllocated, .none, UInt64(request.order) | type | UInt64(request.flags.rawValue) << 16, pfn)
    }

    /// `mm_page_alloc_extfrag`.
    private func tellFallbacks() {
        for fallback in physical.takeFallbacks() {
            let orders = UInt64(fallback.order) | UInt64(fallback.fallbackOrder) << 8 | UInt64(PageBlocks.order) << 16
            let types = UInt64(fallback.type.rawValue) << 24 | UInt64(fallback.fallbackType.rawValue) << 32
            let how: UInt64 = (fallback.isFragmenting ? 1 << 40 : 0) | (fallback.changedOwner ? 1 << 41 : 0)
            emit(.pageTakenFromOthers, .none, orders | types | how, fallback.pfn)
        }
    }

    /// Counters of the node (`vm_stat[]`).
    @inline(__always)
    var nodeStatistics: NodeStatistics {
        get { physical.nodes.statistics }
        _modify { yield &physical.nodes.statistics }
    }
}

extension Machine {
    /// Takes a block of an order from the page allocator and gives it back, again and again: what `faultline-bench` measures.
    package func takeAndGiveBack(order: Int, count: UInt64) {
        for _ in 0..<count {
            if order == 0 {
                guard let pfn = physical.allocate(.anonymous) else { return }
                physical.free(pfn)
            } else {
                guard let pfn = physical.allocate(AllocationRequest(.highUserMovable, order: order)) else { return }
                physical.free(pfn, order: order)
            }
        }
    }
}
