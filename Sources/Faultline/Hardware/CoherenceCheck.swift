/// A change of page tables after which a TLB may hold what they no longer say.
public struct PageTableChange: Sendable, Equatable, CustomStringConvertible {
    /// Who changes entries, by the kernel's function.
    public enum Operation: String, Sendable, CaseIterable {
        case zap = "zap_pte_range"
        case protect = "change_protection"
        case writeProtect = "copy_present_ptes"
        case move = "move_page_tables"
        case copyOnWrite = "wp_page_copy"
        case clean = "folio_mkclean"
        case lazyFree = "madvise_free_pte_range"
        case unmapFolio = "try_to_unmap"
        case spurious = "flush_tlb_fix_spurious_fault"
        case migrate = "try_to_migrate"
        case split = "__split_huge_pmd"
        case age = "madvise_cold_or_pageout_pte_range"
        case vunmap = "vunmap_range_noflush"
        case setMemory = "__change_page_attr"
        case watch = "arm_kmmio_fault_page"
        case setFixmap = "__native_set_fixmap"
    }

    /// Its place among all changes since the check was switched on, from 1.
    public let serial: Int
    /// Which function changed the entries.
    public let operation: Operation
    /// On whose behalf: munmap, madvise, truncation ...
    public let reason: Event.Reason
    /// The process that made the call, by its index; -1 where none.
    public let process: Int32
    /// What ``Machine/coherenceMark`` was.
    public let mark: Int
    /// The TLB context of the address space that was changed.
    let context: UInt32
    /// The first address that changed.
    public internal(set) var start: VirtualAddress
    /// The address behind the last.
    public internal(set) var end: VirtualAddress

    /// Such as `change_protection (mprotect) of 0x1000-0x2000, change 3`.
    public var description: String {
        let cause = reason == .none ? "" : " (\(reason.rawValue))"
        let range = "0x" + String(start, radix: 16) + "-0x" + String(end, radix: 16)
        return "\(operation.rawValue)\(cause) of \(range), change \(serial)" + (mark > 0 ? ", line \(mark)" : "")
    }
}

/// An access that was answered by a TLB entry which the page tables no longer allow, or whose walk began at a
/// paging-structure entry to which they no longer lead.
public struct StaleUse: Sendable, Equatable, CustomStringConvertible {
    /// How entry and tables differ.
    public enum Difference: String, Sendable {
        case unmapped = "nothing is mapped there any more"
        case moved = "another frame is mapped there"
        case rights = "a right was taken away"
        case size = "the page size changed"
        case clean = "the dirty bit was cleared, and this write does not set it again"
    }

    /// What was cached.
    public enum Entry: String, Sendable {
        case translation = "stale TLB entry"
        case pageTable = "stale paging-structure entry of a page table"
        case pageDirectory = "stale paging-structure entry of a page directory"
        case pageDirectoryPointerTable = "stale paging-structure entry of a page-directory-pointer table"
    }

    /// The address of the access.
    public let address: VirtualAddress
    /// The CPU whose TLB it was.
    public let cpu: Int
    /// The process, by its index; nil where it is gone.
    public internal(set) var process: Int?
    let context: UInt32
    /// What kind of entry was used.
    public let entry: Entry
    /// The physical page or table that was used.
    public let cached: PhysicalAddress
    /// What the tables have; nil where they have nothing.
    public let current: PhysicalAddress?
    /// How the two differ.
    public let difference: Difference
    /// The last change of the address that no flush has followed; nil for an entry that was changed behind the kernel's back.
    public let change: PageTableChange?

    /// One line for the user.
    public var description: String {
        func hex(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }
        let who = process.map { "process \($0)" } ?? "an ended process"
        let tables = current.map { "physical \(hex($0))" } ?? "nothing"
        let cause =
            change.map { "should have been flushed by \($0)" } ?? "the entry was changed behind the kernel's back"
        return
            "\(entry.rawValue): CPU \(cpu), \(who), \(hex(address)): the \(entry == .translation ? "TLB" : "cache") has "
            + "physical \(hex(cached)), the tables have \(tables): \(difference.rawValue); \(cause)"
    }
}

/// What a coherence check remembers: changes that wait for their flush, and uses of stale entries.
///
/// A kernel that flushes in time has an almost empty list, so it is searched as it is.
final class CoherenceCheck {
    private(set) var pending: [PageTableChange] = []
    private var serial = 0
    /// Whose the kernel's own addresses are: they are the same in all address spaces.
    static let kernelContext = UInt32.max
    var uses: [StaleUse] = []
    /// For tests: flushes are not made, as by a kernel that forgets them.
    var dropsFlushes = false
    var mark = 0

    func note(
        _ operation: PageTableChange.Operation, _ reason: Event.Reason, process: Int32, context: UInt32,
        _ start: VirtualAddress, _ end: VirtualAddress
    ) {
        serial += 1
        pending.append(
            PageTableChange(
                serial: serial, operation: operation, reason: reason, process: process, mark: mark, context: context,
                start: start, end: end))
    }

    /// The last change of an address that no flush has followed.
    func change(of address: VirtualAddress, context: UInt32) -> PageTableChange? {
        let context = address >= 1 << 63 ? Self.kernelContext : context
        return pending.last { $0.context == context && $0.start <= address && address < $0.end }
    }

    /// A flush of a range: what was changed there is settled.
    func settle(context: UInt32, from start: VirtualAddress, to end: VirtualAddress) {
        pending = pending.flatMap { change -> [PageTableChange] in
            guard change.context == context, change.start < end, start < change.end else { return [change] }
            var below = change
            var above = change
            below.end = min(change.end, start)
            above.start = max(change.start, end)
            return [below, above].filter { $0.start < $0.end }
        }
    }

    /// A flush of everything.
    func settleAll() { pending = [] }

    /// A flush of a whole address space.
    func settle(context: UInt32) { pending.removeAll { $0.context == context } }
}
