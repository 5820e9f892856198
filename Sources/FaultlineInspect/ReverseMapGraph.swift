import Faultline

/// Prints reverse maps as a graph in the language of Graphviz: frame → owner → VMA → page-table entry.
public struct ReverseMapGraph {
    private let processName: (Int) -> String
    private var nodes: [String] = []
    private var edges: [String] = []
    private var known: Set<String> = []

    /// A graph without frames; `processName` names processes.
    public init(processName: @escaping (Int) -> String = { "process \($0)" }) { self.processName = processName }

    /// Adds a frame, its owner, and every VMA that the owner names for it; what is there already is not added again.
    public mutating func add(_ map: ReverseMapSnapshot) {
        let frame = "frame_\(hex(map.frame))"
        let count = map.mapCount == 1 ? "once" : "\(map.mapCount) times"
        add(frame, "frame 0x\(hex(map.frame))\\nmapped \(count)", "shape=box3d")
        let owner: String
        switch map.owner {
        case .anonVMA(let number, let root, let parent, _, _):
            owner = "anon_vma_\(number)"
            add(
                owner, "anon_vma#\(number)" + (number == root ? "" : "\\nparent #\(parent), root #\(root)"),
                "shape=ellipse")
        case .file(let name, let mappers):
            owner = "file_" + identifier(name)
            add(owner, "address_space\\n\(escaped(name))\\n\(mappers) VMAs", "shape=ellipse")
        case .stableNode(let items):
            owner = "stable_node_\(hex(map.frame))"
            add(owner, "ksm_stable_node\\n\(items) rmap_items", "shape=ellipse")
        case .none:
            owner = "no_owner_\(hex(map.frame))"
            add(owner, "no owner", "shape=ellipse, style=dashed")
        }
        join(frame, owner, "index 0x\(hex(map.index))")
        let link =
            switch map.owner {
            case .anonVMA: "anon_vma_chain"
            case .stableNode: "rmap_item"
            case .file, .none: "i_mmap"
            }
        for step in map.steps {
            let vma = "vma_\(step.process)_\(hex(step.start))"
            add(
                vma, "\(escaped(processName(step.process)))\\n\(hex(step.start))-\(hex(step.end)) \(step.permissions)",
                "shape=box")
            join(owner, vma, link)
            let entry = "pte_\(step.process)_\(hex(step.address))"
            let state = step.isMapped ? "maps it" : step.entry == 0 ? "empty" : "not here"
            add(
                entry, "PTE at \(hex(step.address))\\n0x\(hex(step.entry))",
                step.entry == 0 ? "shape=note, style=dashed" : "shape=note")
            join(vma, entry, nil)
            join(entry, frame, state, step.isMapped ? "constraint=false" : "constraint=false, style=dashed")
        }
    }

    /// The graph, for `dot -Tsvg`.
    public var text: String {
        let lines = [
            "digraph rmap {", "  rankdir=LR;", "  node [fontname=\"monospace\"];", "  edge [fontname=\"monospace\"];",
        ]
        return (lines + nodes + edges + ["}"]).joined(separator: "\n") + "\n"
    }

    private mutating func add(_ name: String, _ label: String, _ style: String) {
        if known.insert(name).inserted { nodes.append("  \(name) [label=\"\(label)\", \(style)];") }
    }

    private mutating func join(_ from: String, _ to: String, _ label: String?, _ style: String = "") {
        let parts = [label.map { "label=\"\($0)\"" }, style.isEmpty ? nil : style].compactMap { $0 }
        let edge = "  \(from) -> \(to)" + (parts.isEmpty ? "" : " [\(parts.joined(separator: ", "))]") + ";"
        if known.insert(edge).inserted { edges.append(edge) }
    }

    private func hex(_ value: UInt64) -> String { String(value, radix: 16) }

    /// The letters and digits of a name, and the numbers of its other bytes.
    private func identifier(_ name: String) -> String {
        name.utf8.map { byte in
            let isWord =
                UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 32 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
            return isWord ? String(UnicodeScalar(byte)) : "_\(byte)_"
        }.joined()
    }

    /// Text for a label.
    private func escaped(_ text: String) -> String {
        text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined()
    }
}
