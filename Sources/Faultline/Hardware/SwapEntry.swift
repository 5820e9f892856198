/// `swp_entry_t` in the form that a page-table entry has (`__swp_entry` in `arch/x86/include/asm/pgtable_64.h`): the type in
/// bits 59 to 63, the offset inverted in bits 9 to 58, so that the frame field of an entry that is not present names no
/// real memory (the L1TF mitigation).
///
///      63  59 58                               9 8        4  3         2       1          0
///     ┌──────┬──────────────────────────────────┬──────────┬─────────┬────────┬──────────┬───┐
///     │ type │ offset, inverted                 │ 0 (P, G) │ excl.   │ uffd-wp│ soft-dirty│ 0 │
///     └──────┴──────────────────────────────────┴──────────┴─────────┴────────┴──────────┴───┘
struct SwapEntry: Equatable {
    /// `swp_type`: the swap area, or one of the types that stand for something else (``SwapType``). 0 to 31.
    let type: UInt8
    /// `swp_offset`: the slot in the area, a frame number, or the kind of a marker. Below 2^50.
    let offset: UInt64

    /// `_PAGE_SWP_EXCLUSIVE`: the page that went out was this address space's own.
    static var exclusiveBit: UInt64 { 1 << 3 }

    /// `_PAGE_SWP_UFFD_WP`: a userfaultfd has write-protected the page that went out.
    static var userfaultWPBit: UInt64 { 1 << 2 }

    /// The offset's bits, once shifted into place.
    private static var offsetField: UInt64 { (1 << 59) - (1 << 9) }

    @inline(__always)
    init(type: UInt8, offset: UInt64) {
        self.type = type
        self.offset = offset
    }

    /// Precondition: the entry is neither empty nor present.
    @inline(__always)
    init(entry: UInt64) {
        type = UInt8(truncatingIfNeeded: entry >> 59)
        offset = (~entry & Self.offsetField) >> 9
    }

    /// `swp_entry_to_pte`.
    @inline(__always) var rawValue: UInt64 { (UInt64(type) << 59) | ((~offset << 9) & Self.offsetField) }
}

/// Swap types beyond the swap areas (`include/linux/swap.h`), as this kernel's configuration numbers them: no DEVICE_PRIVATE,
/// no MEMORY_FAILURE.
enum SwapType {
    /// MAX_SWAPFILES: areas have the types below.
    static var areas: UInt8 { 28 }
    /// SWP_MIGRATION_READ and SWP_MIGRATION_WRITE; the number between them is SWP_MIGRATION_READ_EXCLUSIVE.
    static var migrationRead: UInt8 { 28 }
    static var migrationWrite: UInt8 { 30 }
    /// SWP_PTE_MARKER.
    static var marker: UInt8 { 31 }
}
