import Faultline
import FaultlineInspect

/// What a replay of a trace found.
public struct TraceReport: Sendable, Encodable {
    /// Of the form of the JSON (docs/schema.json).
    public let version = 1
    /// What the JSON is about.
    public let kind = "trace"
    /// The form of the trace.
    public var format: TraceFormat
    /// Where pages came from.
    public var mapping: ReplayOptions.Mapping
    /// The sizes of the pages of a fixed mapping.
    public var pageSize: ReplayOptions.PageSize
    /// How many accesses there were.
    public var accesses: Accesses
    /// The processes in the order of their first accesses.
    public var processes: [Process]
    /// A result for each TLB.
    public var tlbs: [TLB]
    /// Miss ratios by size, where they were asked for.
    public var curves: [Curve]

    /// Accesses as they were made: one that crosses into another page is two.
    public struct Accesses: Sendable, Encodable {
        /// Loads.
        public var loads: UInt64 = 0
        /// Stores.
        public var stores: UInt64 = 0
        /// Instruction fetches.
        public var fetches: UInt64 = 0
        /// Accesses of the trace that lay in two pages or more.
        public var crossings: UInt64 = 0
        /// Those that the kernel, or the processor, refused.
        public var refused: UInt64 = 0
        /// Records that are no accesses of a program, by what they are.
        public var leftOut: [String: UInt64] = [:]

        /// Of all kinds.
        public var all: UInt64 { loads + stores + fetches }

        mutating func add(_ accesses: [TraceWord], _ range: Range<Int>) {
            var (low, high): (UInt64, UInt64) = (0, 0)
            // The kinds are 0 to 2, in the two highest bits.
            accesses.withUnsafeBufferPointer { all in
                for access in UnsafeBufferPointer(rebasing: all[range]) {
                    low &+= access.rawValue >> 62 & 1
                    high &+= access.rawValue >> 63
                }
            }
            stores += low
            fetches += high
            loads += UInt64(range.count) - low - high
        }
    }

    /// One process of the trace.
    public struct Process: Sendable, Encodable {
        /// As the trace has it; 0 where it names none.
        public var number: UInt64
        /// What the simulated kernel counted, with the first TLB; nil of a fixed mapping.
        public var kernel: Kernel?

        /// Figures of getrusage(2) and `/proc/PID/status`.
        public struct Kernel: Sendable, Encodable {
            /// `ru_minflt`.
            public var minorFaults: UInt64
            /// `ru_majflt`.
            public var majorFaults: UInt64
            /// `VmRSS`.
            public var residentBytes: UInt64
            /// `VmPTE`.
            public var tableBytes: UInt64
        }
    }

    /// How one TLB did.
    public struct TLB: Sendable, Encodable {
        /// A preset, or the name of a file.
        public var name: String
        /// What its arrays span.
        public var reach: [Reach]
        /// What it counted.
        public var statistics: TLBStatistics
        /// The pages with the most walks; nil where they were not asked for.
        public var pages: [Place]?
        /// The instructions with the most walks; nil also where the trace does not say which instruction makes an access.
        public var callSites: [Place]?
    }

    /// What an array of a TLB spans when it is full.
    public struct Reach: Sendable, Encodable {
        /// As a configuration names it, such as `l1d4K`.
        public var array: String
        /// How many translations it holds.
        public var entries: UInt64
        /// What they span.
        public var bytes: UInt64
    }

    /// A page, or an instruction, and its walks.
    public struct Place: Sendable, Encodable {
        /// The number that the trace gives the process.
        public var process: UInt64
        /// Of its first byte.
        public var address: UInt64
        /// Walks by the kind of the access.
        public var loads: UInt64
        /// Walks of stores.
        public var stores: UInt64
        /// Walks of fetches.
        public var fetches: UInt64
        /// The mapping and how far in; nil without maps.
        public var area: String?
    }

    /// Miss ratios by the size of a TLB for pages of 4 KiB, loads, stores and fetches in one.
    public struct Curve: Sendable, Encodable {
        /// How the TLBs choose what to throw out.
        public var replacement: CurveKind
        /// Nil for a fully associative one.
        public var ways: Int?
        /// Pages that there were: each missed once in every size.
        public var pages: UInt64
        /// The sizes, the smallest first.
        public var points: [Point]

        /// One size.
        public struct Point: Sendable, Encodable {
            /// The size.
            public var entries: Int
            /// Exact, or an estimate from a sample of sets.
            public var misses: Double
            /// Of all accesses.
            public var missRatio: Double
            /// Of the ratio: 0 where it is exact.
            public var standardError: Double
        }
    }
}

extension [TraceReport.Reach] {
    /// The arrays that a geometry has, and that hold translations.
    init(_ geometry: TLBGeometry) {
        let spans: [(TLBGeometry.Array, UInt64)] = [
            (.l1d4K, 4 << 10), (.l1d2M, 2 << 20), (.l1i4K, 4 << 10), (.l1i2M, 2 << 20), (.l2x4K, 4 << 10),
            (.l2x2M, 2 << 20),
        ]
        self = spans.compactMap { array, bytes in
            let shape = geometry[array]
            if shape.sets == 0 { return nil }
            let entries = UInt64(shape.sets) * UInt64(shape.ways)
            return TraceReport.Reach(array: "\(array)", entries: entries, bytes: entries * bytes)
        }
    }
}
