import Faultline

/// The bits of a page-table entry that readers look at (Intel SDM vol. 3A, 4.5, and what Linux makes of the free ones).
enum EntryFlags {
    static let present: UInt64 = 1 << 0
    static let writable: UInt64 = 1 << 1
    static let user: UInt64 = 1 << 2
    static let accessed: UInt64 = 1 << 5
    static let dirty: UInt64 = 1 << 6
    static let pageSize: UInt64 = 1 << 7
    /// `_PAGE_PROTNONE`, of an entry that is not present; else G.
    static let protNone: UInt64 = 1 << 8
    static let special: UInt64 = 1 << 9
    /// `_PAGE_UFFD_WP`; and the bit of a swap entry in its place.
    static let userfault: UInt64 = 1 << 10
    static let userfaultInSwap: UInt64 = 1 << 2
    static let noExecute: UInt64 = 1 << 63
    private static let addressMask: UInt64 = 0x000f_ffff_ffff_f000

    /// `pte_present`.
    static func isPresent(_ entry: UInt64) -> Bool { entry & (present | protNone) != 0 }

    /// `vm_normal_page`: present, and its frame is counted.
    static func mapsPage(_ entry: UInt64) -> Bool { isPresent(entry) && entry & special == 0 }

    /// `pte_pfn`.
    static func frame(_ entry: UInt64) -> PFN { (entry & addressMask) >> 12 }

    /// The flags of an entry as crash's `vtop` and `pte` print them.
    static func names(_ entry: UInt64) -> String {
        let table: [(UInt64, String)] = [
            (present, "PRESENT"), (writable, "RW"), (user, "USER"), (accessed, "ACCESSED"), (dirty, "DIRTY"),
            (pageSize, "PSE"), (userfault, "UFFD_WP"), (noExecute, "NX"),
        ]
        var names = table.filter { entry & $0.0 != 0 }.map(\.1)
        if entry & protNone != 0 { names.insert(entry & present == 0 ? "PROTNONE" : "GLOBAL", at: min(1, names.count)) }
        return names.isEmpty ? "no flags" : names.joined(separator: "|")
    }

    /// Of an entry that is neither empty nor present: the swap type and the offset (`__swp_entry`).
    static func swap(_ entry: UInt64) -> (type: UInt64, offset: UInt64) {
        (entry >> 59, (~entry & ((1 << 59) - (1 << 9))) >> 9)
    }

    /// SWP_PTE_MARKER, and its offset for a guard region (PTE_MARKER_GUARD).
    static let markerType: UInt64 = 31
    static let guardMarker: UInt64 = 4
    /// PTE_MARKER_UFFD_WP and PTE_MARKER_POISONED.
    static let userfaultMarker: UInt64 = 1
    static let poisonMarker: UInt64 = 2
    /// What a text says of each.
    static let markers = [guardMarker: " (guard region)", userfaultMarker: " (uffd-wp)", poisonMarker: " (poisoned)"]
}
