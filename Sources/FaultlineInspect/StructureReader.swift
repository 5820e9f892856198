import Faultline

/// Prints structures of the kernel, as far as the machine has them, in the form of `struct` in the debugger crash.
public struct StructureReader {
    private let machine: Machine
    private let processName: (Int) -> String

    /// Makes a reader.
    public init(_ machine: Machine, processName: @escaping (Int) -> String) {
        self.machine = machine
        self.processName = processName
    }

    /// `struct page` of a frame; nil behind the last one.
    public func page(_ pfn: PFN) -> String? {
        guard let frame = machine.frame(pfn) else { return nil }
        let mapping: String
        switch frame.owner {
        case .none: mapping = "0x0"
        case .anonVMA(let number): mapping = "anon_vma#\(number) | PAGE_MAPPING_ANON"
        case .stableNode(let items): mapping = "ksm_stable_node (\(items) rmap_items) | PAGE_MAPPING_KSM"
        case .file(let number, let name): mapping = "file#\(number) (\(name))"
        }
        return Self.text(
            "page",
            [
                ("flags", "0x\(frame.flags.rawValue.hex()) (\(frame.flags.names))"), ("mapping", mapping),
                ("index", "0x\(frame.index.hex())"), ("_mapcount", String(frame.mapCount - 1)),
                ("_refcount", String(frame.referenceCount)), ("order", String(frame.order)),
            ])
    }

    /// `struct vm_area_struct` of the VMA that an address is in; nil where there is none.
    public func area(_ process: ProcessID, at address: VirtualAddress) throws(Errno) -> String? {
        let areas = try machine.vmaDetails(process)
        guard let area = areas.first(where: { $0.start <= address && address < $0.end }) else { return nil }
        let space = try machine.addressSpace(process)
        return Self.text(
            "vm_area_struct",
            [
                ("vm_start", "0x\(area.start.hex())"), ("vm_end", "0x\(area.end.hex())"),
                ("vm_mm", "mm#\(space.number)"),
                ("vm_flags", "0x\(area.flags.rawValue.hex())"),
                ("anon_vma_chain", "{ \(area.chain.map { "anon_vma#\($0)" }.joined(separator: ", ")) }"),
                ("anon_vma", area.anonVMA.map { "anon_vma#\($0)" } ?? "0x0"),
                ("vm_pgoff", "0x\(area.pageOffset.hex())"),
                ("vm_file", area.file.map { "file#\($0) (\(area.name))" } ?? "0x0"),
            ])
    }

    /// `struct mm_struct` of a process.
    public func addressSpace(_ process: ProcessID) throws(Errno) -> String {
        let space = try machine.addressSpace(process)
        let addresses: [(String, UInt64)] = [
            ("mmap_base", space.mmapBase), ("pgd", space.pgd << 12), ("start_code", space.code.lowerBound),
            ("end_code", space.code.upperBound), ("start_data", space.data.lowerBound),
            ("end_data", space.data.upperBound),
            ("start_brk", space.heap.lowerBound), ("brk", space.heap.upperBound), ("start_stack", space.startStack),
        ]
        let counts: [(String, Int)] = [
            ("mm_users", space.users), ("map_count", try machine.vmaDetails(process).count),
            ("pgtables_bytes", space.tablePages * 4096), ("total_vm", Int(space.totalVM)),
            ("data_vm", Int(space.dataVM)),
            ("exec_vm", Int(space.execVM)), ("stack_vm", Int(space.stackVM)),
            ("rss_stat[MM_FILEPAGES]", space.filePages),
            ("rss_stat[MM_ANONPAGES]", space.anonPages), ("rss_stat[MM_SHMEMPAGES]", space.shmemPages),
        ]
        return Self.text(
            "mm_struct", addresses.map { ($0.0, "0x\($0.1.hex())") } + counts.map { ($0.0, String($0.1)) })
    }

    /// `struct anon_vma` by its number; nil where there is none.
    public func anonVMA(_ number: UInt64) -> String? {
        guard let found = machine.anonVMAForest.first(where: { $0.number == number }) else { return nil }
        let chains = found.links.map { "\(processName($0.process.index)) \($0.range.lowerBound.hex())" }
        return Self.text(
            "anon_vma",
            [
                ("root", "anon_vma#\(found.root)"), ("num_children", String(found.children)),
                ("num_active_vmas", String(found.activeVMAs)), ("parent", "anon_vma#\(found.parent)"),
                ("rb_root", "{ \(chains.joined(separator: ", ")) }"),
            ])
    }

    private static func text(_ name: String, _ fields: [(String, String)]) -> String {
        "struct \(name) {\n" + fields.map { "  \($0.0) = \($0.1),\n" }.joined() + "}\n"
    }
}
