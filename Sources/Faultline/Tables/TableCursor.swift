/// A walk over the page tables of one range of an address space, one upper entry at a time
/// (`walk_page_range` and the `pXd_addr_end` loops of `mm/memory.c`).
///
/// Each step says what stands for the addresses from ``address`` up to ``next``:
///
///     PGD ─► PUD ─► PMD ─► table ─► entries          .entries: up to 512 last-level entries
///                     └──► 2 MiB of memory           .huge at the PMD's level
///              └─────────► 1 GiB of memory           .huge at the PUD's level
///     an empty entry at any level                    .hole, with the level of the entry
///
/// The cursor reads the tables anew at each step: the caller may change what lies below the step's entry, and tables that
/// come later, while it walks.
struct TableCursor {
    /// What one step found.
    enum Step {
        /// The entry at this level (``PageTableLevel``) is empty.
        case hole(level: UInt64)
        /// A last-level table; its entries from the step's address on, of which there are ``TableCursor/count``.
        case entries(EntryPointer)
        /// An upper entry that is neither empty nor a table: a huge page, or a migration or swap entry for one.
        case huge(EntryPointer, level: UInt64)
    }

    private let ram: UnsafeMutablePointer<UInt8>
    private let top: EntryPointer
    /// Where the walk ends.
    let end: VirtualAddress
    /// Where the step begins.
    private(set) var address: VirtualAddress
    /// Where the step ends, and the next one begins.
    private(set) var next: VirtualAddress
    /// The entry that points to the last-level table of the step.
    private(set) var parent: EntryPointer

    /// Precondition: `start` is not above `end`, both on page boundaries and canonical user addresses.
    @inline(__always)
    init(_ frames: FrameTable, root: PFN, _ start: VirtualAddress, _ end: VirtualAddress) {
        ram = frames.base
        top = frames.table(root)
        parent = top
        address = start
        next = start
        self.end = end
    }

    /// Entries of the step, from its address on.
    @inline(__always) var count: Int { Int(truncatingIfNeeded: (next &- address) >> 12) }

    /// Whether the step is all that its last-level table spans.
    @inline(__always) var isWholeTable: Bool { next &- address == PageTableLevel.pmdSize }

    /// The next step, or nil at the end of the range.
    @inline(__always)
    mutating func step() -> Step? {
        if next >= end { return nil }
        address = next
        let pgd = top + PageTableLevel.index(address, PageTableLevel.pgd)
        guard case .table(let puds) = EntryState(upperLevel: pgd.pointee) else { return upper(pgd, PageTableLevel.pgd) }
        let pud = table(puds) + PageTableLevel.index(address, PageTableLevel.pud)
        guard case .table(let pmds) = EntryState(upperLevel: pud.pointee) else { return upper(pud, PageTableLevel.pud) }
        let pmd = table(pmds) + PageTableLevel.index(address, PageTableLevel.pmd)
        guard case .table(let entries) = EntryState(upperLevel: pmd.pointee) else {
            return upper(pmd, PageTableLevel.pmd)
        }
        parent = pmd
        next = PageTableLevel.spanEnd(address, end, PageTableLevel.pmd)
        return .entries(table(entries) + PageTableLevel.index(address, PageTableLevel.pte))
    }

    /// A step that ends at an upper entry.
    @inline(__always)
    private mutating func upper(_ entry: EntryPointer, _ level: UInt64) -> Step {
        next = PageTableLevel.spanEnd(address, end, level)
        return entry.pointee == 0 ? .hole(level: level) : .huge(entry, level: level)
    }

    /// Makes the walk find the same place again, after the caller gave it a table or split what stood there.
    @inline(__always)
    mutating func again() { next = address }

    @inline(__always)
    private func table(_ pfn: PFN) -> EntryPointer {
        // SAFETY: an upper entry names a frame inside the RAM, page-aligned; the machine outlives the walk.
        UnsafeMutableRawPointer(ram + Int(truncatingIfNeeded: pfn << 12)).assumingMemoryBound(to: UInt64.self)
    }
}
