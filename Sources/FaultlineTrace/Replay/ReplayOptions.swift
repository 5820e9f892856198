import Faultline
import FaultlineInspect

/// How a trace is replayed.
public struct ReplayOptions: Sendable {
    /// Where pages come from.
    public enum Mapping: String, Sendable, Codable, CaseIterable {
        /// Faults of the simulated kernel map pages of 4 KiB as they are touched.
        case demand
        /// Everything is mapped from the start, and there is no kernel.
        case fixed
    }

    /// The pages of a fixed mapping.
    public enum PageSize: String, Sendable, Codable, CaseIterable {
        case base = "4k"
        case large = "2m"
        /// Pages of 2 MiB where an aligned block lies wholly in one private anonymous mapping of ``ReplayOptions/maps`` (what
        /// `transparent_hugepage=always` may do), 4 KiB elsewhere.
        case policy
    }

    /// The TLBs to replay with, each by itself.
    public var tlbs: [(name: String, geometry: TLBGeometry)] = [("standard", .standard)]
    /// Where pages come from.
    public var mapping = Mapping.demand
    /// Pages of a fixed mapping.
    public var pageSize = PageSize.base
    /// The VMAs of every process; nil to make them as they are needed.
    public var maps: ProcessDescription?
    /// Simulated RAM.
    public var ramBytes: UInt64 = 24 << 30
    /// Leaves out accesses that the kernel refuses, in place of ending.
    public var skipsRefused = false
    /// How many pages and call sites are listed; 0 for none.
    public var top = 10
    /// Whether the miss-ratio curve of LRU is made, and that of tree PLRU.
    public var curves: Set<CurveKind> = []
    /// Where random choices begin: which sets a sampled curve looks at.
    public var seed: UInt64 = 1

    /// One TLB, on demand.
    public init() {}
}

/// How the TLBs of a curve choose what to throw out.
public enum CurveKind: String, Sendable, Codable, CaseIterable {
    /// Fully associative; exact, from stack distances.
    case lru
    /// Tree PLRU of 8 ways; simulated for a sample of the sets.
    case plru
}
