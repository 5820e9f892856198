extension Machine {
    /// What the VMAs of all processes say of the anon_vmas.
    private struct AnonCensus {
        /// Links of VMAs to each anon_vma, and VMAs whose own it is.
        var links: [Handle<AnonVMA>: Int] = [:]
        var active: [Handle<AnonVMA>: Int32] = [:]
        var children: [Handle<AnonVMA>: Int32] = [:]
        var descendants: [Handle<AnonVMA>: Int32] = [:]
        /// What ksmd holds: some are left by every VMA, and gone once ksmd comes by.
        var merging: [Handle<AnonVMA>: Int32] = [:]
        var orphans: Set<Handle<AnonVMA>> = []
        var vmas = 0
        var chains = 0
    }

    /// Every anon_vma against the VMAs: its interval tree, `num_active_vmas`, `num_children`, references; and nothing is alive
    /// that no VMA leads to.
    func checkAnonVMAs() -> String? {
        let census = anonCensus()
        for (anonVMA, links) in census.links {
            if let problem = check(anonVMA, links, census) { return "anon_vma#\(anonVMA.pointee.serial): \(problem)" }
        }
        for (kind, alive, found) in [
            ("VMAs", vmas.liveCount, census.vmas), ("anon_vma_chains", chains.liveCount, census.chains),
            ("anon_vmas", anonVMAs.liveCount, census.links.count + census.orphans.count),
        ] where alive != found {
            return "\(alive) \(kind) are alive, address spaces lead to \(found)"
        }
        return nil
    }

    private func anonCensus() -> AnonCensus {
        var census = AnonCensus()
        for (_, mm) in liveAddressSpaces {
            var cursor = mm.pointee.tree.cursor()
            while let vma = cursor.next() {
                census.vmas += 1
                if let own = vma.pointee.anonVMA { census.active[own, default: 0] += 1 }
                var chain = vma.pointee.chainFirst
                while let link = chain {
                    census.chains += 1
                    census.links[link.pointee.anonVMA, default: 0] += 1
                    chain = link.pointee.next
                }
            }
        }
        census.merging = mergingReferences()
        for anonVMA in census.merging.keys where census.links[anonVMA] == nil { census.orphans.insert(anonVMA) }
        // One that is kept keeps its root.
        for anonVMA in census.orphans where census.links[anonVMA.pointee.root] == nil {
            census.orphans.insert(anonVMA.pointee.root)
        }
        for anonVMA in census.orphans where anonVMA.pointee.root != anonVMA {
            census.descendants[anonVMA.pointee.root, default: 0] += 1
        }
        for anonVMA in census.links.keys {
            census.children[anonVMA.pointee.parent, default: 0] += 1
            if anonVMA.pointee.root != anonVMA { census.descendants[anonVMA.pointee.root, default: 0] += 1 }
        }
        return census
    }

    private func check(_ anonVMA: Handle<AnonVMA>, _ links: Int, _ census: AnonCensus) -> String? {
        let record = anonVMA.pointee
        if let problem = record.tree.checkInvariants() { return "interval tree: \(problem)" }
        var count = 0
        var all = record.tree.all()
        while let chain = all.next() {
            if chain.pointee.anonVMA != anonVMA { return "its tree has a chain of another anon_vma" }
            count += 1
        }
        if count != links { return "its tree has \(count) chains, VMAs have \(links)" }
        let active = census.active[anonVMA, default: 0]
        if record.activeVMACount != active { return "num_active_vmas is \(record.activeVMACount), there are \(active)" }
        let children = census.children[anonVMA, default: 0]
        if record.childCount != children { return "num_children is \(record.childCount), there are \(children)" }
        let references = 1 + census.descendants[anonVMA, default: 0] + census.merging[anonVMA, default: 0]
        if record.refcount != references { return "refcount is \(record.refcount), its holders are \(references)" }
        // The way up ends at the root: no VMA reaches one but not the other.
        if census.links[record.root] == nil || census.links[record.parent] == nil {
            return "its root or parent is gone"
        }
        return nil
    }
}
