import Faultline

/// What the allocator says of itself.
extension ProcFiles {
    /// Lines of zoneinfo that are left out.
    static let zoneinfoLeftOut = [
        "boost", "promo", "cma", "the counters of nodes and zones that vmstat leaves out",
        "high, batch, high_min, high_max of cpu",
        "vm stats threshold", "node_unreclaimable",
    ]

    /// `/proc/buddyinfo` (`frag_show_print`).
    func buddyinfo() -> String {
        machine.zones.map { zone in
            "Node 0, zone \(zone.name.right(8)) " + zone.freeBlocks.map { $0.right(6) + " " }.joined() + "\n"
        }.joined()
    }

    private static let migrateTypes = ["Unmovable", "Movable", "Reclaimable", "HighAtomic", "Isolate"]

    /// `/proc/pagetypeinfo` (`pagetypeinfo_show`). No page is ever HighAtomic or isolated.
    func pagetypeinfo() -> String {
        let zones = machine.zones
        let orders = (0...10).map { $0.right(6) + " " }.joined()
        var text = "Page block order: 9\nPages per block:  512\n\n"
        text += "Free pages count per migrate type at order".left(43) + " " + orders + "\n"
        for zone in zones {
            let none = [UInt64](repeating: 0, count: zone.freeBlocks.count)
            let movable = zone.freeBlocks.indices.map {
                zone.freeBlocks[$0] - zone.unmovableBlocks[$0] - zone.reclaimableBlocks[$0]
            }
            let counts = [zone.unmovableBlocks, movable, zone.reclaimableBlocks, none, none]
            for (type, blocks) in zip(Self.migrateTypes, counts) {
                text += "Node    0, zone \(zone.name.right(8)), type \(type.right(12)) "
                text += blocks.map { $0.right(6) + " " }.joined() + "\n"
            }
        }
        text += "\n" + "Number of blocks type ".left(23) + Self.migrateTypes.map { $0.right(12) + " " }.joined() + "\n"
        for zone in zones {
            text += "Node 0, zone \(zone.name.right(8)) "
            text += (zone.pageBlocks + [0, 0]).map { $0.right(12) + " " }.joined() + "\n"
        }
        return text
    }

    /// `/proc/zoneinfo` (`zoneinfo_show_print`).
    func zoneinfo() -> String {
        machine.zones.enumerated().map { index, zone in
            var lines = ["Node 0, zone \(zone.name.right(8))"]
            if index == 0 { lines += ["  per-node stats"] + nodeCounters.map { Self.counter($0.0, $0.1) } }
            lines.append("  pages free     \(zone.free)")
            let sizes = [
                ("min", zone.minimum), ("low", zone.low), ("high", zone.high), ("spanned", zone.spanned),
                ("present", zone.present), ("managed", zone.managed),
            ]
            lines += sizes.map { "        \($0.0.left(8)) \($0.1)" }
            // The zones above are empty, ZONE_MOVABLE and ZONE_DEVICE always: they leave what the highest zone leaves.
            let empty = max(5 - zone.protection.count, 0)
            let protection = zone.protection + [UInt64](repeating: zone.protection.last ?? 0, count: empty)
            lines.append("        protection: (\(protection.map(String.init).joined(separator: ", ")))")
            lines.append(Self.counter("nr_free_pages", zone.free))
            lines += ["  pagesets", "    cpu: 0", "              count:    \(zone.perCPUCount)"]
            lines.append("  start_pfn:           \(zone.startPFN)")
            return lines.map { $0 + "\n" }.joined()
        }.joined()
    }

    private static func counter(_ name: String, _ value: UInt64) -> String { "      \(name.left(12)) \(value)" }

    /// Counters of vmstat that are left out.
    static let vmstatLeftOut = ["every counter of 6.18 that is not shown"]

    /// Counters of the node, in the kernel's order (`enum node_stat_item`).
    private var nodeCounters: [(String, UInt64)] {
        let info = machine.memoryInfo()
        return [
            ("nr_unevictable", info.unevictable), ("nr_anon_pages", info.anonPages), ("nr_mapped", info.mapped),
            ("nr_file_pages", info.cached + info.buffers), ("nr_dirty", info.dirty), ("nr_writeback", info.writeback),
            ("nr_shmem", info.shmem), ("nr_dirtied", info.dirtied), ("nr_written", info.written),
            ("nr_page_table_pages", info.pageTables),
        ]
    }

    /// `/proc/vmstat` (`vmstat_show`).
    func vmstat() -> String {
        let info = machine.memoryInfo()
        let faults = machine.allFaults
        let counters =
            [("nr_free_pages", info.free), ("nr_mlock", info.mlocked)] + nodeCounters + [
                ("nr_dirty_threshold", info.dirtyThreshold),
                ("nr_dirty_background_threshold", info.backgroundThreshold),
                ("pgfault", faults.all), ("pgmajfault", faults.major),
            ]
        return counters.map { "\($0.0) \($0.1)\n" }.joined()
    }
}
