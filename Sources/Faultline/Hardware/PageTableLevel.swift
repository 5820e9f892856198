/// The levels of a 4-level page table, by what an entry of the table spans.
enum PageTableLevel {
    static var pte: UInt64 { 12 }
    static var pmd: UInt64 { 21 }
    static var pud: UInt64 { 30 }
    static var pgd: UInt64 { 39 }

    static var pmdSize: UInt64 { 1 << 21 }

    @inline(__always)
    static func index(_ address: VirtualAddress, _ shift: UInt64) -> Int {
        Int(truncatingIfNeeded: (address >> shift) & 511)
    }

    /// `pmd_addr_end` and its like: the end of the entry's span, or `end` if that comes first.
    @inline(__always)
    static func spanEnd(_ address: VirtualAddress, _ end: VirtualAddress, _ shift: UInt64) -> VirtualAddress {
        let boundary = ((address >> shift) &+ 1) << shift
        return boundary &- 1 < end &- 1 ? boundary : end
    }
}

/// A place in a page table.
typealias EntryPointer = UnsafeMutablePointer<UInt64>
