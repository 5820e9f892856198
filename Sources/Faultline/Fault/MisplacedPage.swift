/// Whether a page lies where it belongs (`mpol_misplaced` in `mm/mempolicy.c`, `should_numa_migrate_memory` in `kernel/sched/fair.c`).
extension Machine {
    /// MPOL_F_MOF: whether a policy has its pages looked at when they are used: that of a process that has set none, and those with
    /// MPOL_F_NUMA_BALANCING.
    func followsUsers(_ policy: MemoryPolicy?) -> Bool { policy?.flags.contains(.balancing) ?? true }

    /// The policy in force at an address; nil for the default.
    func policyInForce(_ vma: Handle<VMArea>, _ address: VirtualAddress) -> MemoryPolicy? {
        let own = policy(of: vma, at: address)
        return policy(own != 0 ? own : taskPolicy(cpu.current).policy)
    }

    /// `mpol_misplaced`: the node that a page is to go to; nil where it stays.
    func misplacedNode(_ vma: Handle<VMArea>, _ address: VirtualAddress, of folio: Folio, on node: Int) -> Int? {
        let policy = policyInForce(vma, address)
        let here = physical.cpuNode
        guard followsUsers(policy), let task = cpu.task?.takeUnretainedValue() else { return nil }
        if let policy {
            // MPOL_BIND and MPOL_PREFERRED_MANY with MPOL_F_NUMA_BALANCING: among their nodes.
            if policy.nodes >> UInt64(here) & 1 == 0 { return nil }
        } else if node == here {
            return nil
        }
        guard shouldMove(folio, to: here, task), node != here else { return nil }
        return here
    }

    /// `should_numa_migrate_memory`: two faults in a row from one node say that a page is used there.
    private func shouldMove(_ folio: Folio, to node: Int, _ task: Process) -> Bool {
        guard physical.nodes.hasMemory(Int64(node)) else { return false }
        let last = lastUser(of: folio)
        let now = CPUAndProcess(cpu: Int32(cpu.number), process: task.lowID)
        numa.setLastUser(folio.pfn, pages: folio.pageCount, now)
        folio.head.pointee.set(.visited)
        let isUnset = last?.isUnset ?? true
        let isOwn = last?.process == task.lowID
        // Early in its life a process has what it uses at once.
        if task.scan.preferred < 0 || task.scan.sequence <= 4, isUnset || isOwn { return true }
        if let last, !isUnset, physical.node(ofCPU: Int(last.cpu)) != node { return false }
        return true
    }
}
