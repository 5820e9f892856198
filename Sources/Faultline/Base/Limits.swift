/// Settings of the kernel that a program cannot change (`/proc/sys/vm`), with the defaults of the modelled machine.
///
/// A machine takes the next value that is allowed where one is out of its range (``clamped``).
public struct KernelSettings: Sendable, Equatable {
    /// What the processor has that the kernel runs on.
    public var cpu = CPUSettings()
    /// `vm.max_map_count`: VMAs of a process, at most; 0 to 2^31-1.
    public var maxMapCount = 65530
    /// The lower end of mappings, in bytes: the larger of `vm.mmap_min_addr` and the LSM's.
    public var mmapMinAddress: UInt64 = 65536
    /// `vm.mmap_min_addr` (`dac_mmap_min_addr`): below it, mapping takes CAP_SYS_RAWIO.
    public var privilegedMinAddress: UInt64 = 4096
    /// `stack_guard_gap`, in bytes.
    public var stackGuardGap: UInt64 = 256 << 12
    /// `kernel.randomize_va_space`, for processes that are started with a seed: 0 off, 1 all but the heap, 2 all.
    public var randomizeVASpace = 2
    /// `vm.mmap_rnd_bits`: bits of pages by which the mmap area moves; at most 32.
    public var mmapRandomBits: UInt64 = 28
    /// `vm.overcommit_memory`: 0 heuristic, 1 always, 2 never.
    public var overcommitMode = 0
    /// `vm.overcommit_ratio`, in percent.
    public var overcommitRatio: UInt64 = 50
    /// `vm.swappiness`: how readily anonymous pages go to a swap area, 0 to 200. A memory cgroup begins with it.
    public var swappiness: UInt64 = 60
    /// `vm.panic_on_oom`: whether the kernel panics in place of a kill; 1 where the whole machine has too little, 2 also where a memory
    /// cgroup has.
    public var panicOnOutOfMemory = 0
    /// `vm.oom_kill_allocating_task`: who asks dies, whatever others have; not at the limit of a memory cgroup.
    public var killsAllocatingTask: Bool { killingAskerLevel != 0 }
    /// `vm.oom_kill_allocating_task` as it was written: any number but 0 says yes.
    public var killingAskerLevel: Int32 = 0
    /// `vm.oom_dump_tasks`: whether the kernel's log has the table of tasks at a kill.
    public var logsTasks: Bool { taskLogLevel != 0 }
    /// `vm.oom_dump_tasks` as it was written.
    public var taskLogLevel: Int32 = 1
    /// `vm.admin_reserve_kbytes`.
    public var adminReserveKiB: UInt64 = 8192
    /// `vm.user_reserve_kbytes`.
    public var userReserveKiB: UInt64 = 131_072
    /// `fault_around_bytes`; rounded down to a power of two, at least a page and at most a table of them
    /// (`fault_around_bytes_set`).
    public var faultAroundBytes: UInt64 = 65536
    /// `kernel.shmmni`, `kernel.shmmax` and `kernel.shmall` (pages).
    public var shmMaxSegments = 4096
    /// In bytes.
    public var shmMaxBytes: UInt64 = UInt64.max - (1 << 24)
    /// In pages.
    public var shmAllPages: UInt64 = UInt64.max - (1 << 24)
    /// NUMA balancing at the start.
    public var balancing = BalancingSettings()
    /// How many pages in a row a node gets under MPOL_WEIGHTED_INTERLEAVE, by node (`weighted_interleave/nodeN`); 1 where none is named.
    public var interleaveWeights: [UInt8] = []
    /// `read_ahead_kb` of the disk, in pages.
    public var readaheadPages: UInt64 = 2048
    /// The disk's file system takes folios of several pages (`mapping_large_folio_support`), as ext4 does since 6.16.
    public var hasLargeFileFolios = true

    /// `slab_debug`: what slab caches check that no block of ``slabDebugBlocks`` names.
    public var slabDebug: SlabFlags = []
    /// What named caches check instead, the first that names one counts.
    public var slabDebugBlocks: [SlabDebugBlock] = []
    /// Letter `O`: what would make slabs of a cache larger is left out there (`disable_higher_order_debug`).
    public var slabDebugKeepsOrder = false
    /// `num_present_cpus`: the size of slabs depends on it. The modelled machine has 2, and runs programs on one of them.
    public var presentCPUs = 2
    /// How many of them are simulated, 1 to 64: see ``Machine/bringUpCPUs(_:)``.
    public var simulatedCPUs = 1
    /// `tlb_single_page_flush_ceiling` (debugfs): how many pages of a range are flushed one by one at most.
    public var flushCeiling: UInt64 = 33
    /// Whether the kernel's own records are charged to slab caches: their memory is taken from the allocator then. It is off unless
    /// something looks at slabs, for it makes calls slower.
    public var chargesKernelObjects = false
    /// Seeds what the kernel draws of its own: the places of its areas (KASLR), and the order of free objects. Nil is `nokaslr`.
    public var kernelSeed: UInt64?

    /// Blocks of 4 KiB that the disk has, those of its file system's own structures among them (36864).
    public var diskBlocks: UInt64 = 1 << 24
    /// How long the disk takes to write a page, in microseconds of simulated time.
    public var diskPageMicroseconds: UInt64 = 10

    /// `vm.dirty_background_ratio` and `vm.dirty_ratio`: percent of the memory that could be dirty at which the flusher
    /// starts, and at which writers do its work.
    public var dirtyBackgroundRatio: UInt64 = 10
    /// `vm.dirty_ratio`, in percent: writers wait above it.
    public var dirtyRatio: UInt64 = 20
    /// `vm.dirty_background_bytes` and `vm.dirty_bytes`: the same in bytes; 0 where the ratio counts.
    public var dirtyBackgroundBytes: UInt64 = 0
    /// `vm.dirty_bytes`.
    public var dirtyBytes: UInt64 = 0
    /// `vm.dirty_writeback_centisecs` and `vm.dirty_expire_centisecs`: how often the flusher wakes, and how old dirty
    /// pages must be for it. 0 as the former keeps it asleep.
    public var dirtyWritebackCentiseconds: UInt64 = 500
    /// `vm.dirty_expire_centisecs`: how old dirty pages may get.
    public var dirtyExpireCentiseconds: UInt64 = 3000

    /// The modelled machine's.
    public init() {}

    /// `fault_around_bytes_set`.
    mutating func roundFaultAround() {
        let bytes = min(max(faultAroundBytes, PageSize.base), PageSize.large)
        faultAroundBytes = 1 << UInt64(63 - bytes.leadingZeroBitCount)
    }
}

/// The capabilities of a process that memory calls ask for (capabilities(7)).
public struct Capabilities: Sendable, Equatable {
    /// CAP_IPC_LOCK: RLIMIT_MEMLOCK does not count.
    public var canLockMemory = true
    /// CAP_SYS_ADMIN: the commitment's reserve for administrators may be used.
    public var isAdministrator = true
    /// CAP_SYS_RAWIO: the pages below `vm.mmap_min_addr` may be mapped.
    public var canMapLowPages = true
    /// CAP_SYS_RESOURCE: hard limits may be raised.
    public var canRaiseLimits = false

    /// CAP_SETUID: the process may become another user.
    public var canChangeUser = true
    /// CAP_IPC_OWNER: the permission bits of System V segments do not count.
    public var ownsAllSegments = true
    /// CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH and CAP_FOWNER: owner and mode of files do not count.
    public var overridesFileModes = true
    /// CAP_SYS_PTRACE: the memory of all processes can be reached through /proc.
    public var canInspectProcesses = true
    /// CAP_SYS_NICE: move_pages(2) may move pages that others map too.
    public var canMoveSharedPages = true

    /// `cap_issubset`: whether the other set has nothing that this one lacks.
    func includes(_ other: Capabilities) -> Bool {
        let fields: [KeyPath<Capabilities, Bool>] = [
            \.canLockMemory, \.isAdministrator, \.canMapLowPages, \.canRaiseLimits, \.canChangeUser, \.ownsAllSegments,
            \.overridesFileModes, \.canInspectProcesses, \.canMoveSharedPages,
        ]
        return fields.allSatisfy { self[keyPath: $0] || !other[keyPath: $0] }
    }

    /// Those of a process that is not root's.
    public static let none: Capabilities = {
        var none = Capabilities()
        none.canLockMemory = false
        none.isAdministrator = false
        none.canMapLowPages = false
        none.canChangeUser = false
        none.ownsAllSegments = false
        none.overridesFileModes = false
        none.canInspectProcesses = false
        none.canMoveSharedPages = false
        return none
    }()

    /// Those of the modelled machine's programs, which run as root, but without CAP_SYS_RESOURCE.
    public init() {}
}

/// `struct rlimit` for the resources that matter to memory; soft limits, in bytes. `UInt64.max` is no limit.
public struct ResourceLimits: Sendable, Equatable {
    /// RLIMIT_AS, in bytes.
    public var addressSpace = UInt64.max
    /// RLIMIT_DATA, in bytes.
    public var data = UInt64.max
    /// RLIMIT_STACK, in bytes.
    public var stack: UInt64 = 8 << 20
    /// RLIMIT_MEMLOCK, in bytes.
    public var lockedMemory: UInt64 = 8 << 20
    /// RLIMIT_FSIZE, in bytes.
    public var fileSize = UInt64.max
    /// RLIMIT_NOFILE, a number of descriptors.
    public var openFiles: UInt64 = 1024
    /// RLIMIT_NPROC, the processes of a user; root's do not count.
    public var processes = UInt64.max
    /// The hard limits by resource number; a process without CAP_SYS_RESOURCE cannot raise them.
    public var hard: [UInt64] = (0..<16).map { $0 == 8 ? 8 << 20 : .max }

    /// Those that a process starts with on the modelled machine.
    public init() {}
}
