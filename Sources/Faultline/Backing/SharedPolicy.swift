/// Policies of parts of a file in memory (`struct shared_policy`): they belong to the file, and are in force wherever it is mapped.
struct SharedPolicy {
    /// Parts of the file in pages, in order, each with the number of its policy.
    private(set) var parts: [(pages: Range<UInt64>, policy: UInt32)] = []

    /// `mpol_shared_policy_lookup`.
    func policy(at index: UInt64) -> UInt32 { parts.first { $0.pages.contains(index) }?.policy ?? 0 }

    /// `shared_policy_replace`; 0 leaves the part without a policy.
    mutating func set(_ pages: Range<UInt64>, _ policy: UInt32) {
        var result: [(pages: Range<UInt64>, policy: UInt32)] = []
        for part in parts {
            let below = part.pages.lowerBound..<max(part.pages.lowerBound, min(part.pages.upperBound, pages.lowerBound))
            let above = min(part.pages.upperBound, max(part.pages.lowerBound, pages.upperBound))..<part.pages.upperBound
            if !below.isEmpty { result.append((below, part.policy)) }
            if !above.isEmpty { result.append((above, part.policy)) }
        }
        if policy != 0 { result.append((pages, policy)) }
        parts = result.sorted { $0.pages.lowerBound < $1.pages.lowerBound }
    }
}

extension Machine {
    /// `vma_replace_policy`: the whole VMA has the policy; of a file in memory, the part that it maps.
    func replacePolicy(_ vma: Handle<VMArea>, _ policy: UInt32) {
        vma.pointee.policy = policy
        guard let mapping = vma.pointee.file?.pointee.mapping, mapping.pointee.kind == .shmem else { return }
        if policy == 0, sharedPolicies[mapping] == nil { return }
        let first = vma.pointee.pgoff
        sharedPolicies[mapping, default: SharedPolicy()].set(first..<first + vma.pointee.pageCount, policy)
    }

    /// `__get_vma_policy`: the number of the policy in force at an address, 0 for that of the process. What a file in memory has
    /// counts, whatever policy its VMA has.
    func policy(of vma: Handle<VMArea>, at address: VirtualAddress) -> UInt32 {
        guard let mapping = vma.pointee.file?.pointee.mapping, mapping.pointee.kind == .shmem else {
            return vma.pointee.policy
        }
        if sharedPolicies.isEmpty { return 0 }
        return sharedPolicies[mapping]?.policy(at: vma.pointee.pageIndex(address)) ?? 0
    }

    /// `shmem_get_pgoff_policy`: where a new page of a file in memory belongs. Files begin with different nodes when they interleave.
    func placeByPolicy(_ mapping: Handle<FileMapping>, _ index: UInt64) {
        let policy = sharedPolicies[mapping]?.policy(at: index) ?? 0
        faultPlace = PolicyPlace(policy: policy, index: mapping.pointee.serial &+ index)
    }

    /// `get_vma_policy`: where a new page of a private mapping belongs.
    func placeByPolicy(_ vma: Handle<VMArea>, _ address: VirtualAddress) {
        faultPlace = PolicyPlace(policy: policy(of: vma, at: address), index: vma.pointee.pageIndex(address))
    }

    /// Every number of a policy names one, the parts of a file's lie side by side, and no place outlives its fault.
    func checkPolicies() -> String? {
        if faultPlace != nil { return "a fault has ended, and the place of its page is known still" }
        let count = UInt32(policies.count)
        if taskPolicies.contains(where: { $0.policy > count }) {
            return "a process has a memory policy that there is not"
        }
        for (process, mm) in liveAddressSpaces {
            var cursor = mm.pointee.tree.cursor()
            while let vma = cursor.next() {
                if vma.pointee.policy > count {
                    return "process \(process.index): a VMA has a memory policy that there is not"
                }
            }
        }
        for (mapping, shared) in sharedPolicies {
            if mapping.pointee.kind != .shmem { return "a file that is not in memory has memory policies" }
            var end: UInt64 = 0
            for part in shared.parts {
                if part.pages.isEmpty || part.pages.lowerBound < end || part.policy == 0 || part.policy > count {
                    return "parts of a file's memory policies overlap, or are none"
                }
                end = part.pages.upperBound
            }
        }
        return nil
    }
}
