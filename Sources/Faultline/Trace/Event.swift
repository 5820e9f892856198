/// Something that the machine did, named as the kernel's tracepoint where one exists.
///
/// Transcripts, statistics and explanations are made of these; nothing else is kept beside the state.
public struct Event: Sendable, Hashable {
    /// What happened.
    public enum Kind: String, Sendable, CaseIterable, Hashable, Codable {
        case pageFaultUser = "page_fault_user"
        case unmappedArea = "vm_unmapped_area"
        case vmaNew = "vma_new"
        case vmaMerge = "vma_merge"
        case vmaMergeRefused = "vma_merge_refused"
        case vmaSplit = "vma_split"
        case vmaRemoved = "vma_removed"
        case anonVMANew = "anon_vma_new"
        case anonVMAShared = "anon_vma_shared"
        case pageAllocated = "mm_page_alloc"
        case pageFreed = "mm_page_free"
        case pageTakenFromOthers = "mm_page_alloc_extfrag"
        case pageMigrated = "page_migrated"
        case pageMapped = "page_mapped"
        case pageUnmapped = "page_unmapped"
        case hugePageMapped = "huge_page_mapped"
        case folioSplit = "folio_split"
        case hugePageCollapsed = "mm_collapse_huge_page"
        case cowCopied = "cow_copied"
        case cowReused = "cow_reused"
        case pteTableAllocated = "pte_table_alloc"
        case pmdTableAllocated = "pmd_table_alloc"
        case pudTableAllocated = "pud_table_alloc"
        case pteTableFreed = "pte_table_free"
        case pmdTableFreed = "pmd_table_free"
        case pudTableFreed = "pud_table_free"
        case pageRangeCopied = "copy_page_range"
        case tlbFlush = "tlb_flush"
        case tlbFlushAll = "tlb_flush_mm"
        case stackGrown = "stack_grown"
        case signal = "signal_generate"
        case outOfMemory = "oom"
        case addressSpaceShared = "mmget"
        case addressSpaceLeft = "mmput"
        case writeback = "writeback"
        case refused = "refused"
    }

    /// Why it happened, in a few words that name the rule.
    public enum Reason: String, Sendable, CaseIterable, Hashable, Codable {
        case none = ""
        case zeroPage = "read of anonymous memory maps the zero page"
        case anonymous = "first write of anonymous memory"
        case fileRead = "read of a file page"
        case faultAround = "fault-around"
        case privateWrite = "private write of a file page copies it"
        case sharedWrite = "shared write of a file page"
        case pageMkwrite = "first write after the page was clean"
        case zeroPageCopy = "write of the zero page"
        case sharedFrame = "the frame is shared or was shared by fork"
        case pinnedFrame = "the frame is pinned, so that the child gets a copy of its own at fork"
        case soleOwner = "no one else has the frame"
        case exclusive = "the frame is known to be exclusive"
        case spurious = "another access already made the entry good"
        case mergedBoth = "with both neighbours"
        case mergedPrevious = "with the VMA below"
        case mergedNext = "with the VMA above"
        case flagsDiffer = "flags differ"
        case clearRefs = "the accessed bits of its pages were looked at (clear_refs)"
        case policyDiffers = "memory policies differ"
        case fileDiffers = "not the same open file"
        case offsetDiffers = "vm_pgoff does not continue"
        case anonVMADiffers = "anon_vma differs"
        case forkChild = "the anon_vma chain was inherited by fork"
        case special = "a special mapping"
        case closeOperation = "a System V attachment"
        case neighbour = "a neighbour's anon_vma is taken"
        case unmap = "munmap"
        case truncate = "truncation"
        case discard = "madvise"
        case fork = "fork"
        case forkShares = "the child maps the same frames, private ones write-protected"
        case forkRefills = "nothing is copied: faults bring the pages back"
        case forkWipes = "nothing is copied: MADV_WIPEONFORK"
        case forkLeavesOut = "the child has no such VMA: MADV_DONTFORK"
        case protect = "mprotect"
        case move = "mremap"
        case exit = "exit"
        case noMapping = "no VMA"
        case accessDenied = "the VMA does not allow it"
        case keyDenied = "the thread may not use the protection key so"
        case guardRegion = "a guard region"
        case beyondEnd = "beyond the end of the file"
        case nonCanonical = "the address is not canonical"
        case kernelAddress = "a kernel address"
        case vsyscall = "the vsyscall page"
        case noMemory = "no frame is free"
        case ioError = "input/output error"
        case diskFull = "no space is left on the disk"
        case tmpfsFull = "no block is left in the tmpfs"
        case populate = "populated by the kernel"
        case tablesFreed = "page tables were freed"
        case tablesMoved = "page tables moved"
        case split = "a huge page was split"
        case collapse = "a huge page takes the place of single ones"
        case clean = "writeback makes the entries clean"
        case lazyFree = "MADV_FREE"
        case reclaim = "the page leaves memory"
        case migration = "the page moves to another frame"
        case kernelRange = "the kernel's own mappings change"
        case swapOut = "the page goes to the swap area"
        case swapIn = "read from the swap area"
        case swapCache = "in the swap cache"
    }

    /// What happened.
    public var kind: Kind
    /// Why, as far as one rule decided it.
    public var reason: Reason
    /// The process that it happened to, by its index; -1 where none.
    public var process: Int32
    /// The byte address that it concerns; what the kind says (``Kind/shape``), 0 where it says nothing.
    public var address: VirtualAddress
    /// A length in bytes, a frame, a count: what the kind says (``Kind/shape``), 0 where it says nothing.
    public var value: UInt64
    /// The rule behind ``Kind/refused`` and ``Kind/vmaMergeRefused``, with its figures; nil for all others.
    public var refusal: Refusal? = nil
}
