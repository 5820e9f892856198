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
    /// PR_SET_MDWE.
    var denyWriteExecute = false
    var denyWriteExecuteInherits = true
    /// PR_SET_THP_DISABLE: 0, 1, or 3 with PR_THP_DISABLE_EXCEPT_ADVISED.
    var hugePagesDisabled: UInt8 = 0
    /// PR_SET_MEMORY_MERGE: new mappings are marked for KSM.
    var mergesAny = false
    /// `MMF_DUMPABLE`: false once a process that runs in it became another user.
    var isDumpable = true
    /// Those that pkey_alloc(2) and PROT_EXEC have taken.
    var keys: ProtectionKeys
    /// Order of creation; 0 is the first process's.
    var serial: UInt32
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
}
