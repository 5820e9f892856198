/// What compaction and migration did since the start, as vmstat counts it.
public struct CompactionCounts: Sendable, Hashable {
    /// `compact_migrate_scanned`: frames that the scanner from below looked at.
    public var migrateScanned: UInt64 = 0
    /// `compact_free_scanned`: frames that the scanner from above looked at.
    public var freeScanned: UInt64 = 0
    /// `compact_isolated`: frames that both took.
    public var isolated: UInt64 = 0
    /// `pgmigrate_success`: pages that moved.
    public var migrated: UInt64 = 0
    /// `pgmigrate_fail`: pages that did not.
    public var failed: UInt64 = 0
    /// `compact_stall`: allocations that compacted.
    public var stalls: UInt64 = 0
    /// `compact_fail`: those that compacted in vain.
    public var failures: UInt64 = 0
    /// `compact_success`: those that found a block then.
    public var successes: UInt64 = 0
    /// `compact_daemon_wake`: times that kcompactd was woken for a block.
    public var daemonWakes: UInt64 = 0
    /// `compact_daemon_migrate_scanned`: frames that it looked at then.
    public var daemonMigrateScanned: UInt64 = 0
    /// `compact_daemon_free_scanned`.
    public var daemonFreeScanned: UInt64 = 0

    mutating func add(_ other: CompactionCounts) {
        migrateScanned += other.migrateScanned
        freeScanned += other.freeScanned
        isolated += other.isolated
        migrated += other.migrated
        failed += other.failed
    }
}
