/// Counters of a node: `vm_stat[]` of `pg_data_t` (`enum node_stat_item`), in pages. They are kept where the pages change, and never
/// found by a search.
struct NodeStatistics {
    /// Pages of the disk's files in memory, the device's own among them (NR_FILE_PAGES less NR_SHMEM).
    var diskPages: Int64 = 0
    /// NR_SHMEM: pages of tmpfs, shared anonymous memory and System V segments.
    var shmem: Int64 = 0
    /// NR_FILE_DIRTY: dirty, and not yet on their way to the disk.
    var dirty: Int64 = 0
    /// NR_WRITEBACK: on their way.
    var writeback: Int64 = 0
    /// NR_DIRTIED: that became dirty since the start.
    var dirtied: UInt64 = 0
    /// NR_WRITTEN: that reached the disk since the start.
    var written: UInt64 = 0
    /// What compaction did.
    var compaction = CompactionCounts()
    /// NR_PAGETABLE: page tables below the top level, of all address spaces.
    var pageTables: Int64 = 0
}
