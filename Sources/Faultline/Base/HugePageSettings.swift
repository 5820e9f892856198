/// What /sys/kernel/mm/transparent_hugepage says of huge pages: the kernel's settings while it runs.
public struct HugePageSettings: Sendable, Equatable, Codable {
    /// `enabled`: who gets huge pages.
    public enum Enabled: String, Sendable, CaseIterable, Codable {
        case always, madvise, never
    }

    /// `defrag`: how hard a fault tries to have one.
    public enum Defrag: String, Sendable, CaseIterable, Codable {
        case always, `defer`, deferAndMadvise = "defer+madvise", madvise, never
    }

    /// `shmem_enabled`: which files of shared memory get them.
    public enum SharedMemory: String, Sendable, CaseIterable, Codable {
        case always, withinSize = "within_size", advise, never, deny, force
    }

    /// `hugepages-SIZEkB/enabled`.
    public enum SizeEnabled: String, Sendable, CaseIterable, Codable {
        case always, inherit, madvise, never
    }

    /// `hugepages-SIZEkB/shmem_enabled`.
    public enum SizeSharedMemory: String, Sendable, CaseIterable, Codable {
        case always, inherit, withinSize = "within_size", advise, never
    }

    /// `enabled`.
    public var enabled = Enabled.madvise
    /// `defrag`.
    public var defrag = Defrag.madvise
    /// `shmem_enabled`.
    public var sharedMemory = SharedMemory.never
    /// `use_zero_page`: a read of untouched memory maps 2 MiB of zeros.
    public var usesZeroPage = true
    /// `shrink_underused`: reclaim looks at every huge page whether it is worth its memory.
    public var shrinksUnderused = true
    /// `khugepaged/defrag`.
    public var khugepagedDefrag = true
    /// `khugepaged/max_ptes_none`, `max_ptes_swap`, `max_ptes_shared`: of 512 pages, how many a collapse may find empty, in the swap area,
    /// and shared.
    public var mostEmpty = 511, mostSwapped = 64, mostShared = 256
    /// `khugepaged/pages_to_scan`: what one wake-up looks at.
    public var pagesToScan = 4096
    /// Policies by the order of the size, 2 to 9.
    private var sizes: [SizeEnabled] = Array(repeating: .never, count: 7) + [.inherit]
    private var sharedSizes: [SizeSharedMemory] = Array(repeating: .never, count: 7) + [.inherit]

    /// As the kernel boots here.
    public init() {}

    /// The orders that there are: 16 KiB to 2 MiB.
    public static let orders = 2...9

    /// The policy of a size.
    public subscript(order: Int) -> SizeEnabled {
        get { sizes[order - 2] }
        set { sizes[order - 2] = newValue }
    }

    /// The policy of a size for shared memory.
    public subscript(sharedMemory order: Int) -> SizeSharedMemory {
        get { sharedSizes[order - 2] }
        set { sharedSizes[order - 2] = newValue }
    }

    /// `huge_anon_orders_*` as `thp_vma_allowable_orders` puts them together: the orders, a bit each, that memory may have which a program
    /// advised for huge pages, or did not.
    public func orders(isAdvised: Bool) -> UInt32 {
        var result: UInt32 = 0
        let inherits = enabled == .always || (isAdvised && enabled == .madvise)
        for order in Self.orders {
            switch self[order] {
            case .always: result |= 1 << UInt32(order)
            case .madvise where isAdvised: result |= 1 << UInt32(order)
            case .inherit where inherits: result |= 1 << UInt32(order)
            case .madvise, .inherit, .never: break
            }
        }
        return result
    }

    /// `hugepage_pmd_enabled`: whether khugepaged has anything to do.
    public var hasWholePages: Bool {
        if self[9] == .always || self[9] == .madvise || (self[9] == .inherit && enabled != .never) { return true }
        // shmem_hpage_pmd_enabled
        if sharedMemory == .deny { return false }
        return self[sharedMemory: 9] == .inherit ? sharedMemory != .never : self[sharedMemory: 9] != .never
    }

    /// Whether memory that nobody advised may have any.
    public var servesAll: Bool { orders(isAdvised: false) != 0 }

    /// `huge_shmem_orders_*`: the orders whose policy for shared memory is this one, a bit each.
    public func orders(sharedMemory policy: SizeSharedMemory) -> UInt32 {
        var result: UInt32 = 0
        for order in Self.orders where self[sharedMemory: order] == policy { result |= 1 << UInt32(order) }
        return result
    }

    /// Whether any shared memory may have large folios without a call that asks for them.
    public var servesSharedMemory: Bool {
        if sharedMemory == .deny { return false }
        return sharedMemory != .never || Self.orders.contains { ![.never, .inherit].contains(self[sharedMemory: $0]) }
    }
}

/// What huge pages did so far: lines of /proc/vmstat, all with `thp_` before them but for the first.
public struct HugePageCounts: Sendable, Equatable, Codable {
    /// `nr_anon_transparent_hugepages`: pages that an entry of a PMD maps whole.
    public var mapped: UInt64 = 0
    /// `fault_alloc`, `fault_fallback`, `fault_fallback_charge`.
    public var faults: UInt64 = 0, fallbacks: UInt64 = 0, fallbackCharges: UInt64 = 0
    /// `collapse_alloc`, `collapse_alloc_failed`.
    public var collapses: UInt64 = 0, failedCollapses: UInt64 = 0
    /// `split_page`, `split_page_failed`, `deferred_split_page`, `underused_split_page`, `split_pmd`.
    public var splits: UInt64 = 0, failedSplits: UInt64 = 0, deferredSplits: UInt64 = 0, underusedSplits: UInt64 = 0,
        splitEntries: UInt64 = 0
    /// `scan_exceed_none_pte`, `scan_exceed_swap_pte`, `scan_exceed_share_pte`.
    public var tooManyEmpty: UInt64 = 0, tooManySwapped: UInt64 = 0, tooManyShared: UInt64 = 0
    /// `zero_page_alloc`, `zero_page_alloc_failed`.
    public var zeroPages: UInt64 = 0, failedZeroPages: UInt64 = 0
    /// `swpout`, `swpout_fallback`.
    public var swappedOut: UInt64 = 0, swapFallbacks: UInt64 = 0
    /// `file_alloc`, `file_fallback`, `file_fallback_charge`, `file_mapped`: of 2 MiB of shared memory.
    public var fileFaults: UInt64 = 0, fileFallbacks: UInt64 = 0, fileFallbackCharges: UInt64 = 0,
        fileMapped: UInt64 = 0
    /// `migration_success`, `migration_fail`, `migration_split`.
    public var migrations: UInt64 = 0, failedMigrations: UInt64 = 0, splitMigrations: UInt64 = 0
    /// `nr_shmem_hugepages` and `nr_shmem_pmdmapped`, in pages of 2 MiB.
    public var shared: UInt64 = 0, sharedMapped: UInt64 = 0

    /// All 0.
    public init() {}
}
