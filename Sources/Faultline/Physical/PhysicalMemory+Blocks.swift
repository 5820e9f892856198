extension PhysicalMemory {
    /// 2^order frames side by side, aligned to their size, with one reference on the first.
    ///
    /// Precondition: order is 1 to 10.
    @inline(never)
    mutating func allocateBlock(_ request: AllocationRequest) -> PFN? {
        precondition((1...Zone.maxOrder).contains(request.order), "an order is 0 to 10")
        if failures != nil, countAllocation() { return nil }
        guard let block = takeFromPreferredList(request) ?? takeFrames(request) else { return nil }
        if request.flags.contains(.zero) {
            for pfn in block..<block + 1 << UInt64(request.order) {
                page(pfn).pointee.flags = []
                page(pfn).pointee.lines = 0
                frames.setUniform(pfn, 0)
            }
        }
        page(block).pointee.flags = []
        page(block).pointee.refcount = 1
        return block
    }

    /// The quick way of a block that a list of the preferred zone has.
    @inline(__always)
    private mutating func takeFromPreferredList(_ request: AllocationRequest) -> PFN? {
        guard PerCPUPages.allows(order: request.order), !request.flags.contains(.dma), !request.flags.contains(.dma32),
            request.node < 0, request.nodes == .max
        else { return nil }
        let zone = request.flags.contains(.movable) ? preferredForMovable : preferred
        // A zone that has no such block left serves none from its lists either: those are looked at behind the watermark.
        guard zone.isAbove(zone.pointee.servingMark, request.order, zone.pointee.kind, []) else { return nil }
        let list = PerCPUPages.list(order: request.order, type: request.migrateType)
        guard let pfn = zone.pointee.perCPU.rings[list].pop() else { return nil }
        zone.pointee.perCPU.count &-= 1 << request.order
        zone.pointee.perCPU.freeCount &>>= 1
        zone.pointee.allocations &+= 1
        page(pfn).pointee.order = 0
        return pfn
    }

    /// Gives a block back. Precondition: it came from ``allocate(_:)`` with this order.
    mutating func free(_ pfn: PFN, order: Int) {
        precondition((0...Zone.maxOrder).contains(order), "an order is 0 to 10")
        precondition(pfn & ((1 << UInt64(order)) - 1) == 0, "a block is aligned to its size")
        precondition(!page(pfn).pointee.hasAny([.buddy, .perCPU]), "a block is freed twice")
        freeElsewhere(pfn, order)
    }

    /// `split_large_buddy`: each page block by its own type.
    func freeByPageBlocks(_ index: Int, _ pfn: PFN, _ order: Int) {
        let part = min(order, PageBlocks.order)
        for block in stride(from: pfn, to: pfn + 1 << UInt64(order), by: 1 << part) {
            freeBlock(index, block, part, nodes.blocks[block])
        }
    }
}
