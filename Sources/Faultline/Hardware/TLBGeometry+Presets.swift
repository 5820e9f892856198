/// The presets: processors that are sold, with the source of each figure.
extension TLBGeometry {
    /// The geometries that have names, as configuration files and the command line use them.
    public static let presets: [(name: String, geometry: TLBGeometry)] = [
        ("standard", .standard), ("zen3", .zen3), ("zen4", .zen4), ("zen5", .zen5), ("golden-cove", .goldenCove),
        ("lion-cove", .lionCove), ("small-in-order", .smallInOrder),
    ]

    /// The geometry of a name; nil for one that there is not.
    public static func preset(_ name: String) -> TLBGeometry? { presets.first { $0.name == name }?.geometry }

    /// AMD Zen 3.
    ///
    /// AMD publication 56665, "Software Optimization Guide for AMD Family 19h Processors", memory address translation: first-level
    /// TLBs of 64 entries, fully associative, all page sizes, one for instructions and one for data; a second level for data
    /// of 2048 entries for 4 KiB and 2 MiB pages, none for 1 GiB. Its 8 ways are what CPUID leaf 8000_0006 reports. The processor
    /// mixes page sizes in one first-level array, where here each size has one of that size; its second instruction TLB (512
    /// entries) is left out: the second level serves both. The sizes of the paging-structure caches and true LRU are not
    /// published: they are assumptions.
    public static let zen3 = TLBGeometry([
        .l1i4K: Shape(1, 64, .lru), .l1i2M: Shape(1, 64, .lru), .l1d4K: Shape(1, 64, .lru),
        .l1d2M: Shape(1, 64, .lru), .l1d1G: Shape(1, 64, .lru), .l2x4K: Shape(256, 8), .pde: Shape(1, 64, .lru),
        .pdpte: Shape(1, 4, .lru), .pml4e: Shape(1, 4, .lru),
    ])

    /// AMD Zen 4.
    ///
    /// AMD publication 57647, "Software Optimization Guide for the AMD Zen4 Microarchitecture", translation lookaside buffers:
    /// first level of 64 entries for instructions and 72 for data, both fully associative, all page sizes; second level for
    /// data of 3072 entries, 24-way, for 4 KiB and 2 MiB pages. As in ``zen3``: each page size has a first-level array of its
    /// own here, the second instruction TLB (512 entries) is left out, and the sizes of the paging-structure caches and
    /// true LRU are assumptions. (24 ways are no power of two.)
    public static let zen4 = TLBGeometry([
        .l1i4K: Shape(1, 64, .lru), .l1i2M: Shape(1, 64, .lru), .l1d4K: Shape(1, 72, .lru),
        .l1d2M: Shape(1, 72, .lru), .l1d1G: Shape(1, 72, .lru), .l2x4K: Shape(128, 24, .lru), .pde: Shape(1, 64, .lru),
        .pdpte: Shape(1, 4, .lru), .pml4e: Shape(1, 4, .lru),
    ])

    /// AMD Zen 5.
    ///
    /// Cohen, Subramony and Clark, "Next Generation Zen 5 Core", Hot Chips 2024: first level of 64 entries for instructions and
    /// 96 for data, second level of 2048 and 4096 entries for all but 1 GiB pages. AMD publication 58455, "Software Optimization
    /// Guide for the AMD Zen5 Microarchitecture": the first level is fully associative, the second level for data 16-way. As
    /// in ``zen3``: each page size has a first-level array of its own here, the second level for instructions is left out, and
    /// the sizes of the paging-structure caches and the replacement are assumptions.
    public static let zen5 = TLBGeometry([
        .l1i4K: Shape(1, 64, .lru), .l1i2M: Shape(1, 64, .lru), .l1d4K: Shape(1, 96, .lru),
        .l1d2M: Shape(1, 96, .lru), .l1d1G: Shape(1, 96, .lru), .l2x4K: Shape(256, 16), .pde: Shape(1, 64, .lru),
        .pdpte: Shape(1, 4, .lru), .pml4e: Shape(1, 4, .lru),
    ])

    /// Intel Golden Cove, as in the performance cores of the 12th generation.
    ///
    /// Intel publication 248966, "64 and IA-32 Architectures Optimization Reference Manual", Golden Cove, and Hennessy and Patterson,
    /// "Computer Architecture", on the Core i9-12900: instruction TLB of 256 entries, 8-way, for 4 KiB pages and 32
    /// for 2 MiB; data TLB for loads of 96 entries, 6-way (4 KiB), 32, 4-way (2 MiB), and 8 (1 GiB); second level of 2048
    /// entries, 16-way. The store TLB (16 entries) is left out: loads and stores share one here. Six ways are no power of two: that
    /// array has true LRU. The 1 GiB translations of the second level (1024 entries, 8-way, as CPUID leaf 18H has them) have
    /// their own array. The sizes of the paging-structure caches are not published: they are assumptions.
    public static let goldenCove = TLBGeometry([
        .l1i4K: Shape(32, 8), .l1i2M: Shape(4, 8), .l1d4K: Shape(16, 6, .lru), .l1d2M: Shape(8, 4),
        .l1d1G: Shape(1, 8), .l2x4K: Shape(128, 16), .l2x1G: Shape(128, 8), .pde: Shape(8, 4), .pdpte: Shape(1, 4),
        .pml4e: Shape(1, 2),
    ])

    /// Intel Lion Cove, as in the performance cores of the Core Ultra 200 series.
    ///
    /// Intel, Lunar Lake Tech Tour 2024, as AnandTech reports it ("Lunar Lake: New P-Core, Enter Lion Cove", article 21425): the data
    /// TLB grows from 96 to 128 entries. Nothing else about the TLBs is said there, so that all other arrays are those of
    /// ``goldenCove``. That the 128 entries are 8-way is an assumption.
    public static let lionCove: TLBGeometry = {
        var geometry = goldenCove
        geometry[.l1d4K] = Shape(16, 8)
        return geometry
    }()

    /// A small in-order core: the first Intel Atom (Bonnell, 2008).
    ///
    /// CPUID leaf 2 descriptors of the Atom N270, as Intel publication 325383 (SDM vol. 2A, CPUID) explains them: 59H, data TLB0
    /// of 16 entries, fully associative; BAH, data TLB1 of 64 entries, 4-way; 4FH, instruction TLB of 32 entries; C0H, 8 entries,
    /// 4-way, for large data pages. A measurement agrees on 16 and 64 (7-cpu.com/cpu/Atom.html). The second level serves
    /// instructions too here. The 8 entries for large code pages, the 8 cached PDEs and true LRU are assumptions.
    public static let smallInOrder: TLBGeometry = {
        var geometry = TLBGeometry([
            .l1i4K: Shape(1, 32, .lru), .l1i2M: Shape(1, 8, .lru), .l1d4K: Shape(1, 16, .lru),
            .l1d2M: Shape(2, 4, .lru), .l2x4K: Shape(16, 4, .lru), .pde: Shape(1, 8, .lru),
        ])
        geometry.hasUnifiedL2 = false
        return geometry
    }()
}

extension TLBGeometry.Array {
    /// As configuration files and messages have it.
    public var name: String { "\(self)" }
}
