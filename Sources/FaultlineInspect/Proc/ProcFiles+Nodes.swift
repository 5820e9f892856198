import Faultline

/// The files of /sys/devices/system/node/nodeN (`drivers/base/node.c`).
extension ProcFiles {
    private static let folder = "/sys/devices/system/node/node"

    static var nodeFiles: [String] { ["cpulist", "numastat", "vmstat"].map { folder + "N/" + $0 } }

    /// One of them; nil where the path is none.
    func nodeFile(_ path: String) -> String? {
        guard path.hasPrefix(Self.folder) else { return nil }
        let parts = path.dropFirst(Self.folder.count).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let node = Int(parts[0]), (0..<machine.nodeCount).contains(node) else { return nil }
        switch parts[1] {
        case "cpulist": return machine.cpuList(ofNode: node) + "\n"
        case "numastat": return numastat(node)
        case "vmstat":
            return MemoryCounters(machine).zonesAndNode(node).compactMap { counter in
                counter.value.map { "\(counter.name) \($0)\n" }
            }.joined()
        default: return nil
        }
    }

    /// `node_read_numastat`: the same counters as in vmstat, two of them by other names.
    private func numastat(_ node: Int) -> String {
        let names = [
            ("numa_hit", "numa_hit"), ("numa_miss", "numa_miss"), ("numa_foreign", "numa_foreign"),
            ("numa_interleave", "interleave_hit"), ("numa_local", "local_node"), ("numa_other", "other_node"),
        ]
        let counters = MemoryCounters(machine).zonesAndNode(node)
        return names.map { counter, shown in
            "\(shown) \(counters.first { $0.name == counter }?.value ?? 0)\n"
        }.joined()
    }
}
