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
        /// 1 to 128; for PLRU a power of two up to 64.
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

        /// Whether it holds translations, and not where tables are.
        var isTranslation: Bool { rawValue < Array.pde.rawValue }
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
            case FL_TLB_E_WAYS: "ways must be 1 to 128"
            case FL_TLB_E_PLRU_WAYS: "tree PLRU needs a power of two of ways, up to 64"
            case FL_TLB_E_NO_L1: "a CPU needs first-level TLBs for 4 KiB pages"
            default: "the host has no memory for it"
            }
    }

    /// What is wrong and what to do about it, for the user.
    public var description: String { "TLB array \(array): \(rule)" }
}
