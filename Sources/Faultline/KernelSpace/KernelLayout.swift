/// Where the parts of the kernel's address space stand (`Documentation/arch/x86/x86_64/mm.rst`, four levels).
///
/// Without a seed they stand where a kernel that boots with `nokaslr` has them; with one, `kernel_randomize_memory` moves them.
public struct KernelLayout: Sendable, Equatable {
    /// `page_offset_base`: where physical address 0 is mapped.
    public var directMap: VirtualAddress = 0xffff_8880_0000_0000
    /// `vmalloc_base`.
    public var vmalloc: VirtualAddress = 0xffff_c900_0000_0000
    /// `vmemmap_base`: the array of `struct page`.
    public var vmemmap: VirtualAddress = 0xffff_ea00_0000_0000

    /// `VMALLOC_SIZE_TB`, in TiB.
    static let vmallocTiB: UInt64 = 32
    /// The first address of the upper half.
    static let upperHalf: VirtualAddress = 0xffff_8000_0000_0000
    /// `CPU_ENTRY_AREA_BASE`: what is moved ends here.
    static let randomEnd: VirtualAddress = 0xffff_fe00_0000_0000

    /// The end of the area of vmalloc, the first address behind it (`VMALLOC_END` + 1).
    public var vmallocEnd: VirtualAddress { vmalloc + Self.vmallocTiB << 40 }

    /// As without KASLR.
    init() {}

    /// `kernel_randomize_memory`: the three areas, in their order, with random gaps between them that are whole GiB.
    ///
    /// - Parameter ramBytes: up to the end of RAM; 10 TiB more are kept for RAM that is added later
    ///   (`CONFIG_RANDOMIZE_MEMORY_PHYSICAL_PADDING`), up to the 64 TiB that four levels reach.
    init(seed: UInt64, ramBytes: UInt64) {
        var random = SplitMix64(seed: seed)
        let memory = min((ramBytes + (1 << 40) - 1) >> 40 + 10, 64)
        let sizes = [memory << 40, Self.vmallocTiB << 40, 1 << 40]
        var address = directMap
        var remaining = Self.randomEnd - address - sizes.reduce(0, +)
        var bases: [VirtualAddress] = []
        for (index, size) in sizes.enumerated() {
            let entropy = random.next() % (remaining / UInt64(sizes.count - index) + 1) & ~(PageSize.huge - 1)
            address += entropy
            bases.append(address)
            address = (address + size + PageSize.huge) & ~(PageSize.huge - 1)
            remaining -= entropy
        }
        (directMap, vmalloc, vmemmap) = (bases[0], bases[1], bases[2])
    }
}
