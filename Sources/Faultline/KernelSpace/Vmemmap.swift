/// The array of `struct page` at the kernel's addresses (CONFIG_SPARSEMEM_VMEMMAP).
///
/// The records themselves are the host's: what the array is mapped to lies behind all RAM, as records do that a device brings along
/// for its memory (`struct vmem_altmap`).
extension Machine {
    /// `sizeof(struct page)`.
    private static var recordBytes: UInt64 { MemoryModel.recordBytes }
    /// What a section of 128 MiB has of the array: 2 MiB.
    private static var sectionBytes: UInt64 { MemoryModel.sectionFrames * recordBytes }

    /// Where the array's memory begins.
    private var recordsBase: PhysicalAddress {
        (max(frames.endFrame << 12, 4 << 30) + PageSize.huge - 1) & ~(PageSize.huge - 1)
    }

    /// `vmemmap_populate_hugepages`: an entry of 2 MiB for each section that has RAM.
    func mapRecords() -> Bool {
        var last: UInt64?
        for range in physical.zones.flatMap(\.ranges).sorted(by: { $0.lowerBound < $1.lowerBound }) {
            let sections =
                range.lowerBound / MemoryModel.sectionFrames...(range.upperBound - 1) / MemoryModel.sectionFrames
            for section in sections where last.map({ section > $0 }) ?? true {
                let address = kernel.layout.vmemmap + section * Self.sectionBytes
                guard let table = kernelTable(address, above: PageTableLevel.pmd) else { return false }
                table[PageTableLevel.index(address, PageTableLevel.pmd)] =
                    recordsBase + section * Self.sectionBytes | PTE.kernel | PTE.pageSizeBit
                last = section
            }
        }
        return true
    }

    /// `pfn_to_page`.
    func recordAddress(_ pfn: PFN) -> VirtualAddress { kernel.layout.vmemmap &+ pfn &* Self.recordBytes }

    /// `page_to_pfn`; nil for what is no record's address.
    func frame(ofRecord address: VirtualAddress) -> PFN? {
        let offset = address &- kernel.layout.vmemmap
        guard offset % Self.recordBytes == 0, offset / Self.recordBytes < frames.endFrame else { return nil }
        return offset / Self.recordBytes
    }

    /// Whether a physical address lies in the array.
    func isRecord(_ address: PhysicalAddress) -> Bool {
        address >= recordsBase && address - recordsBase < frames.endFrame * Self.recordBytes
    }
}
