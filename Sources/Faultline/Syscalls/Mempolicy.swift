/// set_mempolicy(2), get_mempolicy(2), and what they share with mbind(2) (`mm/mempolicy.c`).
extension Machine {
    /// Flags of get_mempolicy(2).
    private enum QueryFlag {
        static let node: UInt64 = 1
        static let address: UInt64 = 2
        static let allowed: UInt64 = 4
        static let known: UInt64 = 7
    }

    /// Nodes that have memory (`cpuset_current_mems_allowed` and N_MEMORY).
    var allowedNodes: UInt64 {
        (0..<min(physical.nodes.zonelists.count, 64)).reduce(0) {
            physical.nodes.hasMemory(Int64($1)) ? $0 | 1 << UInt64($1) : $0
        }
    }

    /// What a call asks for, before it is known which nodes there are.
    struct PolicyWish {
        /// Nil for MPOL_DEFAULT.
        var mode: MemoryPolicy.Mode?
        var flags: PolicyFlags
        var nodes: UInt64
    }

    /// `sanitize_mpol_flags` and `get_nodes`: the mode apart from its flags. A mask of 64 bits has 63 that count.
    func policyWish(_ raw: Int32, _ nodes: UInt64) throws(Errno) -> PolicyWish {
        let flags = PolicyFlags(rawValue: UInt16(truncatingIfNeeded: raw)).intersection(.all)
        let number = UInt32(bitPattern: raw) & ~UInt32(PolicyFlags.all.rawValue)
        guard number <= 6 else {
            throw refuse(.EINVAL, .argument("mode", .count(Int64(number)), "no policy has this number"))
        }
        if flags.isSuperset(of: [.staticNodes, .relativeNodes]) {
            throw refuse(.EINVAL, .combination("MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES exclude each other"))
        }
        let mode = MemoryPolicy.Mode(rawValue: UInt8(number))
        if flags.contains(.balancing), mode?.hasHome != true {
            throw refuse(.EINVAL, .combination("MPOL_F_NUMA_BALANCING is for MPOL_BIND and MPOL_PREFERRED_MANY"))
        }
        return PolicyWish(mode: mode, flags: flags, nodes: nodes & .max >> 1)
    }

    /// `mpol_new`: whether the mode goes with the nodes. MPOL_PREFERRED of none is MPOL_LOCAL.
    func checkPolicy(_ wish: inout PolicyWish) throws(Errno) {
        let isPlaced = !wish.flags.isDisjoint(with: [.staticNodes, .relativeNodes])
        switch wish.mode {
        case nil where wish.nodes != 0:
            throw refuse(.EINVAL, .argument("nodes", .bits(wish.nodes), "MPOL_DEFAULT has none"))
        case .local where wish.nodes != 0 || isPlaced:
            throw refuse(.EINVAL, .argument("nodes", .bits(wish.nodes), "MPOL_LOCAL has none, and no flags"))
        case nil, .local: return
        case .preferred where wish.nodes == 0 && !isPlaced: wish.mode = .local
        default:
            if wish.nodes == 0 { throw refuse(.EINVAL, .argument("nodes", .bits(0), "this policy needs one")) }
        }
    }

    /// `mpol_set_nodemask`: the policy on the nodes that there are; nil for MPOL_DEFAULT.
    func makePolicy(_ wish: PolicyWish) throws(Errno) -> MemoryPolicy? {
        guard let mode = wish.mode else { return nil }
        if mode == .local { return MemoryPolicy(mode: mode, flags: wish.flags, nodes: 0, askedNodes: 0) }
        let allowed = allowedNodes
        let isRelative = wish.flags.contains(.relativeNodes)
        var nodes =
            isRelative
            ? NodeMask.onto(NodeMask.fold(wish.nodes, allowed.nonzeroBitCount), allowed) : wish.nodes & allowed
        if nodes == 0 {
            throw refuse(.EINVAL, .argument("nodes", .bits(wish.nodes), "none of these nodes has memory"))
        }
        if mode == .preferred { nodes &= 0 &- nodes }
        return MemoryPolicy(
            mode: mode, flags: wish.flags, nodes: nodes, askedNodes: wish.flags.isEmpty ? 0 : wish.nodes)
    }

    /// set_mempolicy(2): the policy of the process, for memory that has none of its own.
    ///
    /// - Throws: EINVAL.
    package func setMempolicy(_ process: Int, mode: Int32, nodes: UInt64) throws(Errno) {
        let task = try caller(process)
        var wish = try policyWish(mode, nodes)
        try checkPolicy(&wish)
        var state = taskPolicy(Int32(task.index))
        let policy = try makePolicy(wish)
        state.policy = number(of: policy)
        if policy?.mode.isInterleaving == true { (state.previous, state.weight) = (.max, 0) }
        setTaskPolicy(Int32(task.index), state)
    }

    /// get_mempolicy(2).
    ///
    /// - Returns: the mode with its flags, or with MPOL_F_NODE a node; and the nodes.
    /// - Throws: EINVAL, EFAULT.
    package func getMempolicy(
        _ process: Int, _ address: UInt64, flags: UInt64
    ) throws(Errno) -> (policy: Int32, nodes: UInt64) {
        let task = try caller(process)
        do { return try queryPolicy(task, address, flags: flags) } catch {
            if userfaults.steps.isEmpty { throw error }
            let answer = try conclude(task, CallAnswer(0))
            return (Int32(truncatingIfNeeded: answer.value), answer.nodes)
        }
    }

    /// `do_get_mempolicy`.
    private func queryPolicy(
        _ task: Process, _ address: UInt64, flags: UInt64
    ) throws(Errno) -> (policy: Int32, nodes: UInt64) {
        if flags & ~QueryFlag.known != 0 {
            throw refuse(.EINVAL, .unknownBits("flags", flags, known: QueryFlag.known))
        }
        if flags & QueryFlag.allowed != 0 {
            if flags != QueryFlag.allowed {
                throw refuse(.EINVAL, .combination("MPOL_F_MEMS_ALLOWED stands alone"))
            }
            return (0, allowedNodes)
        }
        let state = taskPolicy(Int32(task.index))
        var number = state.policy
        if flags & QueryFlag.address != 0 {
            guard let vma = lookupVMA(task.mm, address) else {
                throw refuse(.EFAULT, .nothingMapped(at: address))
            }
            number = policy(of: vma, at: address)
        } else if address != 0 {
            throw refuse(.EINVAL, .argument("addr", .address(address), "must be 0 without MPOL_F_ADDR"))
        }
        let policy = policy(number)
        let nodes = policy?.toldNodes ?? 0
        if flags & QueryFlag.node == 0 {
            return (policy.map { Int32($0.mode.rawValue) | Int32($0.flags.rawValue) } ?? 0, nodes)
        }
        if flags & QueryFlag.address != 0 {
            let answer = try lookUpNode(task, NodeQuery(address: address.pageAlignedDown, nodes: nodes))
            return (Int32(truncatingIfNeeded: answer.value), nodes)
        }
        guard let policy, policy.mode.isInterleaving else {
            throw refuse(.EINVAL, .combination("MPOL_F_NODE without MPOL_F_ADDR asks for a policy that interleaves"))
        }
        let isBegun = policy.mode == .weightedInterleave && state.weight > 0
        let next = isBegun ? state.previous : NodeMask.next(behind: state.previous, in: policy.nodes)
        return (Int32(next), nodes)
    }

    /// `lookup_node`: the node of the page at an address, which is faulted in for it, or waited for.
    func lookUpNode(_ task: Process, _ query: NodeQuery) throws(Errno) -> CallAnswer {
        do throws(Errno) {
            let pfn = try lookAtPage(task, query.address, isBegun: query.isBegun)
            let node = pfn == zeroFrame ? 0 : physical.nodes.node(of: pfn)
            return CallAnswer(UInt64(node), nodes: query.nodes)
        } catch {
            if error == .waiting {
                userfaults.steps.append(
                    .lookUpNode(NodeQuery(address: query.address, nodes: query.nodes, isBegun: true)))
            }
            throw error
        }
    }
}
