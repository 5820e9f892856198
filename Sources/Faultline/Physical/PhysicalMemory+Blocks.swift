extension PhysicalMemory {
    /// 2^order frames side by side, aligned to their size, with one reference on the first.
    ///
    /// Precondition: order is 1 to 10.
    @inline(never)
    mutating func allocateBlock(_ request: AllocationRequest) -> PFN? {
        precondition((1...Zone.maxOrder).contains(request.order), "an order is 0 to 10")
        if let block = takeWhole(request) { return block }
        // Single frames on the per-CPU lists may be what keeps blocks apart.
        drainAll()
        return takeWhole(request)
    }

    private mutating func takeWhole(_ request: AllocationRequest) -> PFN? {
        for index in zones.indices.reversed() where zones[index].start < request.limit {
            let size: UInt64 = 1 << UInt64(request.order)
            guard zones[index].free >= kept(index, request) + size else { continue }
            if let block = takeBlock(index, request.order) {
                for pfn in block..<block + size {
                    page(pfn).pointee.flags = []
                    page(pfn).pointee.lines = 0
                    frames.setUniform(pfn, 0)
                }
                page(block).pointee.refcount = 1
                return block
            }
        }
        return nil
    }

    /// Gives a block back. Precondition: it came from ``allocate(_:)`` with this order.
    mutating func free(_ pfn: PFN, order: Int) {
        precondition((0...Zone.maxOrder).contains(order), "an order is 0 to 10")
        precondition(pfn & ((1 << UInt64(order)) - 1) == 0, "a block is aligned to its size")
        precondition(!page(pfn).pointee.hasAny([.buddy, .perCPU]), "a block is freed twice")
        page(pfn).pointee.refcount = 0
        freeBlock(node.zoneIndex(pfn), pfn, order)
    }
}
