import Faultline

extension ProcFiles {
    /// `/proc/zoneinfo` (`zoneinfo_show_print`): every zone that the kernel knows, those without memory in short.
    func zoneinfo() -> String {
        let zones = machine.zones
        let counters = MemoryCounters(machine)
        return (0..<machine.nodeCount).map { node in
            let own = zones.filter { $0.node == node }
            return ["DMA", "DMA32", "Normal", "Movable", "Device"].map { name in
                var lines = ["Node \(node), zone \(name.right(8))"]
                guard let zone = own.first(where: { $0.name == name }) else {
                    return text(lines + Self.sizes(nil, isMovable: name == "Movable"))
                }
                if zone.name == own.first?.name {
                    lines += ["  per-node stats"] + counters.node(node).compactMap(Self.counter)
                }
                lines += Self.sizes(zone, isMovable: false) + counters.zone(zone).compactMap(Self.counter)
                lines += pagesets(zone)
                lines += ["  node_unreclaimable:  0", "  start_pfn:           \(zone.startPFN)"]
                return text(lines)
            }.joined()
        }.joined()
    }

    /// Lines of zoneinfo that are left out.
    var zoneinfoLeftOut: [String] {
        let counters = MemoryCounters(machine)
        return (counters.node(0) + (machine.zones.first.map(counters.zone) ?? [])).filter { $0.value == nil }.map(
            \.name)
    }

    private func text(_ lines: [String]) -> String { lines.map { $0 + "\n" }.joined() }

    private static func sizes(_ zone: ZoneSnapshot?, isMovable: Bool) -> [String] {
        // An empty ZONE_MOVABLE has its smallest watermark all the same.
        let mark = isMovable ? 32 : 0 as UInt64
        let sizes: [(String, UInt64)] = [
            ("boost", zone?.boost ?? 0), ("min", zone?.minimum ?? mark), ("low", zone?.low ?? mark),
            ("high", zone?.high ?? mark), ("promo", zone?.promo ?? mark), ("spanned", zone?.spanned ?? 0),
            ("present", zone?.present ?? 0), ("managed", zone?.managed ?? 0), ("cma", zone?.cma ?? 0),
        ]
        let protection = (zone?.protection ?? [0, 0, 0, 0, 0]).map(String.init).joined(separator: ", ")
        return ["  pages free     \(zone?.free ?? 0)"] + sizes.map { "        \($0.0.left(8)) \($0.1)" }
            + ["        protection: (\(protection))"]
    }

    private func pagesets(_ zone: ZoneSnapshot) -> [String] {
        ["  pagesets"]
            + (0..<machine.allocatorSettings.cpus).flatMap { cpu in
                // The lists are those of the first CPU; no other one runs.
                let lists = zone.perCPU
                return [
                    "    cpu: \(cpu)", "              count:    \(cpu == 0 ? lists.count : 0)",
                    "              high:     \(cpu == 0 ? lists.high : 0)", "              batch:    \(lists.batch)",
                    "              high_min: \(lists.highMin)", "              high_max: \(lists.highMax)",
                    "  vm stats threshold: \(zone.statThreshold)",
                ]
            }
    }

    private static func counter(_ counter: MemoryCounters.Counter) -> String? {
        counter.value.map { "      \(counter.name.left(12)) \($0)" }
    }

    // MARK: vmstat

    /// `/proc/vmstat` (`vmstat_show`).
    func vmstat() -> String {
        MemoryCounters(machine).all.compactMap { counter in counter.value.map { "\(counter.name) \($0)\n" } }.joined()
    }

    /// Counters of vmstat that are left out.
    var vmstatLeftOut: [String] {
        MemoryCounters(machine).all.filter { $0.value == nil }.map(\.name) + ["events of 6.18 that are not named here"]
    }
}
