/// Searches of the two trees (`mm/ksm.c`).
extension Machine {
    // MARK: The stable tree

    /// Where a page belongs in the stable tree.
    struct StablePlace {
        /// The node that has the contents already, or its chain; nil where there is none.
        var found: Handle<KSMNode>?
        /// The node of the two that has a frame.
        var node: Handle<KSMNode>?
        /// What a new node stands below, and on which side.
        var parent: Handle<KSMNode>?
        var isLeft = false
    }

    /// The walk of `stable_tree_search` and `stable_tree_insert`: nodes on the way whose frame is gone are forgotten, and the walk begins
    /// anew then.
    ///
    /// - Parameter prunes: chains on the way are looked through from end to end, if that is long ago (`chain_prune`).
    func stablePlace(_ pfn: PFN, prunes: Bool) -> StablePlace {
        let tree = mergingTree(pfn)
        var result = StablePlace()
        var next = ksm.stable[tree].root
        while let top = next {
            // A chain may be gone afterwards.
            let (stand, best) =
                top.pointee.isChain ? bestOfChain(top, prunes: prunes) : (top, isAlive(top) ? top : nil)
            guard let node = best else {
                result = StablePlace()
                next = ksm.stable[tree].root
                continue
            }
            let order = frames.compareFrames(pfn, node.pointee.frame)
            result.parent = stand
            if order == 0 {
                (result.found, result.node) = (stand, node)
                return result
            }
            result.isLeft = order < 0
            next = order < 0 ? stand.pointee.links.left : stand.pointee.links.right
        }
        return result
    }

    /// `stable_node_dup`: the node of a chain that is to be used, and what stands in the tree then: the chain, or the last node that it has.
    /// A chain without a live node is freed.
    private func bestOfChain(_ chain: Handle<KSMNode>, prunes: Bool) -> (Handle<KSMNode>, Handle<KSMNode>?) {
        let looksAtAll = prunes && clock.now >= chain.pointee.pruned + Self.pruneInterval
        if looksAtAll { chain.pointee.pruned = clock.now }
        var best: Handle<KSMNode>?
        var next = chain.pointee.firstOfChain
        while let node = next {
            next = node.pointee.next
            guard isAlive(node) else { continue }
            if let found = best, !hasRoom(node) || (hasRoom(found) && node.pointee.itemCount <= found.pointee.itemCount)
            {
                continue
            }
            best = node
            if !looksAtAll, hasRoom(node) { break }
        }
        guard let found = best else {
            freeChain(chain)
            return (chain, nil)
        }
        if chain.pointee.firstOfChain == found, found.pointee.next == nil {
            // It is the only one left: the chain goes.
            takeOffChain(found)
            ksm.stable[chain.pointee.tree].replace(chain, by: found)
            ksm.counts.chains -= 1
            ksmNodes.deallocate(chain)
            return (found, found)
        }
        if chain.pointee.firstOfChain != found, hasRoom(found, more: 1) { moveToFront(found, chain) }
        return (chain, found)
    }

    /// `stable_node_chains_prune_millisecs`, in microseconds.
    private static var pruneInterval: UInt64 { 2_000_000 }

    /// `is_page_sharing_candidate`.
    func hasRoom(_ node: Handle<KSMNode>, more: Int = 0) -> Bool {
        node.pointee.itemCount > 0 && node.pointee.itemCount + more < ksm.settings.mostSharing
    }

    /// `stable_tree_insert`: a node for a frame that has just become a merged one.
    func insertStable(_ pfn: PFN) -> Handle<KSMNode> {
        let place = stablePlace(pfn, prunes: false)
        let tree = mergingTree(pfn)
        let node = ksmNodes.allocate(KSMNode(frame: pfn, tree: tree))
        if let found = place.found {
            addToChain(node, found.pointee.isChain ? found : makeChain(of: found))
        } else {
            ksm.stable[tree].insert(node, below: place.parent, isLeft: place.isLeft)
        }
        page(pfn).pointee.mapping = KSMNode.owner(node)
        return node
    }

    // MARK: The unstable tree

    /// `unstable_tree_search_insert`: the item of a page with the same contents; else the item has its place in the tree now, unless a page
    /// on the way forbids it.
    ///
    /// - Returns: the item and its page, of which the caller has a reference.
    func searchUnstable(_ item: Handle<KSMItem>, _ pfn: PFN) -> (item: Handle<KSMItem>, pfn: PFN)? {
        let tree = mergingTree(pfn)
        var next = ksm.unstable[tree].root
        var parent: Handle<KSMItem>?
        var isLeft = false
        while let other = next {
            guard let found = mergeablePage(other) else { return nil }
            // A page that fork shared is not merged with itself.
            if found == pfn {
                emit(.ksmNotMerged, .sharedByFork, item.pointee.address, pfn)
                return nil
            }
            let order = frames.compareFrames(pfn, found)
            if order == 0 {
                // It has moved: the next scan puts it into the right tree.
                if mergingTree(found) != tree { return nil }
                folio(of: found).get()
                return (other, found)
            }
            parent = other
            isLeft = order < 0
            next = isLeft ? other.pointee.links.left : other.pointee.links.right
        }
        item.pointee.place = .unstable
        item.pointee.scan = ksm.scan
        item.pointee.tree = tree
        ksm.unstable[tree].insert(item, below: parent, isLeft: isLeft)
        ksm.counts.unshared += 1
        emit(.ksmNotMerged, .noEqualPage, item.pointee.address, pfn)
        return nil
    }

    /// `get_mergeable_page`: the private page that an item's address has now.
    private func mergeablePage(_ item: Handle<KSMItem>) -> PFN? {
        guard let vma = mergeableVMA(item) else { return nil }
        let entry = readPTE(vma.pointee.mm, item.pointee.address)
        guard case .page(let pfn) = EntryState(lastLevel: entry.rawValue), folio(of: pfn).isAnonymous else {
            return nil
        }
        return pfn
    }
}
