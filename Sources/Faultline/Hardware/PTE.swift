/// A page-table entry in the x86-64 format, as Linux reads and writes it (`arch/x86/include/asm/pgtable_types.h`).
///
/// An entry that is not present for the hardware may be a PROT_NONE page (the global bit stands for it, as
/// `_PAGE_PROTNONE`), or an entry in the form of a swap entry; ``EntryState`` tells them apart.
struct PTE: Equatable {
    let rawValue: UInt64

    @inline(__always)
    init(rawValue: UInt64) { self.rawValue = rawValue }

    static var presentBit: UInt64 { 1 << 0 }
    static var writeBit: UInt64 { 1 << 1 }
    static var userBit: UInt64 { 1 << 2 }
    static var accessedBit: UInt64 { 1 << 5 }
    static var dirtyBit: UInt64 { 1 << 6 }
    /// PS: an entry of an upper level maps memory itself.
    static var pageSizeBit: UInt64 { 1 << 7 }
    static var protNoneBit: UInt64 { 1 << 8 }
    static var specialBit: UInt64 { 1 << 9 }
    /// `_PAGE_UFFD_WP`: a userfaultfd has write-protected the page.
    static var userfaultWPBit: UInt64 { 1 << 10 }
    /// PAT of a huge entry; of a small one it stands in the place of PS.
    static var hugePATBit: UInt64 { 1 << 12 }
    /// `_PAGE_PKEY_MASK`: the protection key, where CR4.PKE is set.
    static var protectionKeyMask: UInt64 { 15 << 59 }
    static var noExecuteBit: UInt64 { 1 << 63 }
    static var addressMask: UInt64 { 0x000f_ffff_ffff_f000 }
    /// What `pte_modify` keeps: the frame and what hardware and software noted about it (`_PAGE_CHG_MASK`).
    static var changeMask: UInt64 { addressMask | accessedBit | dirtyBit | specialBit | userfaultWPBit }
    /// An entry of an upper level: present, writable, user, accessed and dirty (`_PAGE_TABLE`).
    static var table: UInt64 { presentBit | writeBit | userBit | accessedBit | dirtyBit }

    static var none: PTE { PTE(rawValue: 0) }

    @inline(__always)
    init(pfn: PFN, protection: UInt64) { rawValue = (pfn << 12) | protection }

    @inline(__always) var isNone: Bool { rawValue == 0 }
    /// `pte_present`: mapped, even if PROT_NONE.
    @inline(__always) var isPresent: Bool { rawValue & (Self.presentBit | Self.protNoneBit) != 0 }
    @inline(__always) var isWritable: Bool { rawValue & Self.writeBit != 0 }
    @inline(__always) var isDirty: Bool { rawValue & Self.dirtyBit != 0 }
    @inline(__always) var isAccessed: Bool { rawValue & Self.accessedBit != 0 }
    @inline(__always) var isSpecial: Bool { rawValue & Self.specialBit != 0 }
    @inline(__always) var protectionKey: UInt64 { rawValue >> 59 & 15 }
    @inline(__always) var pfn: PFN { (rawValue & Self.addressMask) >> 12 }

    @inline(__always) func setting(_ bits: UInt64) -> PTE { PTE(rawValue: rawValue | bits) }
    @inline(__always) func clearing(_ bits: UInt64) -> PTE { PTE(rawValue: rawValue & ~bits) }
    /// `pte_modify`.
    @inline(__always) func modified(_ protection: UInt64) -> PTE {
        PTE(rawValue: (rawValue & Self.changeMask) | (protection & ~Self.changeMask))
    }
}

extension PTE {
    /// `vm_get_page_prot` of the access flags, before write notification is applied (`arch/x86/mm/pgprot.c`).
    ///
    /// Private writable memory is mapped read-only: the first write decides about copying.
    @inline(__always)
    static func protection(_ flags: VMFlags) -> UInt64 {
        let key = flags.protectionKey << 59
        if !flags.hasAny(.access) { return protNoneBit | accessedBit | noExecuteBit | key }
        var bits = presentBit | userBit | accessedBit | key
        if flags.has(.write) && flags.has(.shared) { bits |= writeBit }
        if !flags.has(.exec) { bits |= noExecuteBit }
        return bits
    }
}
