/// On which nodes pages are to lie: `struct mempolicy` (`mm/mempolicy.c`). Policies never change; a machine has each once, and VMAs,
/// files and processes name it by its number, 0 for none.
struct MemoryPolicy: Hashable {
    /// MPOL_ modes (`uapi/linux/mempolicy.h`); MPOL_DEFAULT is no policy.
    enum Mode: UInt8 {
        case preferred = 1
        case bind, interleave, local, preferredMany, weightedInterleave

        /// `policy_modes`, as numa_maps has them.
        var name: String {
            switch self {
            case .preferred: "prefer"
            case .bind: "bind"
            case .interleave: "interleave"
            case .local: "local"
            case .preferredMany: "prefer (many)"
            case .weightedInterleave: "weighted interleave"
            }
        }

        /// One node after the other, by the place of a page in memory.
        var isInterleaving: Bool { self == .interleave || self == .weightedInterleave }
        /// A home node may be set for it.
        var hasHome: Bool { self == .bind || self == .preferredMany }
    }

    let mode: Mode
    let flags: PolicyFlags
    /// The nodes that it is in force on, a bit each (`nodes`).
    let nodes: UInt64
    /// With flags, the nodes as they were asked for (`w.user_nodemask`); else 0.
    let askedNodes: UInt64
    /// The node that is tried first (`home_node`); -1 for that of the CPU.
    var homeNode: Int16 = -1

    /// The nodes that get_mempolicy(2) tells.
    var toldNodes: UInt64 { flags.isEmpty ? nodes : askedNodes }

    /// `mpol_to_str`, such as `bind=static:0`.
    var text: String {
        var text = mode.name
        if !flags.isEmpty {
            var names: [String] = []
            if flags.contains(.staticNodes) { names.append("static") }
            if flags.contains(.relativeNodes) { names.append("relative") }
            if flags.contains(.balancing) { names.append("balancing") }
            text += "=" + names.joined(separator: "|")
        }
        return nodes == 0 ? text : text + ":" + NodeMask.text(nodes)
    }
}

/// MPOL_MODE_FLAGS: what may stand beside a mode.
struct PolicyFlags: OptionSet, Hashable {
    let rawValue: UInt16

    /// MPOL_F_NUMA_BALANCING.
    static let balancing = PolicyFlags(rawValue: 1 << 13)
    /// MPOL_F_RELATIVE_NODES: the n-th of the allowed nodes is meant.
    static let relativeNodes = PolicyFlags(rawValue: 1 << 14)
    /// MPOL_F_STATIC_NODES.
    static let staticNodes = PolicyFlags(rawValue: 1 << 15)
    static let all: PolicyFlags = [.balancing, .relativeNodes, .staticNodes]
}

/// Sets of nodes, a bit each (`nodemask_t`).
enum NodeMask {
    /// `nodes_fold`: every node's number modulo a count.
    static func fold(_ mask: UInt64, _ count: Int) -> UInt64 {
        nodes(mask).reduce(0) { $0 | 1 << UInt64($1 % count) }
    }

    /// `nodes_onto`: of a mask of places in another mask, the nodes at these places.
    static func onto(_ places: UInt64, _ mask: UInt64) -> UInt64 {
        let all = nodes(mask)
        return nodes(places).reduce(0) { $1 < all.count ? $0 | 1 << UInt64(all[$1]) : $0 }
    }

    /// The nodes in a mask, in ascending order.
    static func nodes(_ mask: UInt64) -> [Int] { (0..<64).filter { mask >> UInt64($0) & 1 != 0 } }

    /// `next_node_in`: the first node behind another one, or the first of all. Precondition: the mask is not empty.
    static func next(behind node: Int, in mask: UInt64) -> Int {
        let all = nodes(mask)
        return all.first { $0 > node } ?? all[0]
    }

    /// `node_remap`: the node of a mask that has the place that another node has in its mask.
    static func remap(_ node: Int, from old: UInt64, to new: UInt64) -> Int {
        guard let place = nodes(old).firstIndex(of: node), new != 0 else { return node }
        let targets = nodes(new)
        return targets[place % targets.count]
    }

    /// `%*pbl`: ranges, such as `0-2,5`.
    static func text(_ mask: UInt64) -> String {
        var parts: [String] = []
        var first: Int?
        for node in 0...64 {
            let isSet = node < 64 && mask >> UInt64(node) & 1 != 0
            if isSet {
                first = first ?? node
            } else if let start = first {
                parts.append(start == node - 1 ? "\(start)" : "\(start)-\(node - 1)")
                first = nil
            }
        }
        return parts.joined(separator: ",")
    }
}

/// What a process has of policies (`task_struct`).
struct TaskPolicy {
    /// The number of its policy, 0 for none.
    var policy: UInt32 = 0
    /// `il_prev`: the node of the last page that was interleaved without a place.
    var previous = Int.max
    /// `il_weight`: how many pages more are to come from there.
    var weight: UInt8 = 0
}
