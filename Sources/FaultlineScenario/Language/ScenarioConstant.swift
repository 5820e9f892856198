import Faultline

/// The constants of the scenario language: those of the Linux x86-64 user API, and the language's own.
public enum ScenarioConstant {
    /// Where nothing is mapped when a program starts: `W`.
    public static let workingAddress: UInt64 = 0x1000_0000_0000

    /// The value of a constant, or nil where the language has none of that name.
    public static func value(of name: String) -> UInt64? { values[name] }

    /// Every constant's name, in alphabetical order.
    public static let names: [String] = values.keys.sorted()

    private static let values: [String: UInt64] = {
        var values: [String: UInt64] = [:]
        for table in tables { values.merge(table.values) { first, _ in first } }
        return values
    }()

    /// The constants by what they are for, each group in the order of values.
    static let groups: [(title: String, names: [String])] = tables.map { title, values in
        (title, values.sorted { ($0.value, $0.key) < ($1.value, $1.key) }.map(\.key))
    }

    private static let tables: [(title: String, values: [String: UInt64])] = [
        ("the language's own", language), ("protection of a mapping", protection),
        ("rights of `pkey_alloc`", keyRights),
        ("flags of `mmap`", mapping),
        ("flags of `mremap`", remapping), ("advice of `madvise`", advice), ("`msync`, `mlock2`, `mlockall`", locking),
        ("flags of `move_pages` and `mbind`", moving), ("memory policies", policies),
        ("categories of `pagemap_scan`, flags of questions to /proc", questions),
        ("files", files), ("advice of `fadvise`", fileAdvice),
        ("flags of kernel allocations", allocation), ("flags of slab caches", slab),
        ("slots of the kernel's fixed addresses", fixedSlots),
        ("System V shared memory", sharedMemory), ("userfaultfd", userfaults), ("limits and `prctl`", limits),
    ]

    private static let language: [String: UInt64] = [
        "NULL": 0, "PAGE": 4096, "HPAGE": 2 << 20, "W": workingAddress,
    ]

    // Flags of a slab cache (`include/linux/slab.h`).
    private static let slab: [String: UInt64] = Dictionary(
        uniqueKeysWithValues: [
            ("SLAB_CONSISTENCY_CHECKS", SlabFlags.consistencyChecks), ("SLAB_RED_ZONE", .redZone),
            ("SLAB_POISON", .poison), ("SLAB_HWCACHE_ALIGN", .hardwareCacheAligned), ("SLAB_CACHE_DMA", .dma),
            ("SLAB_CACHE_DMA32", .dma32), ("SLAB_STORE_USER", .storeUser), ("SLAB_TYPESAFE_BY_RCU", .typesafeByRCU),
            ("SLAB_ACCOUNT", .account), ("SLAB_RECLAIM_ACCOUNT", .reclaimAccount),
        ].map { ($0.0, UInt64($0.1.rawValue)) })

    // `enum fixed_addresses` (`arch/x86/include/asm/fixmap.h`).
    private static let fixedSlots: [String: UInt64] = Dictionary(
        uniqueKeysWithValues: Fixmap.slots.map { ($0.name, $0.slot) })

    // Protection bits of a mapping (`uapi/asm-generic/mman-common.h`).
    private static let protection: [String: UInt64] = [
        "PROT_NONE": 0, "PROT_READ": 1, "PROT_WRITE": 2, "PROT_EXEC": 4, "PROT_SEM": 8, "PROT_GROWSDOWN": 0x1000000,
        "PROT_GROWSUP": 0x2000000,
    ]

    // Rights of `pkey_alloc` (`uapi/asm-generic/mman-common.h`).
    private static let keyRights: [String: UInt64] = ["PKEY_DISABLE_ACCESS": 1, "PKEY_DISABLE_WRITE": 2]

    // Flags of `mmap` (`uapi/linux/mman.h`, `uapi/asm/mman.h`).
    private static let mapping: [String: UInt64] = [
        "MAP_FILE": 0, "MAP_SHARED": 1, "MAP_PRIVATE": 2, "MAP_SHARED_VALIDATE": 3, "MAP_DROPPABLE": 8,
        "MAP_TYPE": 15, "MAP_FIXED": 16, "MAP_ANONYMOUS": 32, "MAP_ANON": 32, "MAP_32BIT": 64, "MAP_ABOVE4G": 0x80,
        "MAP_GROWSDOWN": 0x100, "MAP_DENYWRITE": 0x800, "MAP_EXECUTABLE": 0x1000, "MAP_LOCKED": 0x2000,
        "MAP_NORESERVE": 0x4000, "MAP_POPULATE": 0x8000, "MAP_NONBLOCK": 0x10000, "MAP_STACK": 0x20000,
        "MAP_HUGETLB": 0x40000, "MAP_SYNC": 0x80000, "MAP_FIXED_NOREPLACE": 0x100000, "MAP_UNINITIALIZED": 0x4000000,
        "MAP_HUGE_SHIFT": 26, "MAP_HUGE_MASK": 63, "MAP_HUGE_2MB": 0x54000000, "MAP_HUGE_1GB": 0x78000000,
    ]

    // Flags of `mremap` (`uapi/linux/mman.h`).
    private static let remapping: [String: UInt64] = [
        "MREMAP_MAYMOVE": 1, "MREMAP_FIXED": 2, "MREMAP_DONTUNMAP": 4,
    ]

    // Advice of `madvise` (`uapi/asm-generic/mman-common.h`).
    private static let advice: [String: UInt64] = [
        "MADV_NORMAL": 0, "MADV_RANDOM": 1, "MADV_SEQUENTIAL": 2, "MADV_WILLNEED": 3, "MADV_DONTNEED": 4,
        "MADV_FREE": 8, "MADV_REMOVE": 9, "MADV_DONTFORK": 10, "MADV_DOFORK": 11, "MADV_MERGEABLE": 12,
        "MADV_UNMERGEABLE": 13, "MADV_HUGEPAGE": 14, "MADV_NOHUGEPAGE": 15, "MADV_DONTDUMP": 16, "MADV_DODUMP": 17,
        "MADV_WIPEONFORK": 18, "MADV_KEEPONFORK": 19, "MADV_COLD": 20, "MADV_PAGEOUT": 21, "MADV_POPULATE_READ": 22,
        "MADV_POPULATE_WRITE": 23, "MADV_DONTNEED_LOCKED": 24, "MADV_COLLAPSE": 25, "MADV_HWPOISON": 0x64,
        "MADV_SOFT_OFFLINE": 0x65, "MADV_GUARD_INSTALL": 0x66, "MADV_GUARD_REMOVE": 0x67,
    ]

    // Flags of `msync`, `mlockall` and `mlock2` (`uapi/asm-generic/mman-common.h`, `mman.h`).
    private static let locking: [String: UInt64] = [
        "MS_ASYNC": 1, "MS_INVALIDATE": 2, "MS_SYNC": 4, "MCL_CURRENT": 1, "MCL_FUTURE": 2, "MCL_ONFAULT": 4,
        "MLOCK_ONFAULT": 1,
    ]

    // Flags of `move_pages` (`uapi/linux/mempolicy.h`).
    private static let moving: [String: UInt64] = [
        "MPOL_MF_STRICT": 1, "MPOL_MF_MOVE": 2, "MPOL_MF_MOVE_ALL": 4, "MPOL_MF_LAZY": 8,
    ]

    // Modes of memory policies, their flags, and the flags of `get_mempolicy` (`uapi/linux/mempolicy.h`).
    private static let policies: [String: UInt64] = [
        "MPOL_DEFAULT": 0, "MPOL_PREFERRED": 1, "MPOL_BIND": 2, "MPOL_INTERLEAVE": 3, "MPOL_LOCAL": 4,
        "MPOL_PREFERRED_MANY": 5, "MPOL_WEIGHTED_INTERLEAVE": 6, "MPOL_F_NUMA_BALANCING": 0x2000,
        "MPOL_F_RELATIVE_NODES": 0x4000, "MPOL_F_STATIC_NODES": 0x8000, "MPOL_F_NODE": 1, "MPOL_F_ADDR": 2,
        "MPOL_F_MEMS_ALLOWED": 4,
    ]

    // PAGEMAP_SCAN and PROCMAP_QUERY (`uapi/linux/fs.h`).
    private static let questions: [String: UInt64] = [
        "PAGE_IS_WPALLOWED": 1, "PAGE_IS_WRITTEN": 2, "PAGE_IS_FILE": 4, "PAGE_IS_PRESENT": 8, "PAGE_IS_SWAPPED": 16,
        "PAGE_IS_PFNZERO": 32, "PAGE_IS_HUGE": 64, "PAGE_IS_SOFT_DIRTY": 0x80, "PAGE_IS_GUARD": 0x100,
        "PM_SCAN_WP_MATCHING": 1, "PM_SCAN_CHECK_WPASYNC": 2, "PROCMAP_QUERY_VMA_READABLE": 1,
        "PROCMAP_QUERY_VMA_WRITABLE": 2, "PROCMAP_QUERY_VMA_EXECUTABLE": 4, "PROCMAP_QUERY_VMA_SHARED": 8,
        "PROCMAP_QUERY_COVERING_OR_NEXT_VMA": 16, "PROCMAP_QUERY_FILE_BACKED_VMA": 32,
    ]

    // Flags of `fallocate` and `memfd_create` (`uapi/linux/falloc.h`, `memfd.h`).
    private static let files: [String: UInt64] = [
        "FALLOC_FL_ALLOCATE_RANGE": 0, "FALLOC_FL_KEEP_SIZE": 1, "FALLOC_FL_PUNCH_HOLE": 2,
        "FALLOC_FL_NO_HIDE_STALE": 4, "FALLOC_FL_COLLAPSE_RANGE": 8, "FALLOC_FL_ZERO_RANGE": 16,
        "FALLOC_FL_INSERT_RANGE": 32, "FALLOC_FL_UNSHARE_RANGE": 64, "FALLOC_FL_WRITE_ZEROES": 0x80, "MFD_CLOEXEC": 1,
        "MFD_ALLOW_SEALING": 2, "MFD_HUGETLB": 4, "MFD_NOEXEC_SEAL": 8, "MFD_EXEC": 16, "MFD_HUGE_SHIFT": 26,
        "F_SEAL_SEAL": 1, "F_SEAL_SHRINK": 2, "F_SEAL_GROW": 4, "F_SEAL_WRITE": 8, "F_SEAL_FUTURE_WRITE": 16,
        "F_SEAL_EXEC": 32, "O_RDONLY": 0, "O_WRONLY": 1, "O_RDWR": 2, "MFD_HUGE_MASK": 63, "MFD_HUGE_2MB": 0x54000000,
        "MFD_HUGE_1GB": 0x78000000,
    ]

    // Advice of `fadvise` (`uapi/linux/fadvise.h`).
    private static let fileAdvice: [String: UInt64] = [
        "POSIX_FADV_NORMAL": 0, "POSIX_FADV_RANDOM": 1, "POSIX_FADV_SEQUENTIAL": 2, "POSIX_FADV_WILLNEED": 3,
        "POSIX_FADV_DONTNEED": 4, "POSIX_FADV_NOREUSE": 5,
    ]

    // System V shared memory (`uapi/linux/ipc.h`, `shm.h`).
    private static let sharedMemory: [String: UInt64] = [
        "IPC_PRIVATE": 0, "IPC_CREAT": 0x200, "IPC_EXCL": 0x400, "IPC_NOWAIT": 0x800, "IPC_RMID": 0, "IPC_SET": 1,
        "IPC_STAT": 2, "IPC_INFO": 3, "SHM_R": 0x100, "SHM_W": 0x80, "SHM_HUGETLB": 0x800, "SHM_NORESERVE": 0x1000,
        "SHM_HUGE_SHIFT": 26, "SHM_HUGE_MASK": 63, "SHM_HUGE_2MB": 0x54000000, "SHM_HUGE_1GB": 0x78000000,
        "SHM_RDONLY": 0x1000, "SHM_RND": 0x2000, "SHM_REMAP": 0x4000, "SHM_EXEC": 0x8000, "SHM_LOCK": 11,
        "SHM_UNLOCK": 12, "SHM_STAT": 13, "SHM_INFO": 14, "SHM_STAT_ANY": 15,
    ]

    // Flags of the page allocator (`include/linux/gfp_types.h`).
    private static let allocation = Dictionary(
        uniqueKeysWithValues: GFPFlags.names.map { ($0.name, UInt64($0.flags.rawValue)) })

    // Resource limits (`uapi/asm-generic/resource.h`) and options of `prctl` that are about memory (`uapi/linux/prctl.h`).
    private static let limits: [String: UInt64] = [
        "RLIMIT_CPU": 0, "RLIMIT_FSIZE": 1, "RLIMIT_DATA": 2, "RLIMIT_STACK": 3, "RLIMIT_CORE": 4, "RLIMIT_RSS": 5,
        "RLIMIT_NPROC": 6, "RLIMIT_NOFILE": 7, "RLIMIT_MEMLOCK": 8, "RLIMIT_AS": 9, "RLIMIT_LOCKS": 10,
        "RLIMIT_SIGPENDING": 11, "RLIMIT_MSGQUEUE": 12, "RLIMIT_NICE": 13, "RLIMIT_RTPRIO": 14, "RLIMIT_RTTIME": 15,
        "RLIM_INFINITY": 0xffffffffffffffff, "PR_SET_THP_DISABLE": 41, "PR_GET_THP_DISABLE": 42, "PR_SET_MDWE": 0x41,
        "PR_GET_MDWE": 0x42, "PR_MDWE_REFUSE_EXEC_GAIN": 1, "PR_MDWE_NO_INHERIT": 2, "PR_SET_MEMORY_MERGE": 0x43,
        "PR_GET_MEMORY_MERGE": 0x44,
    ]
}
