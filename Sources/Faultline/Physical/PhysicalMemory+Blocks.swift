extension PhysicalMemory {
    /// 2^order frames side by side, aligned to their size, with one reference on the first.
    ///
    /// Precondition: order is 0 to 10.
    mutating func allocate(order: Int) -> PFN? {
        precondition((0...Zone.maxOrder).contains(order), "an order is 0 to 10")
        if order == 0 { return allocate() }
        if let block = allocateBlock(order) { return block }
        // Single frames on the per-CPU lists may be what keeps blocks apart (`drain_all_pages`).
        drainAll()
        return allocateBlock(order)
    }

    private mutating func drainAll() {
        for index in zones.indices {
            for position in 0..<zones[index].pcpCount { freeBlock(index, zones[index].pcp[position], 0) }
            zones[index].pcpCount = 0
        }
        for position in 0..<tableFrameCount { freeBlock(zoneIndex(tableFrames[position]), tableFrames[position], 0) }
        tableFrameCount = 0
    }

    private mutating func allocateBlock(_ order: Int) -> PFN? {
        for index in zones.indices.reversed() {
            let reserve = zones[index].minimum + zones[index].lowmemReserve
            guard zones[index].free >= reserve + (1 << UInt64(order)) else { continue }
            if let block = takeBlock(index, order) {
                for pfn in block..<(block + (1 << UInt64(order))) {
                    page(pfn).pointee.flags = []
                    frames.setUniform(pfn, 0)
                }
                page(block).pointee.refcount = 1
                return block
            }
        }
        return nil
    }

    /// Gives a block back. Precondition: it came from ``allocate(order:)`` with this order.
    mutating func free(_ pfn: PFN, order: Int) {
        precondition((0...Zone.maxOrder).contains(order), "an order is 0 to 10")
        precondition(pfn & ((1 << UInt64(order)) - 1) == 0, "a block is aligned to its size")
        precondition(!page(pfn).pointee.hasAny([.buddy, .perCPU]), "a block is freed twice")
        page(pfn).pointee.refcount = 0
        freeBlock(zoneIndex(pfn), pfn, order)
    }
}
