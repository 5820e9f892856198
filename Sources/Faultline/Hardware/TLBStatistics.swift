import CShim

/// How translations were found, since the machine was made.
public struct TLBStatistics: Sendable, Equatable, Codable {
    /// A number for each kind of access.
    public struct ByKind: Sendable, Equatable, Codable {
        /// Loads.
        public var read: UInt64
        /// Stores.
        public var write: UInt64
        /// Instruction fetches.
        public var execute: UInt64

        /// All kinds together.
        public var sum: UInt64 { read + write + execute }

        init(_ counters: (UInt64, UInt64, UInt64)) { (read, write, execute) = counters }
    }

    /// Hits in the first level, of all page sizes.
    public var l1Hits: ByKind
    /// Those of 2 MiB and of 1 GiB translations.
    public var l1LargeHits: [ByKind]
    /// Hits in the second level, of all page sizes.
    public var l2Hits: ByKind
    /// Those of 2 MiB and of 1 GiB translations.
    public var l2LargeHits: [ByKind]
    /// Walks of the tables, those that ended in a fault too.
    public var walks: ByKind
    /// Entries read by walks, by the level of their table: [PT, PD, PDPT, PML4].
    public var walkLoads: [UInt64]
    /// Entries that walks did not read because a paging-structure cache had them.
    public var savedLoads: UInt64
    /// Walks whose translation was cached, by page size: [4 KiB, 2 MiB, 1 GiB].
    public var fills: [UInt64]
    /// The same by page size and kind of access; the others of ``walks`` ended in a fault.
    public var fillsByKind: [ByKind]
    /// Walks that ended in a fault.
    public var faults: UInt64
    /// Flushes of one page, of one address space, of everything.
    public var flushes: [UInt64]

    init(_ counters: fl_tlb_counters) {
        l1Hits = ByKind(counters.l1_hits)
        l1LargeHits = [ByKind(counters.l1_large.0), ByKind(counters.l1_large.1)]
        l2Hits = ByKind(counters.l2_hits)
        l2LargeHits = [ByKind(counters.l2_large.0), ByKind(counters.l2_large.1)]
        walks = ByKind(counters.walks)
        walkLoads = [counters.walk_loads.1, counters.walk_loads.2, counters.walk_loads.3, counters.walk_loads.4]
        savedLoads = counters.saved_loads
        fills = [counters.fills.0, counters.fills.1, counters.fills.2]
        let byKind = counters.fills_by_kind
        fillsByKind = [ByKind(byKind.0), ByKind(byKind.1), ByKind(byKind.2)]
        faults = counters.faults
        flushes = [counters.flushed_pages, counters.flushed_contexts, counters.flushed_all]
    }
}
