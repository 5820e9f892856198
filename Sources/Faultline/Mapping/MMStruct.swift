/// An address space: `struct mm_struct` (`include/linux/mm_types.h`).
struct MMStruct {
    /// The frame of the top-level page table.
    var pgd: PFN
    /// Names the address space to the TLB.
    var context: UInt32
    /// `mm_users`: the processes that run in it; the last one's exit takes it down.
    var users: Int32 = 1
    // What every zap changes stands together, so that it costs one cache line.
    /// `rss_stat`: MM_ANONPAGES, MM_FILEPAGES, MM_SHMEMPAGES.
    var anonPages: Int64 = 0
    var filePages: Int64 = 0
    var shmemPages: Int64 = 0
    /// The same as ``shownRSS`` has them, as of the last change of several pages or downwards.
    var foldedAnon: Int64 = 0
    var foldedFile: Int64 = 0
    var foldedShmem: Int64 = 0
    /// `hugetlb_usage`: pages of 4 KiB in huge pages of the pool, which `rss_stat` has no part in.
    var poolPages: Int64 = 0
    /// MM_SWAPENTS: entries that name a slot of the swap area.
    var swapEntries: Int64 = 0
    /// `hiwater_rss`: noted where the figure is about to fall.
    var peakRSS: Int64 = 0
    var tree: VMATree<Handle<VMArea>>
    /// `map_count`: equals the tree's count.
    var mapCount: Int = 0
    /// Pages: `total_vm`, `locked_vm`, `data_vm`, `exec_vm`, `stack_vm`.
    var totalVM: UInt64 = 0
    var lockedVM: UInt64 = 0
    /// `hiwater_vm`: noted where the figure is about to fall.
    var peakVM: UInt64 = 0
    /// By how much `locked_vm` is more than what is locked, with wrap-around: MREMAP_DONTUNMAP leaves the source counted,
    /// and mlock counts in an int.
    var unreturnedLockedVM: UInt64 = 0
    /// `pinned_vm`: pages that buffers hold which its processes registered.
    var pinnedVM: UInt64 = 0
    /// MMF_HAS_PINNED: somebody has pinned a page here once, so that fork looks for pinned ones.
    var hasPinned = false
    var dataVM: UInt64 = 0
    var execVM: UInt64 = 0
    var stackVM: UInt64 = 0
    /// Page-table frames below the top level (`pgtables_bytes` / 4096).
    var tableFrames: Int64 = 0
    /// `def_flags`: what `mlockall(MCL_FUTURE)` gives to new mappings.
    var defaultFlags: VMFlags = []
    var layout: Layout
    /// `owner`: the process that it was made for. Others that share it came later.
    let owner: Int32
    /// It is on the list of those that swapoff looks at (`mmlist` is not empty).
    var mayBeSwapped = false
    /// PR_SET_MDWE.
    var denyWriteExecute = false
    var denyWriteExecuteInherits = true
    /// PR_SET_THP_DISABLE: 0, 1, or 3 with PR_THP_DISABLE_EXCEPT_ADVISED.
    var hugePagesDisabled: UInt8 = 0
    /// MMF_VM_HUGEPAGE: khugepaged scans it.
    var isScanned = false
    /// MMF_VM_MERGEABLE: ksmd's record of it; nil where it does not scan it.
    var ksmSlot: Handle<KSMSlot>?
    /// `ksm_zero_pages`: entries that map the zero page in the place of a page of zeros.
    var mergedZeroPages: Int64 = 0
    /// PR_SET_MEMORY_MERGE: new mappings are marked for KSM.
    var mergesAny = false
    /// `MMF_DUMPABLE`: false once a process that runs in it became another user.
    var isDumpable = true
    /// Those that pkey_alloc(2) and PROT_EXEC have taken.
    var keys: ProtectionKeys
    /// Order of creation; 0 is the first process's.
    var serial: UInt32
    /// `context.tlb_gen`: flushes of a machine with several CPUs, from 1 on.
    var tlbGeneration: UInt64 = 1
    /// `mm_cpumask`: the CPUs that may hold translations.
    var cpuMask: UInt64 = 0
    /// `next_trim_cpumask`, on the machine's clock.
    var nextTrim: UInt64
    /// How far the scan for hinting faults is.
    var scan = SpaceScan()
    /// The VMA that the last fault hit.
    var faultCache: Handle<VMArea>?
}

extension MMStruct {
    /// Where an address space keeps its parts (`mmap_base`, `start_brk` and so on).
    struct Layout {
        var mmapBase: VirtualAddress
        /// `mmap_legacy_base`: where bottom-up placement begins, also when the top-down area is full.
        var bottomUpBase: VirtualAddress = AddressRandomizer.unmappedBase
        var isTopDown = true
        /// PF_RANDOMIZE of the process: MAP_32BIT places vary.
        var isRandomized = false
        var startBrk: VirtualAddress = 0
        var brk: VirtualAddress = 0
        var startCode: VirtualAddress = 0
        var endCode: VirtualAddress = 0
        var startData: VirtualAddress = 0
        var endData: VirtualAddress = 0
        var startStack: VirtualAddress = 0
    }

    @inline(__always) var rssPages: Int64 { anonPages &+ filePages &+ shmemPages }

    /// `get_mm_rss`: what the counters show without a look at what each processor has in advance (`percpu_counter_read_positive`).
    var shownRSS: Int64 {
        shownAnon + shownFile + shownShmem
    }

    /// The same of each kind (`get_mm_counter`).
    var shownAnon: Int64 { max(0, Self.shown(anonPages, foldedAnon)) }
    var shownFile: Int64 { max(0, Self.shown(filePages, foldedFile)) }
    var shownShmem: Int64 { max(0, Self.shown(shmemPages, foldedShmem)) }

    /// What a counter shows whose pages came one at a time since it was folded: a processor's part is folded at 32
    /// (`percpu_counter_batch`).
    @inline(__always)
    static func shown(_ count: Int64, _ folded: Int64) -> Int64 { folded &+ (count &- folded) / 32 &* 32 }

    /// `percpu_counter_add_batch` of several pages at once: all is folded once the processor's part is 32 or more.
    @inline(__always)
    static func add(_ pages: Int64, to count: inout Int64, _ folded: inout Int64) {
        if pages == 0 { return }
        folded = shown(count, folded)
        count &+= pages
        if (count &- folded).magnitude >= 32 { folded = count }
    }
}
