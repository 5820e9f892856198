/// What becomes of pages while memory is compacted: `enum migratetype`. Pages of one type are kept together, by page blocks.
enum MigrateType: UInt8, CaseIterable {
    /// Page tables and the kernel's own memory.
    case unmovable = 0
    /// Pages of programs and files.
    case movable = 1
    /// Caches of the kernel's that can shrink.
    case reclaimable = 2
}
