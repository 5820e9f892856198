import Faultline

/// Prints who can map a page: anon_vmas with their chains, and files with their i_mmap.
public struct ForestReader {
    private let processName: (Int) -> String

    /// Makes a reader.
    public init(processName: @escaping (Int) -> String) { self.processName = processName }

    /// The anon_vmas as a forest, each below its parent.
    ///
    /// - Parameter processes: only those that lead to one of these, with their parents; empty for all.
    public func text(_ forest: [AnonVMAView], of processes: [ProcessID]) -> String {
        var wanted = Set(forest.map(\.number))
        if !processes.isEmpty {
            wanted = []
            for entry in forest where entry.links.contains(where: { processes.contains($0.process) }) {
                // Numbers go up from parent to child, so that this ends at a root.
                var next: AnonVMAView? = entry
                while let current = next, wanted.insert(current.number).inserted {
                    next = forest.first { $0.number == current.parent }
                }
            }
        }
        let shown = forest.filter { wanted.contains($0.number) }
        let children = Dictionary(grouping: shown.filter { $0.parent != $0.number }, by: \.parent)
        var text = ""
        // The newest first, since what is on top comes out first.
        var open = shown.filter { $0.parent == $0.number }.reversed().map { (entry: $0, depth: 0) }
        while let (entry, depth) = open.popLast() {
            text += self.text(entry, depth)
            open += (children[entry.number] ?? []).reversed().map { ($0, depth + 1) }
        }
        return text.isEmpty ? "no anon_vma\n" : text
    }

    private func text(_ entry: AnonVMAView, _ depth: Int) -> String {
        let indent = String(repeating: "  ", count: depth)
        let place = depth == 0 ? "root" : "root anon_vma#\(entry.root)"
        let head =
            "\(indent)anon_vma#\(entry.number) (\(place); num_active_vmas=\(entry.activeVMAs) num_children=\(entry.children))\n"
        return head
            + entry.links.map { link in
                "\(indent)  anon_vma_chain -> \(processName(link.process.index)) vma \(link.range.lowerBound.hex())-"
                    + "\(link.range.upperBound.hex()) pgoff 0x\(link.pages.lowerBound.hex())-0x\(link.pages.upperBound.hex())"
                    + "\(link.isOwn ? " (its own)" : "")\n"
            }.joined()
    }

    /// Files with the VMAs that map them.
    public func text(_ files: [FileView], mappers: (UInt64) -> [FileMapper]) -> String {
        files.map { file in
            "file#\(file.number) \(file.name) i_size=\(file.size) nrpages=\(file.pages.count) "
                + "(i_mmap: \(file.mapperCount) VMAs)\n"
                + mappers(file.number).map { mapper in
                    "  i_mmap -> \(processName(mapper.process.index)) vma \(mapper.range.lowerBound.hex())-"
                        + "\(mapper.range.upperBound.hex()) \(mapper.permissions) pages 0x\(mapper.pages.lowerBound.hex())-"
                        + "0x\(mapper.pages.upperBound.hex())\n"
                }.joined()
        }.joined()
    }
}
