extension XArray {
    /// Puts what an evicted page leaves in the page's place.
    ///
    /// - Returns: the node, where it holds nothing else now and is on no list of such nodes. The kernel keeps a lone entry of index 0
    ///   without a node.
    mutating func storeShadow(_ index: UInt64, _ value: UInt64) -> XArrayNode? {
        let leaf = leaf(for: index)
        store(index, value, in: leaf)
        guard let leaf else { return nil }
        leaf.noteShadow(Self.slot(index, 0))
        if !leaf.hasOnlyShadows || leaf.ticket != 0 || leaf.parent == nil && leaf.map(0) == 1 { return nil }
        return leaf
    }

    /// `xa_delete_node`: removes all entries of the leaf that contains an index.
    mutating func eraseLeaf(_ index: UInt64) {
        let first = index & ~63
        for slot in 0..<UInt64(XArrayNode.slotCount) { erase(first + slot) }
    }
}
