extension ScenarioGenerator {
    /// A call of the page allocator: blocks of every order and type, and what compaction makes of the rest.
    mutating func takePages() {
        switch random.below(20) {
        case 0..<9: allocatePages()
        case 9..<16 where !blocks.isEmpty:
            let block = blocks.remove(at: random.below(blocks.count))
            emit("free_pages(\(block))")
            // A second time is an error.
            if random.chance(5) { emit("free_pages(\(block))") }
        case 16: takeContiguous()
        case 17: emit("compact()")
        case 18:
            emit(
                random.pick([
                    "sysctl(\"vm.min_free_kbytes\", 65536)", "sysctl(\"vm.min_free_kbytes\", 1024)",
                    "sysctl(\"vm.watermark_scale_factor\", 200)", "sysctl(\"vm.watermark_boost_factor\", 0)",
                    "sysctl(\"vm.percpu_pagelist_high_fraction\", 8)", "sysctl(\"vm.extfrag_threshold\", 0)",
                ]))
        default: allocatePages()
        }
    }

    /// Pages at a place: in memory that is in use, in what nobody had yet, or where no RAM is.
    private mutating func takeContiguous() {
        let first =
            random.pick([0x100000, 0x100200, 0x100007, 0x200000, 0x1000, 0xa0, 0x7fffff]) + random.below(3) * 512
        let count = random.pick([1, 16, 512, 700])
        emit("alloc_contig(\(first), \(count))")
        if random.chance(70) { emit("free_contig(\(first), \(count))") }
    }

    private mutating func allocatePages() {
        let block = name("b")
        let order = random.pick(weighted: [(0, 8), (1, 3), (2, 3), (3, 3), (5, 2), (9, 3), (10, 2), (11, 1)])
        let flags = random.pick([
            "GFP_KERNEL", "GFP_KERNEL|__GFP_COMP", "GFP_HIGHUSER_MOVABLE|__GFP_COMP", "GFP_KERNEL|__GFP_RECLAIMABLE",
            "GFP_ATOMIC", "GFP_ATOMIC|__GFP_NOWARN", "GFP_KERNEL|__GFP_DMA32", "GFP_KERNEL|__GFP_DMA", "GFP_NOWAIT",
            "GFP_KERNEL|__GFP_ZERO", "GFP_HIGHUSER_MOVABLE|__GFP_RECLAIMABLE",
        ])
        emit("\(block) = alloc_pages(\(order), \(flags))")
        blocks.append(block)
    }
}
