import Faultline

extension CallTable {
    /// The kernel's own calls of the page allocator.
    static let pages: [CallDefinition] = [
        CallDefinition(
            "alloc_pages", ["order", "gfp"], result: .ok, faults: .never, isLive: false,
            about: """
                Takes 2^order pages (0 to 10) from the page allocator with the kernel's flags, such as `GFP_KERNEL` or \
                `GFP_HIGHUSER_MOVABLE|__GFP_COMP`. NAME takes the frame's number. Where no block is as large, memory is compacted \
                for it if the flags have `__GFP_DIRECT_RECLAIM`. ENOMEM stands for the kernel's NULL, EINVAL for what it would \
                warn of.
                """,
            example: "b = alloc_pages(9, GFP_HIGHUSER_MOVABLE|__GFP_COMP)",
            value: { try $0.machine.allocatePages($0.process, order: $0[0], flags: $0[1]) }),
        CallDefinition(
            "free_pages", ["page"], faults: .never, isLive: false,
            about: """
                Gives back what `alloc_pages` gave, all of it. EINVAL for another number, with which a kernel would destroy its lists.
                """,
            example: "free_pages(b)", done: { try $0.machine.freePages($0.process, $0[0]) }),
        CallDefinition(
            "alloc_contig", ["page", "count"], faults: .never, isLive: false,
            about: """
                Takes `count` pages (at most 262,144) from the page numbered `page` on, as `alloc_contig_range` does: their page blocks \
                are isolated, so that nothing is allocated from them, and what lies there moves away. EBUSY where a page may not \
                move, ENOMEM where there is no place for it, EINVAL for a range that is not in one zone.
                """,
            example: "alloc_contig(0x100000, 1024)",
            done: { try $0.machine.allocateContiguous($0.process, $0[0], count: $0[1]) }),
        CallDefinition(
            "free_contig", ["page", "count"], faults: .never, isLive: false,
            about: "Gives back what `alloc_contig` took, or a part of it. EINVAL for other pages.",
            example: "free_contig(0x100000, 1024)",
            done: { try $0.machine.freeContiguous($0.process, $0[0], count: $0[1]) }),
        CallDefinition(
            "compact", result: .ok, faults: .never, isLive: false,
            about: """
                A write to /proc/sys/vm/compact_memory: pages that may move go to the upper end of each zone, so that the free \
                frames below make larger blocks. Contents stay, and no program can tell but by frame numbers.
                """,
            example: "compact()", done: { try $0.machine.compactMemory($0.process) }),
        CallDefinition(
            "sysctl", [.text("name", among: AllocatorSettings.names), "value"], faults: .never, isLive: false,
            about: """
                Writes a number into a file of /proc/sys that the page allocator has. Watermarks and the per-CPU lists' figures \
                follow (`faultline cat program.fl /proc/zoneinfo`). EINVAL for a value that the kernel does not take. Of `vm.lowmem_reserve_ratio` \
                it is that of ZONE_DMA, as in the kernel a number alone is; `vm.defrag_mode` is 0 and stays so.
                """,
            example: "sysctl(\"vm.min_free_kbytes\", 65536)",
            done: { try $0.machine.setAllocator($0.process, $0.call.text, $0[0]) }),
    ]
}
