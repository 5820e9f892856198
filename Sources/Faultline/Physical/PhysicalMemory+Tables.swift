extension PhysicalMemory {
    /// How many frames are set aside for page tables at a time.
    static var tableBlock: Int { 512 }

    mutating func takeTableFrame() -> PFN? {
        if tableFrameCount == 0 { return nil }
        tableFrameCount -= 1
        return handOut(tableFrames[tableFrameCount])
    }

    /// Sets a page block aside, where there is much, and makes it unmovable: tables lie side by side then, as the kernel has them.
    /// Their contents are the host's memory, which it gives in pieces of 2 MiB; those of other frames mostly are not.
    private mutating func refillTables() {
        let found = zones.indices.last { zones[$0].managed >= 1 << 18 && zones[$0].free > zones[$0].managed / 16 }
        guard let index = found, let block = takeBlock(index, 9) else { return }
        node.blocks[block] = AllocationRequest.pageTable.migrateType
        for position in 0..<Self.tableBlock {
            let pfn = block + UInt64(Self.tableBlock - 1 - position)
            tableFrames[position] = pfn
            page(pfn).pointee.flags = .perCPU
        }
        tableFrameCount = Self.tableBlock
    }

    /// A frame that was set aside; none while allocations may fail, which are counted where all others are made.
    private mutating func takeAside() -> PFN? {
        if failures != nil { return nil }
        if tableFrameCount == 0 { refillTables() }
        return takeTableFrame()
    }

    /// A frame for a page table: zeroed for real, since the walker reads it as it is.
    mutating func allocateTable() -> PFN? {
        guard let pfn = takeAside() ?? allocate(.pageTable) else { return nil }
        frames.noteRealFrame()
        frames.table(pfn).update(repeating: 0, count: 512)
        page(pfn).pointee.lines = .max
        return pfn
    }
}
