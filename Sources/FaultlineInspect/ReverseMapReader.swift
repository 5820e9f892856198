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
        case .stableNode(let items): lines.append("  ksm_stable_node (\(items) rmap_items)")
        case .none: lines.append("  no owner: the page was truncated")
        }
        let link =
            switch map.owner {
            case .anonVMA: "anon_vma_chain"
            case .stableNode: "rmap_item"
            case .file, .none: "i_mmap"
            }
        for step in map.steps {
            lines.append(
                "    \(link) -> \(processName(step.process)) vma \(hex(step.start))-\(hex(step.end)) "
                    + "\(step.permissions)")
            lines.append("      " + entry(step))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// What is at an address in place of a frame; the view lists the pages of the VMA that is there.
    public func absence(in process: ProcessView, at address: UInt64) -> String {
        guard let vma = process.vmas.first(where: { $0.start <= address && address < $0.end }) else {
            return "no VMA is there"
        }
        let place = "in the VMA \(hex(vma.start))-\(hex(vma.end)) the entry "
        switch vma.pages.first(where: { $0.address == address & ~4095 })?.content {
        case .guardMarker: return place + "is a guard marker"
        case .userfaultMarker: return place + "is a write-protect mark of a userfaultfd"
        case .poisonMarker: return place + "is a mark of UFFDIO_POISON"
        case .swapped: return place + "names a page that is not in memory"
        case .zeroPage where ["[vdso]", "[vvar]", "[vvar_vclock]"].contains(vma.name):
            return place + "maps a page of the kernel's own, which has no reverse map"
        case .zeroPage: return place + "maps the shared zero page, which has no reverse map"
        default: return place + "is empty: nothing was faulted in"
        }
    }

    private func entry(_ step: ReverseMapSnapshot.Step) -> String {
        let place = "at \(hex(step.address)): "
        guard let physical = step.entryAddress else { return place + "no page table: not mapped here" }
        let entry = "pte 0x\(hex(step.entry)) at physical 0x\(hex(physical))"
        if step.isMapped { return place + entry + ", maps the frame" }
        if step.entry == 0 { return place + entry + ", empty: not mapped here" }
        return place + entry + (step.entry & 1 == 0 ? ", a guard marker: not mapped here" : ", maps another page")
    }

    private func hex(_ value: UInt64) -> String { String(value, radix: 16) }
}
