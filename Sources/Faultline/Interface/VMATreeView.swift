/// One node of the tree that finds the VMAs of an address space.
public struct VMATreeNodeView: Sendable, Hashable {
    /// How far below the root it is.
    public var depth: Int
    /// Its first address and the one behind its last.
    public var range: Range<VirtualAddress>
    /// The greatest gap between two neighbours in it, in bytes.
    public var gap: UInt64
    /// The ranges of a leaf; nil for a node of nodes.
    public var areas: [Range<VirtualAddress>]?
    /// Children, or ranges of a leaf.
    public var count: Int
}

extension Machine {
    /// The nodes of a process's tree of VMAs, each before those below it, in the order of addresses. Linux keeps a maple tree
    /// there (`mm_mt`).
    ///
    /// - Throws: ESRCH.
    public func vmaTree(_ process: ProcessID) throws(Errno) -> [VMATreeNodeView] {
        let tree = try task(process.index).mm.pointee.tree
        var result: [VMATreeNodeView] = []
        if let root = tree.root { append(root, depth: 0, above: tree.height, to: &result) }
        return result
    }

    private func append(_ node: VMATreeNode, depth: Int, above: Int, to result: inout [VMATreeNodeView]) {
        if above == 0 {
            let areas = (0..<node.count).map { node.starts[$0]..<node.ends[$0] }
            let gaps = zip(areas, areas.dropFirst()).map { $1.lowerBound - $0.upperBound }
            result.append(
                VMATreeNodeView(
                    depth: depth, range: (areas.first?.lowerBound ?? 0)..<(areas.last?.upperBound ?? 0),
                    gap: gaps.max() ?? 0, areas: areas, count: node.count))
            return
        }
        let children = 0..<node.count
        let ends = children.map { node.highs[$0] }
        let between = children.dropFirst().map { node.lows[$0] - ends[$0 - 1] }
        result.append(
            VMATreeNodeView(
                depth: depth, range: node.lows[0]..<(ends.last ?? 0),
                gap: max(between.max() ?? 0, children.map { node.gaps[$0] }.max() ?? 0), areas: nil, count: node.count))
        for child in children { append(node.child(child), depth: depth + 1, above: above - 1, to: &result) }
    }
}
