/// What ksmd knows, against address spaces and frames.
extension Machine {
    /// References that items have of anon_vmas (`get_anon_vma`).
    func mergingReferences() -> [Handle<AnonVMA>: Int32] {
        var result: [Handle<AnonVMA>: Int32] = [:]
        for slot in ksm.slots {
            var item = slot.pointee.firstItem
            while let current = item {
                if let anonVMA = current.pointee.anonVMA { result[anonVMA, default: 0] += 1 }
                item = current.pointee.following
            }
        }
        return result
    }

    /// No item is lost, each is where it says, the trees are trees, and the counts are theirs.
    func checkMerging() -> String? {
        var items = 0, unshared = 0, merging: Int32 = 0
        var held: [Handle<KSMNode>: Int] = [:]
        for slot in ksm.slots {
            if let mm = slot.pointee.mm, mm.pointee.ksmSlot != slot {
                return "ksmd scans an address space that it left"
            }
            var (own, merged) = (0, 0)
            var end: VirtualAddress = 0
            var item = slot.pointee.firstItem
            while let current = item {
                let record = current.pointee
                if record.address < end { return "ksmd's items are not in the order of addresses" }
                end = record.address &+ PageSize.base
                own += 1
                switch record.place {
                case .nowhere: break
                case .unstable: unshared += 1
                case .stable:
                    guard let node = record.node, record.anonVMA != nil else { return "a stable item has no node" }
                    held[node, default: 0] += 1
                    merged += 1
                }
                item = record.following
            }
            if (own, merged) != (slot.pointee.itemCount, slot.pointee.mergingPages) {
                return "an address space has \(own) items, \(merged) of them merged; "
                    + "it counts \(slot.pointee.itemCount) and \(slot.pointee.mergingPages)"
            }
            items += own
            merging += Int32(merged)
        }
        if items != ksm.counts.items || items != ksmItems.liveCount { return "an item of ksmd is lost" }
        if unshared != ksm.counts.unshared {
            return "pages_unshared is \(ksm.counts.unshared), items in the unstable tree are \(unshared)"
        }
        if ksm.slots.count != ksmSlots.liveCount { return "an address space of ksmd is lost" }
        if Int(merging) != ksm.counts.shared + ksm.counts.sharing {
            return "pages_shared and pages_sharing are \(ksm.counts.shared) and \(ksm.counts.sharing), "
                + "stable items are \(merging)"
        }
        return checkStableNodes(held)
    }

    /// Whether an item leads to a place. Those who shared a page by fork before only one of them had it merged are named by none, and the
    /// kernel does not find them either.
    func isNamed(_ vma: Handle<VMArea>, _ address: VirtualAddress, by node: Handle<KSMNode>) -> Bool {
        var item = node.pointee.firstItem
        while let current = item {
            item = current.pointee.next
            guard current.pointee.address == address else { continue }
            if current.pointee.slot.pointee.mm == vma.pointee.mm { return true }
            var chains = current.pointee.anonVMA?.pointee.tree.all()
            while let chain = chains?.next() { if chain.pointee.vma == vma { return true } }
        }
        return false
    }

    private func checkStableNodes(_ held: [Handle<KSMNode>: Int]) -> String? {
        var chains = 0, chained = 0, single = 0, shared = 0
        func check(_ node: Handle<KSMNode>) -> String? {
            if node.pointee.itemCount != held[node, default: 0] {
                return "frame \(node.pointee.frame): its node counts \(node.pointee.itemCount) items, "
                    + "\(held[node, default: 0]) lead to it"
            }
            if node.pointee.itemCount > 0 { shared += 1 }
            return nil
        }
        for tree in ksm.stable {
            if let problem = tree.checkInvariants() { return "stable tree: \(problem)" }
            for node in tree.all() {
                guard node.pointee.isChain else {
                    single += 1
                    if let problem = check(node) { return problem }
                    continue
                }
                chains += 1
                var next = node.pointee.firstOfChain
                while let current = next {
                    if current.pointee.chain != node { return "a node is on a chain that it does not know" }
                    chained += 1
                    if let problem = check(current) { return problem }
                    next = current.pointee.next
                }
            }
        }
        if (chains, chained) != (ksm.counts.chains, ksm.counts.chained) {
            return "there are \(chains) chains with \(chained) nodes, ksmd counts others"
        }
        if chains + chained + single != ksmNodes.liveCount { return "a stable node is lost" }
        return shared == ksm.counts.shared
            ? nil : "pages_shared is \(ksm.counts.shared), nodes with items are \(shared)"
    }
}
