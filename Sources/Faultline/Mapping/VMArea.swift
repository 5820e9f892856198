/// A virtual memory area: `struct vm_area_struct` (`include/linux/mm_types.h`).
struct VMArea: IntervalTreeRecord {
    /// Page-aligned; `start < end`.
    var start: VirtualAddress
    var end: VirtualAddress
    var flags: VMFlags { didSet { protection = PTE.protection(flags) } }
    /// `vm_page_prot`, before write-notify: made when the flags change, since every fault takes it.
    private(set) var protection: UInt64
    /// `vm_pgoff`: in pages; for anonymous memory the address at creation, by which rmap finds the page.
    var pgoff: UInt64
    let mm: Handle<MMStruct>
    /// Nil until the first write fault of private memory.
    var anonVMA: Handle<AnonVMA>?
    /// The newest link of `anon_vma_chain`; nil when the VMA has none.
    var chainFirst: Handle<AnonVMAChain>?
    var chainLast: Handle<AnonVMAChain>?
    /// The open file, nil for anonymous memory and special mappings.
    var file: Handle<OpenFile>?
    var kind: Kind
    /// `vm_userfaultfd_ctx`: who serves faults here; nil exactly where the flags name no mode.
    var userfault: Handle<UserfaultContext>?
    /// `swap_readahead_info`; see `SwapReadaheadInfo`. 0 until a page was read back.
    var swapReadahead: UInt64 = 0
    /// Pages that reclaim unmapped from it.
    var evictions: UInt32 = 0
    /// The number of its memory policy (`vm_policy`), 0 for none; see ``MemoryPolicy``.
    var policy: UInt32 = 0
    /// In the i_mmap of the file's mapping; start and last are file pages.
    var interval = IntervalNode()

    init(
        start: VirtualAddress, end: VirtualAddress, flags: VMFlags, pgoff: UInt64, mm: Handle<MMStruct>,
        file: Handle<OpenFile>? = nil, kind: Kind
    ) {
        self.start = start
        self.end = end
        self.flags = flags
        protection = PTE.protection(flags)
        self.pgoff = pgoff
        self.mm = mm
        self.file = file
        self.kind = kind
    }

    static let intervalNodeOffset = MemoryLayout<VMArea>.offset(of: \VMArea.interval).unsafelyUnwrapped

    enum Kind: UInt8 {
        /// Without `vm_ops`: private anonymous, or a private mapping of /dev/zero.
        case anonymous
        case file
        /// A System V attachment: has a `close` operation, so it can never be merged away.
        case sysvShm
        /// vdso and the like: never split, never merged, no pages of its own.
        case special
    }

    @inline(__always) var length: UInt64 { end &- start }
    @inline(__always) var pageCount: UInt64 { (end &- start) >> 12 }
    @inline(__always) var isAnonymous: Bool { kind == .anonymous }
    @inline(__always) var isShared: Bool { flags.has(.shared) }
    /// `linear_page_index`.
    @inline(__always) func pageIndex(_ address: VirtualAddress) -> UInt64 { ((address &- start) >> 12) &+ pgoff }
    @inline(__always) func address(ofPage index: UInt64) -> VirtualAddress { start &+ ((index &- pgoff) << 12) }
    @inline(__always) func contains(_ address: VirtualAddress) -> Bool { start <= address && address < end }
    /// `list_is_singular(&vma->anon_vma_chain)`.
    @inline(__always) var chainIsSingular: Bool { chainFirst != nil && chainFirst == chainLast }
    /// `vma_is_fork_child`: the anon_vma chain was inherited.
    @inline(__always) var isForkChild: Bool { anonVMA != nil && !chainIsSingular }
}
