extension Machine {
    /// A write to `/proc/sys/vm/drop_caches` (`drop_caches_sysctl_handler`). 1 drops the page cache; 2 drops dentries, inodes and
    /// other slabs, none of which a program here leaves unused: a file without a holder is gone at once; 3 does both.
    ///
    /// - Throws: EINVAL for any other value.
    public func dropCaches(_ value: Int64) throws(Errno) {
        guard (1...3).contains(value) else {
            throw refuse(.EINVAL, .argument("N", .count(value), "must be 1, 2 or 3"))
        }
        if value & 1 == 0 { return }
        // lru_add_drain_all.
        drainAllBatches()
        for mapping in liveMappings() where mapping.pointee.pageCount > 0 {
            invalidatePages(mapping, from: 0, through: .max)
        }
    }
}
