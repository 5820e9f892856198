extension AllocatorSettings {
    /// The files of /proc/sys that the page allocator has, and what they take.
    static let ranges: [(name: String, range: ClosedRange<UInt64>)] = [
        ("vm.min_free_kbytes", 0...0x7fff_ffff), ("vm.watermark_scale_factor", 1...3000),
        ("vm.watermark_boost_factor", 0...0x7fff_ffff), ("vm.percpu_pagelist_high_fraction", 0...0x7fff_ffff),
        ("vm.extfrag_threshold", 0...1000), ("vm.compaction_proactiveness", 0...100),
    ]

    /// Their names.
    public static var names: [String] { ranges.map(\.name) }
}

extension PhysicalMemory {
    /// Sets one of ``AllocatorSettings/ranges``; watermarks and per-CPU figures follow (`setup_per_zone_wmarks`, `zone_pcp_update`).
    ///
    /// - Returns: false for a fraction below 8, which the kernel does not take (MIN_PERCPU_PAGELIST_HIGH_FRACTION).
    mutating func set(_ name: String, _ value: UInt64) -> Bool {
        switch name {
        case "vm.min_free_kbytes": settings.minFreeKiB = value
        case "vm.watermark_scale_factor": settings.watermarkScaleFactor = value
        case "vm.watermark_boost_factor": settings.watermarkBoostFactor = value
        case "vm.extfrag_threshold": settings.extfragThreshold = Int(value)
        case "vm.compaction_proactiveness":
            settings.compactionProactiveness = value
            // compaction_proactiveness_sysctl_handler: the thread looks at once.
            if value > 0 { nextCompactionCheck = 0 }
        default:
            if value != 0, value < 8 { return false }
            settings.perCPUHighFraction = value
        }
        nodes.setUp(settings)
        return true
    }
}
