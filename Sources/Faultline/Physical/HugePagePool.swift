/// The pool of 2 MiB pages that MAP_HUGETLB, MFD_HUGETLB and SHM_HUGETLB take from: `struct hstate` (`mm/hugetlb.c`).
///
///     total = free + in use        HugePages_Total
///     free                         HugePages_Free; reserved ones among them
///     reserved                     HugePages_Rsvd: promised to mappings, not taken yet
///     surplus                      HugePages_Surp: of the total, above what nr_hugepages says; each goes to the allocator when it is freed
struct HugePagePool {
    /// `nr_huge_pages`.
    var total: Int64 = 0
    /// `hugepage_freelists`: first frames; the last is given out first.
    var free: [PFN] = []
    /// `resv_huge_pages`.
    var reserved: Int64 = 0
    /// Of these, what no mapping has any more: a move of a part of private memory forgets the rest's reservation.
    var lost: Int64 = 0
    /// `surplus_huge_pages`.
    var surplus: Int64 = 0
    /// `nr_overcommit_huge_pages`.
    var overcommit: Int64 = 0
    /// Whether huge pages of the pool were ever asked for: others need not look.
    var isUsed = false
    /// `struct resv_map` of files and private mappings, by their numbers from 1.
    var maps: [UInt32: ReserveMap] = [:]
    private var lastMap: UInt32 = 0
    /// Pages that a zap has unmapped; they are freed when it is done (`struct mmu_gather`).
    var gathered: [PFN] = []
    /// Several VMAs are zapped as one.
    var isGathering = false

    /// Files that nobody holds any more, by their handles: a call gives what they have back when it ends (`task_work_run`, `____fput`).
    var doomedFiles: [UInt64] = []
    /// A call is under way that keeps such files until its end.
    var keepsFiles = false

    /// `available_huge_pages`: whether a page is free that nobody has a promise for.
    var hasAvailable: Bool { Int64(free.count) != reserved }

    /// `persistent_huge_pages`.
    var persistent: Int64 { total - surplus }

    /// `resv_map_alloc`. - Returns: its number.
    mutating func makeMap() -> UInt32 {
        isUsed = true
        lastMap += 1
        maps[lastMap] = ReserveMap()
        return lastMap
    }

    /// `kref_put` of a map.
    mutating func putMap(_ number: UInt32) {
        maps[number]?.holders -= 1
        if maps[number]?.holders == 0 { maps[number] = nil }
    }
}

/// The figures of the pool that `/proc/meminfo` has, in pages of 2 MiB.
public struct HugePagePoolFigures: Sendable, Equatable, Codable {
    /// `HugePages_Total` and `HugePages_Free`.
    public var total: UInt64 = 0, free: UInt64 = 0
    /// `HugePages_Rsvd` and `HugePages_Surp`.
    public var reserved: UInt64 = 0, surplus: UInt64 = 0

    /// All figures 0.
    public init() {}

    /// As the language's `hugetlb_pool()` shows them.
    public var text: String { "total=\(total) free=\(free) rsvd=\(reserved) surp=\(surplus)" }
}
