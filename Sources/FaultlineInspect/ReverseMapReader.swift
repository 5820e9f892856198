import Faultline

/// Prints the reverse map of a page as `faultline rmap` shows it.
public struct ReverseMapReader {
    private let processName: (Int) -> String

    /// Makes a reader that names processes as the function says.
    public init(processName: @escaping (Int) -> String = { "process \($0)" }) { self.processName = processName }

    /// The chain frame → owner → VMA → PTE, a line each.
    public func text(_ map: ReverseMapSnapshot) -> String {
        var lines = [
            "frame 0x\(hex(map.frame)) index 0x\(hex(map.index)) mapcount=\(map.mapCount) "
                + "refcount=\(map.referenceCount)\(map.isExclusive ? " anon-exclusive" : "")"
        ]
        switch map.owner {
        case .anonVMA(let number, let root, let parent, let active, let children):
            let place = root == number ? "root" : "parent anon_vma#\(parent), root anon_vma#\(root)"
            lines.append(
                "  anon_vma#\(number) (\(place); num_active_vmas=\(active) num_children=\(children))")
        case .file(let name, let mappers): lines.append("  address_space \(name) (i_mmap: \(mappers) VMAs)")
        case .none: lines.append("  no owner: the page was truncated")
        }
        let link = if case .anonVMA = map.owner { "anon_vma_chain" } else { "i_mmap" }
        for step in map.steps {
            lines.append(
                "    \(link) -> \(processName(step.process)) vma \(hex(step.start))-\(hex(step.end)) "
                    + "\(step.permissions)")
            lines.append("      " + entry(step))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func entry(_ step: ReverseMapSnapshot.Step) -> String {
        let place = "at \(hex(step.address)): "
        guard let physical = step.entryAddress else { return place + "no page table: not mapped here" }
        let entry = "pte 0x\(hex(step.entry)) at physical 0x\(hex(physical))"
        if step.isMapped { return place + entry + ", maps the frame" }
        return place + entry + (step.entry == 0 ? ", empty: not mapped here" : ", maps another page")
    }

    private func hex(_ value: UInt64) -> String { String(value, radix: 16) }
}
