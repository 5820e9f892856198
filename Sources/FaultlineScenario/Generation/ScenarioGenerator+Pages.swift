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
        case 16..<18: emit("compact()")
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
