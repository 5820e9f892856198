/// Where a page of a fault belongs: the policy of its VMA or file, 0 for the process's, and its place, by which pages are interleaved.
struct PolicyPlace {
    let policy: UInt32
    let index: UInt64
}

/// Allocations on machines of several nodes, where somebody has set a policy (`alloc_pages_mpol`).
extension Machine {
    /// The policy with a number; nil for 0.
    func policy(_ number: UInt32) -> MemoryPolicy? { number == 0 ? nil : policies[Int(number) - 1] }

    /// The number of a policy, under which it is known from now on; 0 for none.
    func number(of policy: MemoryPolicy?) -> UInt32 {
        guard let policy else { return 0 }
        // On one node all lie there, but turns are counted.
        if physical.nodes.zonelists.count > 1 || policy.mode.isInterleaving { placesByPolicy = true }
        if let known = policies.firstIndex(of: policy) { return UInt32(known) + 1 }
        policies.append(policy)
        return UInt32(policies.count)
    }

    /// What the process with an index has of policies.
    func taskPolicy(_ process: Int32) -> TaskPolicy {
        taskPolicies.indices.contains(Int(process)) ? taskPolicies[Int(process)] : TaskPolicy()
    }

    func setTaskPolicy(_ process: Int32, _ policy: TaskPolicy) {
        if policy.policy == 0, !taskPolicies.indices.contains(Int(process)) { return }
        while taskPolicies.count <= Int(process) { taskPolicies.append(TaskPolicy()) }
        taskPolicies[Int(process)] = policy
    }

    /// `alloc_pages` under the policies in force: that of the place where a user's page belongs, else that of the process.
    ///
    /// - Parameter inBulk: one of `alloc_pages_bulk_mempolicy`, which counts no turns.
    @inline(never)
    func allocateByPolicy(_ request: AllocationRequest, inBulk: Bool = false) -> PFN? {
        if request.flags.contains(.thisNode) { return physical.allocate(request) }
        let place = request.flags.isSuperset(of: .highUserMovable) ? faultPlace : nil
        var number = place?.policy ?? 0
        if number == 0 { number = taskPolicy(cpu.current).policy }
        guard let policy = policy(number) else { return physical.allocate(request) }
        return allocate(request, policy, at: place?.index, inBulk: inBulk)
    }

    /// `alloc_pages_mpol`. - Parameter index: the page's place; nil takes the next node in turn.
    func allocate(
        _ request: AllocationRequest, _ policy: MemoryPolicy, at index: UInt64?, inBulk: Bool = false
    ) -> PFN? {
        var request = request
        switch policy.mode {
        case .local: break
        case .preferred: request.node = policy.nodes.trailingZeroBitCount
        case .bind, .preferredMany:
            request.nodes = policy.nodes
            if policy.homeNode >= 0 { request.node = Int(policy.homeNode) }
        case .interleave:
            let nodes = NodeMask.nodes(policy.nodes)
            request.node = index.map { nodes[Int($0 % UInt64(nodes.count))] } ?? nextInterleaved(policy)
        case .weightedInterleave:
            request.node = index.map { weightedNode(policy.nodes, $0) } ?? nextInterleaved(policy)
        }
        let turn = request.node
        // The CPU's own node has a quick way.
        if turn == physical.cpuNode { request.node = -1 }
        if policy.mode.isInterleaving {
            let pfn = physical.allocate(request)
            if let pfn, !inBulk { noteTurn(pfn, of: turn) }
            return pfn
        }
        guard policy.mode == .preferredMany else { return physical.allocate(request) }
        // alloc_pages_preferred_many: the others only where these have no page without reclaim.
        var gentle = request
        gentle.flags.subtract([.directReclaim, .noFail])
        if let pfn = physical.allocate(gentle) { return pfn }
        request.nodes = .max
        return physical.allocate(request)
    }

    /// NUMA_INTERLEAVE_HIT: the node whose turn it was had the page.
    private func noteTurn(_ pfn: PFN, of node: Int) {
        let zone = physical.nodes.zone(physical.nodes.zoneIndex(pfn))
        if zone.pointee.node == node { zone.pointee.interleaved &+= 1 }
    }

    /// The weight of a node in weighted interleaving (`/sys/kernel/mm/mempolicy/weighted_interleave`).
    private func interleaveWeight(_ node: Int) -> UInt8 {
        let weights = settings.interleaveWeights
        return weights.indices.contains(node) ? max(weights[node], 1) : 1
    }

    /// `weighted_interleave_nid`.
    private func weightedNode(_ mask: UInt64, _ index: UInt64) -> Int {
        let nodes = NodeMask.nodes(mask)
        var left = index % nodes.reduce(0) { $0 + UInt64(interleaveWeight($1)) }
        for node in nodes {
            let weight = UInt64(interleaveWeight(node))
            if left < weight { return node }
            left -= weight
        }
        preconditionFailure("the weights of all nodes are more than what is left of their sum")
    }

    /// `interleave_nodes` and `weighted_interleave_nodes`: the node whose turn it is for the process.
    private func nextInterleaved(_ policy: MemoryPolicy) -> Int {
        var task = taskPolicy(cpu.current)
        defer { setTaskPolicy(cpu.current, task) }
        if policy.mode == .interleave {
            task.previous = NodeMask.next(behind: task.previous, in: policy.nodes)
            return task.previous
        }
        let isIn = task.previous < 64 && policy.nodes >> UInt64(task.previous) & 1 != 0
        if task.weight == 0 || !isIn {
            task.previous = NodeMask.next(behind: task.previous, in: policy.nodes)
            task.weight = interleaveWeight(task.previous)
        }
        task.weight -= 1
        return task.previous
    }
}
