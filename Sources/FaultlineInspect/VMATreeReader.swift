import Faultline

/// Prints the tree that finds the VMAs of an address space.
public enum VMATreeReader {
    /// A line a node, and below a leaf a line a VMA.
    public static func text(_ nodes: [VMATreeNodeView]) -> String {
        nodes.map { node in
            let indent = String(repeating: "  ", count: node.depth)
            let kind = node.areas == nil ? "node" : "leaf"
            return "\(indent)\(kind) \(node.range.lowerBound.hex())-\(node.range.upperBound.hex()) count=\(node.count) "
                + "gap=0x\(node.gap.hex())\n"
                + (node.areas ?? []).map { "\(indent)  \($0.lowerBound.hex())-\($0.upperBound.hex())\n" }.joined()
        }.joined()
    }
}
