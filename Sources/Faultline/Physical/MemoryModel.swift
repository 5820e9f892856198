/// Where the kernel has the record of a frame: CONFIG_FLATMEM, CONFIG_SPARSEMEM, and CONFIG_SPARSEMEM_VMEMMAP, which x86-64 uses.
public enum MemoryModel: String, Sendable, CaseIterable {
    /// One array for all frames from 0 on, holes included.
    case flat
    /// An array for each section of 128 MiB that has memory.
    case sparse
    /// As `sparse`, with the arrays mapped side by side, so that one addition finds a record.
    case sparseVmemmap = "sparse-vmemmap"

    /// `sizeof(struct page)`.
    public static var recordBytes: UInt64 { 64 }
    /// `PAGES_PER_SECTION`: frames of a section.
    public static var sectionFrames: UInt64 { 1 << 15 }
    /// VMEMMAP_START and PAGE_OFFSET with four levels of page tables, without KASLR.
    static var vmemmap: VirtualAddress { 0xffff_ea00_0000_0000 }
    static var directMap: VirtualAddress { 0xffff_8880_0000_0000 }
}

/// The records of a machine's frames: their addresses, and back (`pfn_to_page`, `page_to_pfn`).
public struct FrameRecords: Sendable {
    /// The model.
    public let model: MemoryModel
    /// Where the array of each section lies in memory, by the section's number; of `flat` that of section 0.
    public internal(set) var arrays: [UInt64: PhysicalAddress] = [:]

    /// `pfn_to_page`: the record's address in the kernel; nil for a frame without a record (`pfn_valid`).
    public func page(_ pfn: PFN) -> VirtualAddress? {
        let section = pfn / MemoryModel.sectionFrames
        switch model {
        case .flat:
            return arrays[0].map { MemoryModel.directMap + $0 + pfn * MemoryModel.recordBytes }
        case .sparse:
            let offset = pfn % MemoryModel.sectionFrames * MemoryModel.recordBytes
            return arrays[section].map { MemoryModel.directMap + $0 + offset }
        case .sparseVmemmap:
            return arrays[section] == nil ? nil : MemoryModel.vmemmap + pfn * MemoryModel.recordBytes
        }
    }

    /// `page_to_pfn`: the frame that a record is of; nil where the address is that of no record.
    public func frame(of page: VirtualAddress) -> PFN? {
        switch model {
        case .sparseVmemmap:
            guard page >= MemoryModel.vmemmap else { return nil }
            let pfn = (page - MemoryModel.vmemmap) / MemoryModel.recordBytes
            return self.page(pfn) == page ? pfn : nil
        case .flat, .sparse:
            // The section's number stands in the record's flags; here the array that has the address tells it.
            for (section, base) in arrays {
                let start = MemoryModel.directMap + base
                guard page >= start else { continue }
                let pfn = section * MemoryModel.sectionFrames + (page - start) / MemoryModel.recordBytes
                if self.page(pfn) == page { return pfn }
            }
            return nil
        }
    }
}

extension Boot {
    /// `alloc_node_mem_map` or `sparse_init`: memory for the records, from the top of the node.
    mutating func reserveRecords(_ model: MemoryModel) throws(FirmwareMapError) {
        records = FrameRecords(model: model)
        let size = MemoryModel.sectionFrames * MemoryModel.recordBytes
        if model == .flat {
            let bytes = (memblock.end >> 12 * MemoryModel.recordBytes + 4095) & ~4095
            let start = try place(bytes, 0, "struct pages of all frames")
            records?.arrays[0] = start
            return
        }
        for node in nodeRanges.indices {
            var sections: Set<UInt64> = []
            for region in memblock.memory where region.node == node {
                sections.formUnion(region.range.lowerBound >> 27...(region.range.upperBound - 1) >> 27)
            }
            let start = try place(
                size * UInt64(sections.count), node, "struct pages of \(sections.count) sections of node \(node)")
            for (index, section) in sections.sorted().enumerated() where records?.arrays[section] == nil {
                records?.arrays[section] = start + UInt64(index) * size
            }
        }
    }

    private mutating func place(_ bytes: UInt64, _ node: Int, _ what: String) throws(FirmwareMapError)
        -> PhysicalAddress
    {
        guard let place = memblock.allocate(bytes, alignment: 1 << 21, node: node) else {
            throw .option(
                "node \(node) has no room for \(what), \(bytes >> 20) MiB; give it more, or take another memory model")
        }
        note("sparse_init_nid", "reserved [mem \(FirmwareMap.range(place))]: \(what)")
        return place.lowerBound
    }
}
