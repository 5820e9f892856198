import Faultline

/// What the allocator says of itself.
extension ProcFiles {
    /// `/proc/buddyinfo` (`frag_show_print`).
    func buddyinfo() -> String {
        machine.zones.map { zone in
            "Node \(zone.node), zone \(zone.name.right(8)) " + zone.freeBlocks.map { $0.right(6) + " " }.joined() + "\n"
        }.joined()
    }

    /// Names of migrate types, with the place of each in a snapshot; MIGRATE_CMA only where there is some, as with CONFIG_CMA.
    private var migrateTypes: [(name: String, index: Int)] {
        let hasCMA = machine.zones.contains { $0.cma > 0 }
        return [("Unmovable", 0), ("Movable", 1), ("Reclaimable", 2), ("HighAtomic", 3)] + (hasCMA ? [("CMA", 5)] : [])
            + [("Isolate", 4)]
    }

    /// `/proc/pagetypeinfo` (`pagetypeinfo_show`).
    func pagetypeinfo() -> String {
        let zones = machine.zones
        let types = migrateTypes
        let orders = (0...10).map { $0.right(6) + " " }.joined()
        var text = "Page block order: 9\nPages per block:  512\n\n"
        text += "Free pages count per migrate type at order".left(43) + " " + orders + "\n"
        for zone in zones {
            for (name, index) in types {
                text += "Node \(zone.node.right(4)), zone \(zone.name.right(8)), type \(name.right(12)) "
                // The kernel counts no further than this.
                text +=
                    zone.freeBlocksByType[index].map { $0 >= 100_000 ? ">100000 " : $0.right(6) + " " }.joined() + "\n"
            }
        }
        text += "\n" + "Number of blocks type ".left(23) + types.map { $0.name.right(12) + " " }.joined() + "\n"
        for zone in zones {
            text += "Node \(zone.node), zone \(zone.name.right(8)) "
            text += types.map { zone.pageBlocks[$0.index].right(12) + " " }.joined() + "\n"
        }
        return text
    }

    /// `/sys/kernel/debug/extfrag/extfrag_index` (`extfrag_show_print`): why an allocation of each order would fail: towards 1 for
    /// fragmentation, towards 0 for lack of memory, -1 where it would not.
    func extfragIndex() -> String {
        indices { zone, order in
            let index = FragmentationIndex(zone.freeBlocks, order: order).index
            return (index / 1000).right(2) + "." + Self.thousandths(abs(index % 1000))
        }
    }

    /// `/sys/kernel/debug/extfrag/unusable_index` (`unusable_show_print`): the part of free memory that an allocation of each order
    /// cannot use.
    func unusableIndex() -> String {
        indices { zone, order in
            let index = FragmentationIndex(zone.freeBlocks, order: order).unusable
            return "\(index / 1000)." + Self.thousandths(index % 1000)
        }
    }

    private func indices(_ text: (ZoneSnapshot, Int) -> String) -> String {
        machine.zones.map { zone in
            "Node \(zone.node), zone \(zone.name.right(8)) " + (0...10).map { text(zone, $0) + " " }.joined() + "\n"
        }.joined()
    }

    private static func thousandths(_ value: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: 3 - digits.utf8.count) + digits
    }
}
