/// The arguments of PAGEMAP_SCAN (`struct pm_scan_arg`).
public struct PagemapScan: Sendable, Hashable {
    /// PAGE_IS_ categories (`uapi/linux/fs.h`).
    public enum Category {
        /// Memory that userfaultfd write-protects asynchronously.
        public static let writeProtectAllowed: UInt64 = 1 << 0
        /// Not write-protected by userfaultfd.
        public static let written: UInt64 = 1 << 1
        /// A page of a file, or of shared memory.
        public static let file: UInt64 = 1 << 2
        /// In memory.
        public static let present: UInt64 = 1 << 3
        /// In the swap area, or a mark that looks so.
        public static let swapped: UInt64 = 1 << 4
        /// The shared page of zeros.
        public static let zero: UInt64 = 1 << 5
        /// Mapped by a huge entry.
        public static let huge: UInt64 = 1 << 6
        /// Soft-dirty.
        public static let softDirty: UInt64 = 1 << 7
        /// A guard region.
        public static let guarded: UInt64 = 1 << 8
        /// All of them.
        public static let known: UInt64 = 0x1ff
    }

    /// Where the walk begins, and ends.
    public var start, end: UInt64
    /// PM_SCAN_WP_MATCHING and PM_SCAN_CHECK_WPASYNC.
    public var flags: UInt64
    /// Categories that count where a page is not of them.
    public var inverted: UInt64
    /// Categories that a page must have, all of them; and of which it must have one.
    public var mask, anyOf: UInt64
    /// Categories that regions are told with.
    public var returned: UInt64
    /// The most regions (`vec_len`), and the most pages in them; 0 for any number.
    public var regionLimit: Int
    /// See ``regionLimit``.
    public var pageLimit: UInt64 = 0

    /// The arguments.
    public init(
        start: UInt64, end: UInt64, flags: UInt64, inverted: UInt64, mask: UInt64, anyOf: UInt64, returned: UInt64,
        regionLimit: Int
    ) {
        (self.start, self.end, self.flags) = (start, end, flags)
        (self.inverted, self.mask, self.anyOf, self.returned) = (inverted, mask, anyOf, returned)
        self.regionLimit = regionLimit
    }
}

/// Pages side by side that are alike in the categories that were asked for (`struct page_region`).
public struct PagemapRegion: Sendable, Hashable {
    /// The first address, and the one after the last.
    public var start, end: UInt64
    /// ``PagemapScan/Category`` bits.
    public var categories: UInt64

    /// A region.
    public init(start: UInt64, end: UInt64, categories: UInt64) {
        (self.start, self.end, self.categories) = (start, end, categories)
    }
}
