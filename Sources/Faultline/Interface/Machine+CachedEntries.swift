/// What the processor has cached of page tables.
extension Machine {
    /// Everything that the TLBs and paging-structure caches hold, in the order of arrays, sets and ways. Entries of an address
    /// space that was flushed are not among it. Nothing is used: hits and replacement stay as they are.
    public var cachedEntries: [CachedEntry] { cpu.mmu.contents() }

    /// Sets and ways of one array of the CPU; 0 sets where it has none of the kind.
    public func cacheShape(_ array: TLBGeometry.Array) -> (sets: Int, ways: Int) { cpu.mmu.shape(array) }

    /// The process whose address space an entry is of, the first of those that share it; nil where it is gone.
    public func owner(of entry: CachedEntry) -> ProcessID? {
        let context = cpu.mmu.context(ofPCID: entry.pcid)
        let owner = liveAddressSpaces.first { $0.mm.pointee.context == context }
        return owner.map { ProcessID($0.process.index) }
    }
}
