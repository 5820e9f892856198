/// Rules about limits: of the process, of the kernel, of the machine.
extension Refusal.Rule {
    /// `__vm_enough_memory` with `vm.overcommit_memory=2`; all in pages. `promised` is what others have of the commitment.
    static func commitLimit(charge: UInt64, promised: UInt64, limit: UInt64, commitLimit: UInt64) -> Self {
        let reserve = limit == commitLimit ? "" : ", which is the CommitLimit less the reserves for others"
        return Self(
            "commit_limit",
            "commit charge \("charge", .pages(promised &+ charge)) would exceed the limit \("limit", .pages(limit))\(words: reserve); asked for \("asked", .pages(charge)), promised already \("promised", .pages(promised)) (vm.overcommit_memory=2)"
        )
    }

    /// `__vm_enough_memory` with `vm.overcommit_memory=0`: one request for more than there is; in pages.
    static func overcommit(asked: UInt64, memory: UInt64) -> Self {
        Self(
            "overcommit",
            "one request for \("asked", .pages(asked)) is more than all memory, \("memory", .pages(memory)) (vm.overcommit_memory=0)"
        )
    }

    /// `may_expand_vm`: RLIMIT_AS or RLIMIT_DATA; in pages but the limit, which is in bytes.
    static func sizeLimit(_ name: String, used: UInt64, more: UInt64, limit: UInt64) -> Self {
        Self(
            "rlimit",
            "\("used", .pages(used)) and \("more", .pages(more)) more would exceed \("limit_name", .name(name)) \("limit", .bytes(limit))"
        )
    }

    /// RLIMIT_MEMLOCK; in pages but the limit, which is in bytes.
    static func lockLimit(locked: UInt64, more: UInt64, limit: UInt64) -> Self {
        Self(
            "rlimit_memlock",
            "\("locked", .pages(locked)) are locked, \("more", .pages(more)) more would exceed RLIMIT_MEMLOCK \("limit", .bytes(limit)), and CAP_IPC_LOCK is missing"
        )
    }

    /// `can_do_mlock`.
    static var mayNotLock: Self {
        Self("may_not_lock", "RLIMIT_MEMLOCK is \("limit", .bytes(0)) and CAP_IPC_LOCK is missing")
    }

    /// `vm.max_map_count`. `needed` is how many VMAs the operation may need for a moment.
    static func mapCount(_ count: Int, needed: Int = 1, limit: Int) -> Self {
        Self(
            "max_map_count",
            "the process has \("count", .count(Int64(count))) VMAs and may need \("needed", .count(Int64(needed))) more; vm.max_map_count is \("limit", .count(Int64(limit)))"
        )
    }

    /// RLIMIT_FSIZE.
    static func fileSizeLimit(_ size: UInt64, limit: UInt64) -> Self {
        Self(
            "rlimit_fsize", "a file of \("size", .bytes(size)) would exceed RLIMIT_FSIZE \("limit", .bytes(limit))")
    }

    /// `s_maxbytes`.
    static func largestFile(_ size: UInt64, limit: UInt64) -> Self {
        Self(
            "largest_file",
            "a file of \("size", .bytes(size)) is larger than its file system allows, \("limit", .bytes(limit))")
    }

    /// RLIMIT_NOFILE.
    static func openFiles(_ limit: UInt64) -> Self {
        Self(
            "rlimit_nofile",
            "RLIMIT_NOFILE allows \("limit", .count(Int64(clamping: limit))) descriptors, and all are taken")
    }

    /// A limit that only privilege sets so high.
    static func hardLimit(_ resource: Int64, _ limit: UInt64, hard: UInt64) -> Self {
        Self(
            "hard_limit",
            "resource \("resource", .count(resource)): \("limit", .bytes(limit)) is above the hard limit \("hard", .bytes(hard)), and CAP_SYS_RESOURCE is missing"
        )
    }

    /// `get_unmapped_area` found no gap.
    static func noPlace(_ length: UInt64, from low: UInt64, to high: UInt64) -> Self {
        Self(
            "no_gap",
            "the address space has no gap of \("length", .bytes(length)) in \("searched", .range(low, high))")
    }

    /// `mmap_min_addr`.
    static func lowAddress(_ address: UInt64, limit: UInt64) -> Self {
        Self(
            "mmap_min_addr",
            "address \("address", .address(address)) is below vm.mmap_min_addr \("limit", .address(limit)), and CAP_SYS_RAWIO is missing"
        )
    }

    /// The page allocator has nothing.
    static func noFrame(_ use: String) -> Self {
        Self("no_frame", "no frame of RAM is free for \("use", .name(use))")
    }

    /// The pool of huge pages has too few that nobody else has a promise for.
    static func noHugePage(_ length: UInt64) -> Self {
        Self(
            "no_huge_page", "the pool has no huge page that could be reserved for \("length", .bytes(length))")
    }

    /// A fault on memory of huge pages, of which none is left that nobody else has a promise for.
    static func noHugePageForFault(_ address: UInt64, free: Int, reserved: Int64) -> Self {
        Self(
            "no_huge_page_for_fault",
            "the pool has no huge page for \("address", .address(address)): \("free", .count(Int64(free))) are free, \("reserved", .count(reserved)) of them are promised to mappings"
        )
    }

    /// HPAGE_RESV_UNMAPPED.
    static func hugePageForfeited(_ address: UInt64) -> Self {
        Self(
            "huge_page_forfeited",
            "the process that mapped this memory took a huge page of it back when the pool was empty; \("address", .address(address)) would read zeros"
        )
    }

    /// The disk has no block left.
    static var diskFull: Self { Self("disk_full", "the disk has no free block") }

    /// A tmpfs has no block left; in blocks of 4 KiB.
    static func tmpfsFull(blocks: UInt64, used: UInt64) -> Self {
        Self(
            "tmpfs_full",
            "the tmpfs has \("blocks", .count(Int64(clamping: blocks)))\(words: blocks == 1 ? " block" : " blocks") of 4 KiB, \("used", .count(Int64(clamping: used)))\(words: used == 1 ? " is" : " are") used"
        )
    }

    /// fallocate(2) of more than a tmpfs has, used or not; in blocks of 4 KiB.
    static func tmpfsTooSmall(asked: UInt64, blocks: UInt64) -> Self {
        Self(
            "tmpfs_too_small",
            "\("asked", .count(Int64(clamping: asked))) blocks are asked for, the tmpfs has \("blocks", .count(Int64(clamping: blocks)))\(words: blocks == 1 ? " block" : " blocks") of 4 KiB"
        )
    }

    /// The disk failed to read or write.
    static func diskError(_ what: String) -> Self { Self("disk_error", "\("operation", .name(what)) failed") }

    /// A file in memory cannot have so many pages.
    static func fileInMemory(pages: UInt64, memory: UInt64) -> Self {
        Self(
            "no_memory_for_file",
            "\("asked", .pages(pages)) of file pages are more than all memory, \("memory", .pages(memory))")
    }

    /// kernel.shmmax, kernel.shmall, kernel.shmmni.
    static func sharedMemoryLimit(_ name: String, _ value: Refusal.Value, limit: Refusal.Value) -> Self {
        Self("shm_limit", "\("value", value) would exceed \("limit_name", .name(name)) \("limit", limit)")
    }
}
