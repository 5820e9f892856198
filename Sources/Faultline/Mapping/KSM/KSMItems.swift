/// Items and nodes of ksmd, and the trees that they stand in (`mm/ksm.c`).
extension Machine {
    // MARK: Merged frames

    /// `ksm_get_folio`: whether the node's frame is still its merged page. If not, the node is forgotten, with all that it knows.
    func isAlive(_ node: Handle<KSMNode>) -> Bool {
        let record = page(node.pointee.frame).pointee
        if record.mapping == KSMNode.owner(node), record.refcount > 0 { return true }
        forget(node)
        return false
    }

    /// `remove_node_from_stable_tree`.
    func forget(_ node: Handle<KSMNode>) {
        var item = node.pointee.firstItem
        while let current = item {
            item = current.pointee.next
            if item != nil { ksm.counts.sharing -= 1 } else { ksm.counts.shared -= 1 }
            current.pointee.slot.pointee.mergingPages -= 1
            node.pointee.itemCount -= 1
            dropAnonVMA(current)
            current.pointee.node = nil
            (current.pointee.next, current.pointee.previous) = (nil, nil)
            current.pointee.place = .nowhere
        }
        node.pointee.firstItem = nil
        emit(.ksmPageForgotten, .none, 0, node.pointee.frame)
        if node.pointee.chain != nil { takeOffChain(node) } else { ksm.stable[node.pointee.tree].remove(node) }
        ksmNodes.deallocate(node)
    }

    // MARK: Chains

    /// `stable_node_chain_add_dup`.
    func addToChain(_ node: Handle<KSMNode>, _ chain: Handle<KSMNode>) {
        node.pointee.chain = chain
        ksm.counts.chained += 1
        pushOnChain(node, chain)
    }

    private func pushOnChain(_ node: Handle<KSMNode>, _ chain: Handle<KSMNode>) {
        node.pointee.previous = nil
        node.pointee.next = chain.pointee.firstOfChain
        chain.pointee.firstOfChain?.pointee.previous = node
        chain.pointee.firstOfChain = node
    }

    private func unlinkFromChain(_ node: Handle<KSMNode>, _ chain: Handle<KSMNode>) {
        if let previous = node.pointee.previous {
            previous.pointee.next = node.pointee.next
        } else {
            chain.pointee.firstOfChain = node.pointee.next
        }
        node.pointee.next?.pointee.previous = node.pointee.previous
        (node.pointee.next, node.pointee.previous) = (nil, nil)
    }

    /// Makes a node the first of its chain.
    func moveToFront(_ node: Handle<KSMNode>, _ chain: Handle<KSMNode>) {
        unlinkFromChain(node, chain)
        pushOnChain(node, chain)
    }

    /// `__stable_node_dup_del`.
    func takeOffChain(_ node: Handle<KSMNode>) {
        guard let chain = node.pointee.chain else { return }
        unlinkFromChain(node, chain)
        node.pointee.chain = nil
        ksm.counts.chained -= 1
    }

    /// `alloc_stable_node_chain`: a chain in the tree in the place of a node, which is its first.
    func makeChain(of node: Handle<KSMNode>) -> Handle<KSMNode> {
        var record = KSMNode(frame: 0, tree: node.pointee.tree)
        record.isChain = true
        record.pruned = clock.now
        let chain = ksmNodes.allocate(record)
        ksm.counts.chains += 1
        ksm.stable[node.pointee.tree].replace(node, by: chain)
        addToChain(node, chain)
        return chain
    }

    /// `free_stable_node_chain`.
    func freeChain(_ chain: Handle<KSMNode>) {
        ksm.stable[chain.pointee.tree].remove(chain)
        ksm.counts.chains -= 1
        ksmNodes.deallocate(chain)
    }

    // MARK: Items

    /// `stable_tree_append`: the item's page maps the node's frame.
    func append(_ item: Handle<KSMItem>, to node: Handle<KSMNode>) {
        node.pointee.itemCount += 1
        item.pointee.node = node
        item.pointee.place = .stable
        item.pointee.previous = nil
        item.pointee.next = node.pointee.firstItem
        node.pointee.firstItem?.pointee.previous = item
        node.pointee.firstItem = item
        if item.pointee.next != nil { ksm.counts.sharing += 1 } else { ksm.counts.shared += 1 }
        item.pointee.slot.pointee.mergingPages += 1
    }

    /// `remove_rmap_item_from_tree`.
    func removeFromTree(_ item: Handle<KSMItem>) {
        switch item.pointee.place {
        case .nowhere: return
        case .stable:
            guard let node = item.pointee.node, isAlive(node) else { return }
            if let previous = item.pointee.previous {
                previous.pointee.next = item.pointee.next
            } else {
                node.pointee.firstItem = item.pointee.next
            }
            item.pointee.next?.pointee.previous = item.pointee.previous
            (item.pointee.next, item.pointee.previous) = (nil, nil)
            if node.pointee.firstItem != nil { ksm.counts.sharing -= 1 } else { ksm.counts.shared -= 1 }
            item.pointee.slot.pointee.mergingPages -= 1
            node.pointee.itemCount -= 1
            dropAnonVMA(item)
            item.pointee.node = nil
        case .unstable:
            // Each scan begins with an empty tree: one of the scan before is in none.
            if item.pointee.scan == ksm.scan { ksm.unstable[item.pointee.tree].remove(item) }
            ksm.counts.unshared -= 1
        }
        item.pointee.place = .nowhere
    }

    /// `get_anon_vma` of the VMA that has the page: the reverse map goes by way of it.
    func holdAnonVMA(_ item: Handle<KSMItem>, _ anonVMA: Handle<AnonVMA>) {
        item.pointee.anonVMA = anonVMA
        anonVMA.pointee.refcount += 1
    }

    /// `put_anon_vma`.
    func dropAnonVMA(_ item: Handle<KSMItem>) {
        guard let anonVMA = item.pointee.anonVMA else { return }
        item.pointee.anonVMA = nil
        putAnonVMA(anonVMA)
    }

    /// `free_rmap_item`, out of all trees.
    func free(_ item: Handle<KSMItem>) {
        removeFromTree(item)
        ksm.counts.items -= 1
        item.pointee.slot.pointee.itemCount -= 1
        ksmItems.deallocate(item)
    }
}
