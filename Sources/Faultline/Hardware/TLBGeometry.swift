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

    /// AMD Zen 3: 64-entry fully associative L1 TLBs for all page sizes, 2048-entry 8-way L2 data TLB (AMD "Software
    /// Optimization Guide for the AMD Family 19h Processors", 2.11), 64 cached PDEs (ibid.).
    public static let zen3 = TLBGeometry([
        .l1i4K: Shape(1, 64, .lru), .l1i2M: Shape(1, 64, .lru), .l1d4K: Shape(1, 64, .lru),
        .l1d2M: Shape(1, 64, .lru), .l1d1G: Shape(1, 64, .lru), .l2x4K: Shape(256, 8), .pde: Shape(1, 64, .lru),
        .pdpte: Shape(1, 4, .lru), .pml4e: Shape(1, 4, .lru),
    ])

    /// Intel Golden Cove: 256-entry 8-way instruction TLB, 96-entry data TLB of loads, 2048-entry 16-way second level
    /// (Intel "64 and IA-32 Architectures Optimization Reference Manual", 2.3).
    public static let goldenCove = TLBGeometry([
        .l1i4K: Shape(32, 8), .l1i2M: Shape(4, 8), .l1d4K: Shape(16, 6, .lru), .l1d2M: Shape(8, 4),
        .l1d1G: Shape(1, 8), .l2x4K: Shape(128, 16), .l2x1G: Shape(128, 8), .pde: Shape(8, 4), .pdpte: Shape(1, 4),
        .pml4e: Shape(1, 2),
    ])

    /// A small in-order core: 16 entries a side, 128 behind them, one table remembered.
    public static let smallInOrder = TLBGeometry([
        .l1i4K: Shape(1, 16, .lru), .l1i2M: Shape(1, 8, .lru), .l1d4K: Shape(1, 16, .lru), .l1d2M: Shape(1, 8, .lru),
        .l2x4K: Shape(32, 4, .lru), .pde: Shape(1, 8, .lru),
    ])

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

/// How translations were found, since the machine was made.
public struct TLBStatistics: Sendable, Equatable {
    /// Reads, writes and fetches.
    public var l1Hits: [UInt64]
    /// Hits in the second level, by kind of access.
    public var l2Hits: [UInt64]
    /// Walks of the tables, by kind of access.
    public var walks: [UInt64]
    /// Entries read by walks: [PT, PD, PDPT, PML4].
    public var walkLoads: [UInt64]
    /// Entries that the paging-structure caches spared.
    public var savedLoads: UInt64

    init(_ counters: fl_tlb_counters) {
        l1Hits = [counters.l1_hits.0, counters.l1_hits.1, counters.l1_hits.2]
        l2Hits = [counters.l2_hits.0, counters.l2_hits.1, counters.l2_hits.2]
        walks = [counters.walks.0, counters.walks.1, counters.walks.2]
        walkLoads = [
            counters.walk_loads.1, counters.walk_loads.2, counters.walk_loads.3, counters.walk_loads.4,
        ]
        savedLoads = counters.saved_loads
    }
}
