extension Machine {
    /// `anon_vma_alloc`: a root of its own until fork gives it a parent.
    func makeAnonVMA() -> Handle<AnonVMA> {
        let placeholder = AnonVMAPlaceholder.handle
        let handle = anonVMAs.allocate(
            AnonVMA(
                root: placeholder, parent: placeholder, childCount: 0, activeVMACount: 0, refcount: 1,
                serial: serials.anonVMA))
        serials.anonVMA += 1
        if chargesKernelObjects { chargeObject(.anonVMA, handle.bits) }
        handle.pointee.root = handle
        handle.pointee.parent = handle
        return handle
    }

    /// `anon_vma_chain_link`: the newest link comes first in the VMA's list.
    @inline(__always)
    func linkChain(_ vma: Handle<VMArea>, _ anonVMA: Handle<AnonVMA>) {
        let chain = chains.allocate(AnonVMAChain(vma: vma, anonVMA: anonVMA))
        if chargesKernelObjects { chargeObject(.anonVMAChain, chain.bits) }
        chain.pointee.next = vma.pointee.chainFirst
        vma.pointee.chainFirst?.pointee.previous = chain
        vma.pointee.chainFirst = chain
        if vma.pointee.chainLast == nil { vma.pointee.chainLast = chain }
        insertChain(chain)
    }

    @inline(__always)
    private func insertChain(_ chain: Handle<AnonVMAChain>) {
        let vma = chain.pointee.vma
        chain.pointee.interval.start = vma.pointee.pgoff
        chain.pointee.interval.last = vma.pointee.pgoff &+ vma.pointee.pageCount &- 1
        chain.pointee.anonVMA.pointee.tree.insert(chain)
    }

    /// `anon_vma_interval_tree_pre_update_vma`.
    @inline(__always)
    func removeChainIntervals(_ vma: Handle<VMArea>) {
        var chain = vma.pointee.chainFirst
        while let current = chain {
            current.pointee.anonVMA.pointee.tree.remove(current)
            chain = current.pointee.next
        }
    }

    /// `anon_vma_interval_tree_post_update_vma`.
    @inline(__always)
    func insertChainIntervals(_ vma: Handle<VMArea>) {
        var chain = vma.pointee.chainFirst
        while let current = chain {
            insertChain(current)
            chain = current.pointee.next
        }
    }

    /// `anon_vma_prepare`: before the first anonymous page of a VMA.
    @inline(__always)
    func prepareAnonVMA(_ vma: Handle<VMArea>) {
        if vma.pointee.anonVMA == nil { prepareAnonVMASlow(vma) }
    }

    @inline(never)
    private func prepareAnonVMASlow(_ vma: Handle<VMArea>) {
        let anonVMA: Handle<AnonVMA>
        if let shared = findMergeableAnonVMA(vma) {
            anonVMA = shared
            emit(.anonVMAShared, .neighbour, vma.pointee.start, shared.pointee.serial)
        } else {
            anonVMA = makeAnonVMA()
            // A root counts itself as its parent's child.
            anonVMA.pointee.childCount += 1
            emit(.anonVMANew, .none, vma.pointee.start, anonVMA.pointee.serial)
        }
        vma.pointee.anonVMA = anonVMA
        linkChain(vma, anonVMA)
        anonVMA.pointee.activeVMACount += 1
    }

    /// `find_mergeable_anon_vma`: the VMA above is asked first, then the one below.
    private func findMergeableAnonVMA(_ vma: Handle<VMArea>) -> Handle<AnonVMA>? {
        if let next = nextVMA(vma), let found = reusableAnonVMA(next, vma, next) { return found }
        if let previous = previousVMA(vma) { return reusableAnonVMA(previous, previous, vma) }
        return nil
    }

    /// `reusable_anon_vma` with `anon_vma_compatible`: neighbours that could merge after an mprotect.
    private func reusableAnonVMA(
        _ old: Handle<VMArea>, _ low: Handle<VMArea>, _ high: Handle<VMArea>
    ) -> Handle<AnonVMA>? {
        let difference = VMFlags(rawValue: low.pointee.flags.rawValue ^ high.pointee.flags.rawValue)
        guard low.pointee.end == high.pointee.start, low.pointee.file == high.pointee.file,
            low.pointee.isAnonymous == high.pointee.isAnonymous, low.pointee.policy == high.pointee.policy,
            difference.removing([.access, .sticky]).isEmpty,
            high.pointee.pgoff == low.pointee.pgoff &+ low.pointee.pageCount,
            let anonVMA = old.pointee.anonVMA, old.pointee.chainIsSingular
        else { return nil }
        return anonVMA
    }

    /// `anon_vma_clone`: gives `target` a link to each anon_vma of `source`, in the same order.
    ///
    /// A target without an anon_vma of its own (at fork) takes one that has no VMAs left and one child at most, so that
    /// chains of forks whose parents exit stay short.
    func cloneAnonVMA(to target: Handle<VMArea>, from source: Handle<VMArea>) {
        var chain = source.pointee.chainLast
        while let current = chain {
            let anonVMA = current.pointee.anonVMA
            linkChain(target, anonVMA)
            if target.pointee.anonVMA == nil, source.pointee.anonVMA != nil, anonVMA.pointee.childCount < 2,
                anonVMA.pointee.activeVMACount == 0
            {
                target.pointee.anonVMA = anonVMA
            }
            chain = current.pointee.previous
        }
        target.pointee.anonVMA?.pointee.activeVMACount += 1
    }

    /// `anon_vma_fork`.
    func forkAnonVMA(_ vma: Handle<VMArea>, from parent: Handle<VMArea>) {
        guard let parentAnonVMA = parent.pointee.anonVMA else { return }
        vma.pointee.anonVMA = nil
        cloneAnonVMA(to: vma, from: parent)
        if vma.pointee.anonVMA != nil { return }
        let anonVMA = makeAnonVMA()
        anonVMA.pointee.activeVMACount += 1
        anonVMA.pointee.root = parentAnonVMA.pointee.root
        anonVMA.pointee.parent = parentAnonVMA
        anonVMA.pointee.root.pointee.refcount += 1
        vma.pointee.anonVMA = anonVMA
        linkChain(vma, anonVMA)
        parentAnonVMA.pointee.childCount += 1
        emit(.anonVMANew, .fork, vma.pointee.start, anonVMA.pointee.serial)
    }

    /// `unlink_anon_vmas`: drops every link of the VMA, and the anon_vmas that this leaves without VMAs.
    func unlinkAnonVMAs(_ vma: Handle<VMArea>) {
        guard vma.pointee.chainFirst != nil else { return }
        removeChainIntervals(vma)
        var chain = vma.pointee.chainFirst
        while let current = chain {
            let anonVMA = current.pointee.anonVMA
            // The last VMA is gone: the parent has a child less, before anyone may be freed below.
            if anonVMA.pointee.tree.isEmpty { anonVMA.pointee.parent.pointee.childCount -= 1 }
            chain = current.pointee.next
        }
        if let own = vma.pointee.anonVMA {
            own.pointee.activeVMACount -= 1
            vma.pointee.anonVMA = nil
        }
        chain = vma.pointee.chainFirst
        while let current = chain {
            chain = current.pointee.next
            if current.pointee.anonVMA.pointee.tree.isEmpty { putAnonVMA(current.pointee.anonVMA) }
            if chargesKernelObjects { unchargeObject(.anonVMAChain, current.bits) }
            chains.deallocate(current)
        }
        vma.pointee.chainFirst = nil
        vma.pointee.chainLast = nil
    }

    /// `put_anon_vma`, and `anon_vma_free` with the reference to the root.
    func putAnonVMA(_ anonVMA: Handle<AnonVMA>) {
        anonVMA.pointee.refcount -= 1
        guard anonVMA.pointee.refcount == 0 else { return }
        let root = anonVMA.pointee.root
        if chargesKernelObjects { unchargeObject(.anonVMA, anonVMA.bits) }
        anonVMAs.deallocate(anonVMA)
        if root != anonVMA { putAnonVMA(root) }
    }
}

/// A handle that stands in a record for the moment before the record's own handle is known.
enum AnonVMAPlaceholder {
    static var handle: Handle<AnonVMA> { Handle(bits: 8) }
}
