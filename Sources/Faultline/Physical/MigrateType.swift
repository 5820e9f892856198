/// What becomes of pages while memory is compacted: `enum migratetype`. Pages of one type are kept together, by page blocks.
///
/// The raw values are the kernel's where CONFIG_CMA is off, as here; MIGRATE_CMA comes last then, which no tracepoint shows.
enum MigrateType: UInt8, CaseIterable {
    /// Page tables and the kernel's own memory.
    case unmovable = 0
    /// Pages of programs and files.
    case movable = 1
    /// Caches of the kernel's that can shrink.
    case reclaimable = 2
    /// Page blocks kept for allocations that may not wait, of more than one page (MIGRATE_HIGHATOMIC).
    case highAtomic = 3
    /// Page blocks that nothing is allocated from (MIGRATE_ISOLATE). Their free pages are not counted.
    case isolate = 4
    /// Memory that only movable pages use until a driver wants it in one piece (MIGRATE_CMA).
    case cma = 5

    /// `MIGRATE_PCPTYPES`: the types that per-CPU lists and allocations have.
    static var listedCount: Int { 3 }

    /// `migratetype_is_mergeable`: blocks of these types join with each other.
    @inline(__always) var isMergeable: Bool { rawValue < 3 }

    /// `fallbacks[]`: whose blocks an allocation takes, in order, where its own type has none.
    var fallbacks: (MigrateType, MigrateType) {
        switch self {
        case .unmovable: (.reclaimable, .movable)
        case .movable: (.reclaimable, .unmovable)
        default: (.unmovable, .movable)
        }
    }
}
