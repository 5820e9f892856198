extension AllocatorSettings {
    /// The files of /proc/sys that the page allocator has, and what they take.
    static let ranges: [(name: String, range: ClosedRange<UInt64>)] = [
        ("vm.min_free_kbytes", 0...0x7fff_ffff), ("vm.watermark_scale_factor", 1...3000),
        ("vm.watermark_boost_factor", 0...0x7fff_ffff), ("vm.percpu_pagelist_high_fraction", 0...0x7fff_ffff),
        ("vm.extfrag_threshold", 0...1000), ("vm.compaction_proactiveness", 0...100),
        ("vm.lowmem_reserve_ratio", 0...0x7fff_ffff), ("vm.compact_unevictable_allowed", 0...1),
        ("vm.defrag_mode", 0...1),
    ]

    /// Their names.
    public static var names: [String] { ranges.map(\.name) }

    /// Sets what a line such as `vm.min_free_kbytes=65536` says. `vm.lowmem_reserve_ratio` takes a number for each zone, from ZONE_DMA
    /// up, with spaces or commas between them; zones behind the last number keep theirs, as in the kernel.
    ///
    /// - Throws: ``SettingError`` for a name that is unknown, and a value that is out of range.
    public mutating func set(_ setting: String) throws(SettingError) {
        let parts = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw SettingError(setting: setting, rule: "write NAME=VALUE") }
        var values: [UInt64] = []
        for word in parts[1].split(whereSeparator: { " ,\t".contains($0) }) {
            guard let value = UInt64(word) else {
                throw SettingError(setting: setting, rule: "\(word) is no number")
            }
            values.append(value)
        }
        do { try set(String(parts[0]), values) } catch {
            throw SettingError(setting: setting, rule: error.rule)
        }
    }

    /// Sets one of ``ranges``; only `vm.lowmem_reserve_ratio` takes several values.
    mutating func set(_ name: String, _ values: [UInt64]) throws(SettingError) {
        func refused(_ rule: String) -> SettingError { SettingError(setting: name, rule: rule) }
        guard let range = Self.ranges.first(where: { $0.name == name })?.range else {
            throw refused("no such setting; there are \(Self.names.joined(separator: ", "))")
        }
        let most = name == "vm.lowmem_reserve_ratio" ? lowmemReserveRatio.count : 1
        guard let value = values.first, values.count <= most, values.allSatisfy(range.contains) else {
            let count = most == 1 ? "the value is a number" : "the values are up to \(most) numbers"
            throw refused("\(count) from \(range.lowerBound) to \(range.upperBound)")
        }
        switch name {
        case "vm.min_free_kbytes": minFreeKiB = value
        case "vm.watermark_scale_factor": watermarkScaleFactor = value
        case "vm.watermark_boost_factor": watermarkBoostFactor = value
        case "vm.extfrag_threshold": extfragThreshold = Int(value)
        case "vm.compaction_proactiveness": compactionProactiveness = value
        case "vm.compact_unevictable_allowed": compactsUnevictable = value == 1
        case "vm.lowmem_reserve_ratio": lowmemReserveRatio.replaceSubrange(0..<values.count, with: values)
        case "vm.defrag_mode":
            if value == 1 { throw refused("defrag mode is not modelled; leave it at 0") }
        default:
            // MIN_PERCPU_PAGELIST_HIGH_FRACTION
            if value != 0, value < 8 { throw refused("the value is 0, or a number from 8") }
            perCPUHighFraction = value
        }
    }
}

extension PhysicalMemory {
    /// Sets one of ``AllocatorSettings/ranges``; watermarks and per-CPU figures follow (`setup_per_zone_wmarks`, `zone_pcp_update`).
    ///
    /// - Throws: ``SettingError`` for a name or a value that there is not.
    mutating func set(_ name: String, _ value: UInt64) throws(SettingError) {
        try settings.set(name, [value])
        // compaction_proactiveness_sysctl_handler: the thread looks at once.
        if name == "vm.compaction_proactiveness", value > 0 { nextCompactionCheck = 0 }
        nodes.setUp(settings)
    }

    /// What a file of ``AllocatorSettings/ranges`` says; nil for another name.
    func setting(_ name: String) -> String? {
        switch name {
        case "vm.min_free_kbytes": "\(nodes.minimumFreeKiB(settings))"
        case "vm.watermark_scale_factor": "\(settings.watermarkScaleFactor)"
        case "vm.watermark_boost_factor": "\(settings.watermarkBoostFactor)"
        case "vm.percpu_pagelist_high_fraction": "\(settings.perCPUHighFraction)"
        case "vm.extfrag_threshold": "\(settings.extfragThreshold)"
        case "vm.compaction_proactiveness": "\(settings.compactionProactiveness)"
        case "vm.lowmem_reserve_ratio": settings.lowmemReserveRatio.map(String.init).joined(separator: "\t")
        case "vm.compact_unevictable_allowed": settings.compactsUnevictable ? "1" : "0"
        case "vm.defrag_mode": "0"
        default: nil
        }
    }
}
