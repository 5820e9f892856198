/// What a page-table entry says, decoded.
///
/// Code that looks at entries switches over the state, so that a new kind of entry is a compiler error in each place that
/// must learn of it, and no swap entry can be taken for a page. At the last level an entry is never `.table` or `.huge`.
enum EntryState: Equatable {
    /// `pte_none`.
    case none
    /// An upper entry that points to a table.
    case table(PFN)
    /// `pte_present` with a `struct page` that is counted (`vm_normal_page`).
    case page(PFN)
    /// An upper entry that maps memory itself (`pmd_leaf`, `pud_leaf`): its first frame.
    case huge(PFN)
    /// `pte_special`: present, but the frame is counted by nobody: the zero page, or a page of a special mapping.
    case special(PFN)
    /// A page that is in a swap area.
    case swap(SwapEntry)
    /// `pte_marker`: no page, but a mark for the fault to come.
    case marker(EntryMarker)
    /// A page that is on its way to another frame (`is_migration_entry`).
    case migration(MigrationEntry)

    /// Of an entry of the last level (`pte_t`).
    @inline(__always)
    init(lastLevel raw: UInt64) {
        if raw & (PTE.presentBit | PTE.protNoneBit) != 0 {
            let pfn = (raw & PTE.addressMask) >> 12
            self = raw & PTE.specialBit == 0 ? .page(pfn) : .special(pfn)
        } else if raw == 0 {
            self = .none
        } else {
            self = Self.nonPresent(raw)
        }
    }

    /// Of an entry of a level above (`pmd_t`, `pud_t`, `pgd_t`).
    @inline(__always)
    init(upperLevel raw: UInt64) {
        if raw & (PTE.presentBit | PTE.pageSizeBit) == PTE.presentBit {
            self = .table((raw & PTE.addressMask) >> 12)
        } else if raw == 0 {
            self = .none
        } else {
            self = Self.upperLeaf(raw)
        }
    }

    @inline(never)
    private static func upperLeaf(_ raw: UInt64) -> EntryState {
        guard raw & (PTE.presentBit | PTE.protNoneBit) != 0 else { return nonPresent(raw) }
        // Bit 12 of a huge entry is the PAT bit, not part of the frame number.
        let pfn = (raw & PTE.addressMask & ~PTE.hugePATBit) >> 12
        return raw & PTE.specialBit == 0 ? .huge(pfn) : .special(pfn)
    }

    @inline(never)
    private static func nonPresent(_ raw: UInt64) -> EntryState {
        let entry = SwapEntry(entry: raw)
        switch entry.type {
        case SwapType.marker: return .marker(EntryMarker(rawValue: entry.offset))
        case SwapType.migrationRead...SwapType.migrationWrite: return .migration(MigrationEntry(entry))
        default: return .swap(entry)
        }
    }

    /// What a switch says in the branches that a last-level entry cannot take.
    static var misplaced: String { "a last-level page-table entry cannot be a table or a huge page" }
}

/// The kinds of `pte_marker` (`include/linux/swapops.h`).
struct EntryMarker: OptionSet {
    let rawValue: UInt64

    /// PTE_MARKER_UFFD_WP: the page that comes will be write-protected by a userfaultfd.
    static var userfaultWP: EntryMarker { EntryMarker(rawValue: 1 << 0) }
    /// PTE_MARKER_POISONED: UFFDIO_POISON says that the page's contents are lost.
    static var poisoned: EntryMarker { EntryMarker(rawValue: 1 << 1) }
    /// PTE_MARKER_GUARD.
    static var guardRegion: EntryMarker { EntryMarker(rawValue: 1 << 2) }

    /// `make_pte_marker`.
    var entry: UInt64 { SwapEntry(type: SwapType.marker, offset: rawValue).rawValue }
}

/// A migration entry: the frame that the page leaves, and the rights that its mapping had.
struct MigrationEntry: Equatable {
    /// The rights of the mapping that comes back when the page has moved.
    enum Access: UInt8 {
        case read = 28
        /// Read-only, but the page is exclusive.
        case readExclusive = 29
        case write = 30
    }

    let pfn: PFN
    let access: Access

    init(pfn: PFN, access: Access) {
        self.pfn = pfn
        self.access = access
    }

    /// Precondition: the entry's type is one of migration. The offset's low bits are the frame; those above are the accessed
    /// and dirty bits of the mapping that was (`SWP_MIG_YOUNG`, `SWP_MIG_DIRTY`).
    init(_ entry: SwapEntry) {
        pfn = entry.offset & Self.frameMask
        access = Access(rawValue: entry.type) ?? .read
    }

    /// `make_writable_migration_entry` and its like.
    var entry: UInt64 { SwapEntry(type: access.rawValue, offset: pfn).rawValue }

    /// `SWP_PFN_MASK`: as many bits as physical addresses have beyond a page.
    private static var frameMask: UInt64 { (1 << 40) - 1 }
}
