import CShim

/// The shapes of a CPU's TLBs and paging-structure caches.
public struct TLBGeometry: Sendable, Equatable {
    /// How a set chooses what to throw out.
    public enum Replacement: String, Sendable, Codable {
        case lru
        case plru
    }

    /// One array; 0 sets for none of its kind.
    public struct Shape: Sendable, Equatable {
        /// A power of two, up to 65536.
        public var sets: UInt32
        /// 1 to 64; a power of two for PLRU.
        public var ways: UInt32
        /// How a set chooses what to throw out.
        public var replacement: Replacement

        /// Describes an array.
        public init(_ sets: UInt32, _ ways: UInt32, _ replacement: Replacement = .plru) {
            self.sets = sets
            self.ways = ways
            self.replacement = replacement
        }

        /// None of its kind.
        public static let none = Shape(0, 0)
    }

    /// The arrays of a CPU, by the names that a configuration uses.
    public enum Array: Int, Sendable, CaseIterable {
        case l1i4K, l1i2M, l1d4K, l1d2M, l1d1G, l2x4K, l2x2M, l2x1G, pde, pdpte, pml4e
    }

    private var arrays: [Shape]
    /// The second level keeps 2 MiB translations among those of 4 KiB.
    public var hasUnifiedL2 = true

    /// A geometry with the given arrays and none of the others.
    public init(_ shapes: [Array: Shape]) { arrays = Array.allCases.map { shapes[$0] ?? .none } }

    /// The shape of one array.
    public subscript(_ array: Array) -> Shape {
        get { arrays[array.rawValue] }
        set { arrays[array.rawValue] = newValue }
    }

    /// The machine's usual one: L1 64x4 and L2 2048x8, as the bench measures it.
    public static let standard = TLBGeometry([
        .l1i4K: Shape(64, 4), .l1i2M: Shape(8, 4), .l1d4K: Shape(64, 4), .l1d2M: Shape(8, 4), .l1d1G: Shape(4, 4),
        .l2x4K: Shape(2048, 8), .l2x1G: Shape(4, 4), .pde: Shape(256, 4), .pdpte: Shape(8, 4), .pml4e: Shape(4, 4),
    ])

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

    var shapes: fl_tlb_geometry {
        var result = fl_tlb_geometry()
        // SAFETY: `shapes` is FL_TLB_ARRAYS shapes side by side, as many as there are cases.
        withUnsafeMutableBytes(of: &result.shapes) { bytes in
            let places = bytes.bindMemory(to: fl_tlb_shape.self)
            for (index, shape) in arrays.enumerated() {
                let policy = shape.replacement == .lru ? FL_REPLACE_LRU : FL_REPLACE_PLRU
                places[index] = fl_tlb_shape(sets: shape.sets, ways: shape.ways, replacement: policy.rawValue)
            }
        }
        result.unified_l2 = hasUnifiedL2
        return result
    }
}

/// A geometry that no TLB can have.
public struct TLBConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The array whose shape is wrong.
    public let array: TLBGeometry.Array
    /// The rule that it breaks.
    public let rule: String

    init(array: UInt32, status: fl_tlb_error) {
        self.array = TLBGeometry.Array(rawValue: Int(array)) ?? .l1d4K
        rule =
            switch status {
            case FL_TLB_E_SETS: "sets must be a power of two up to 65536, or 0 for no such array"
            case FL_TLB_E_WAYS: "ways must be 1 to 64"
            case FL_TLB_E_PLRU_WAYS: "tree PLRU needs a power of two of ways"
            case FL_TLB_E_NO_L1: "a CPU needs first-level TLBs for 4 KiB pages"
            default: "the host has no memory for it"
            }
    }

    /// What is wrong and what to do about it, for the user.
    public var description: String { "TLB array \(array): \(rule)" }
}
