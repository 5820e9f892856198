import Faultline

/// Prints how an address is translated, in the layout of `vtop` in the debugger crash.
///
/// The machine has no addresses of the kernel's own: where crash shows one, a process's VMA stands as `NAME#INDEX`, an anon_vma
/// and a file by number, a page by its frame.
public struct TranslationReader {
    let machine: Machine
    let processName: (Int) -> String

    /// Makes a reader.
    public init(_ machine: Machine, processName: @escaping (Int) -> String) {
        self.machine = machine
        self.processName = processName
    }

    /// The whole answer: the walk, the entry, the VMA, the page, and what the TLB holds of it.
    ///
    /// - Throws: ESRCH.
    public func text(_ process: ProcessID, _ address: VirtualAddress) throws(Errno) -> String {
        guard let walk = try machine.walk(process, at: address) else {
            return "\(address.hex()): not an address of user space, which ends at \(AddressSpaceLimit.taskSize.hex())\n"
        }
        let physical = walk.physicalAddress.map { $0.hex() } ?? "(not mapped)"
        var text = "VIRTUAL".left(16) + "PHYSICAL\n" + address.hex().left(16) + physical + "\n\n"
        text += self.walk(walk)
        let area = try vma(process, at: address)
        text += "\n" + (area ?? "no VMA is there\n")
        if let physical = walk.physicalAddress, let frame = machine.frame(physical >> 12) {
            text += "\n" + Self.pageHeader + page(frame)
        }
        let reader = CachedEntryReader(machine, processName: processName)
        let cached = reader.contents { entry in
            entry.address <= address && address - entry.address < entry.span
                && (entry.isGlobal || machine.owner(of: entry) == owner(process))
        }
        return text + "\n" + (cached ?? "no TLB and no paging-structure cache holds any of it\n")
    }

    /// The first process of the address space that a process runs in.
    private func owner(_ process: ProcessID) -> ProcessID {
        machine.liveProcesses.first { (try? machine.sharesMemory($0.index, process.index)) == true } ?? process
    }

    /// The entries on the way, and the last of them taken apart.
    private func walk(_ walk: PageWalk) -> String {
        var text = ""
        for entry in walk.entries {
            text += "   \(entry.level.rawValue.uppercased()): \(entry.address.hex()) => \(entry.rawValue.hex())\n"
        }
        guard let last = walk.entries.last else { return text }
        guard let size = walk.pageSize, let physical = walk.physicalAddress else {
            return text + (last.rawValue == 0 ? "" : "\n" + Self.entry(last.rawValue))
        }
        let suffix = size == PageSize.base ? "" : size == PageSize.large ? "  (2MB)" : "  (1GB)"
        text += "  PAGE: \((physical & ~(size - 1)).hex())\(suffix)\n"
        return text + "\n" + Self.entry(last.rawValue)
    }

    /// An entry taken apart, as crash's `pte` does.
    public static func entry(_ raw: UInt64) -> String {
        let shown = raw.hex()
        let width = max(shown.count, 8)
        guard raw == 0 || EntryFlags.isPresent(raw) else {
            let (type, offset) = EntryFlags.swap(raw)
            let marker = type == EntryFlags.markerType ? EntryFlags.markers[offset] ?? "" : ""
            let kind = type == EntryFlags.markerType ? "marker" : type >= 28 ? "migration" : "swap \(type)"
            return "PTE".right(width / 2 + 1).left(width) + "  " + "KIND".left(10) + "OFFSET\n"
                + shown.right(width) + "  " + kind.left(10) + offset.hex() + marker + "\n"
        }
        let physical = (EntryFlags.frame(raw) << 12).hex()
        let column = max(physical.count, 8)
        return "PTE".right(width / 2 + 1).left(width) + "  " + "PHYSICAL".left(column) + "  FLAGS\n"
            + shown.right(width) + "  " + physical.left(column) + "  (\(EntryFlags.names(raw)))\n"
    }

    /// The head of a list of VMAs.
    static let vmaHeader = "      VMA         START        END          FLAGS     PGOFF FILE\n"

    /// The VMA that an address is in, with a header; nil where there is none.
    func vma(_ process: ProcessID, at address: VirtualAddress) throws(Errno) -> String? {
        let details = try machine.vmaDetails(process)
        guard let index = details.firstIndex(where: { $0.start <= address && address < $0.end }) else { return nil }
        return Self.vmaHeader + vma(details[index], process, index)
    }

    /// A line of a VMA.
    func vma(_ area: VMADetails, _ process: ProcessID, _ index: Int) -> String {
        "\(processName(process.index))#\(index)".right(12) + " " + area.start.hex().right(12) + " "
            + area.end.hex().right(12)
            + " " + area.flags.rawValue.hex().right(12) + " " + area.pageOffset.hex().right(9)
            + (area.name.isEmpty ? "" : " " + ProcFiles.path(area.name)) + "\n"
    }

    /// The head of a list of pages.
    static let pageHeader = "      PAGE       PHYSICAL      MAPPING         INDEX CNT MAPCNT FLAGS\n"

    /// A line of a page, as crash's `kmem -p` has it, with the flags as page-types names them.
    func page(_ frame: FrameView) -> String {
        let mapping: String
        switch frame.owner {
        case .none: mapping = "0"
        case .anonVMA(let number): mapping = "anon_vma#\(number)"
        case .stableNode: mapping = "stable_node"
        case .file(let number, _): mapping = "file#\(number)"
        }
        return "pfn \(frame.frame.hex())".right(14) + " " + (frame.frame << 12).hex().right(10) + " "
            + mapping.right(12) + " "
            + frame.index.hex().right(13) + " " + frame.referenceCount.right(3) + " " + frame.mapCount.right(6) + " "
            + frame.flags.rawValue.hex() + " " + frame.flags.names + "\n"
    }
}
