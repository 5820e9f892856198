import Faultline

/// Says of two neighbours in a text of smaps why they are not one VMA (`can_vma_merge_left` and `_right` in `mm/vma.c`), as
/// far as smaps shows it; and what smaps cannot show where all that it shows agrees.
public struct WhyNotMergedReader {
    private let smaps: SmapsText

    /// A reader of a text.
    public init(_ smaps: SmapsText) { self.smaps = smaps }

    /// The VMA at the address, and for each neighbour why it is another one.
    ///
    /// - Returns: nil where no VMA holds the address.
    public func text(at address: UInt64) -> String? {
        guard let index = smaps.entries.firstIndex(where: { $0.start <= address && address < $0.end }) else {
            return nil
        }
        let vma = smaps.entries[index]
        var lines = [vma.text]
        if let flags = vma.flags { lines.append("  VmFlags: \(flags.joined(separator: " "))") }
        lines += neighbour("below", index > 0 ? smaps.entries[index - 1] : nil, of: vma, isBelow: true)
        lines += neighbour(
            "above", index + 1 < smaps.entries.count ? smaps.entries[index + 1] : nil, of: vma, isBelow: false)
        return lines.joined(separator: "\n") + "\n"
    }

    /// What lies around an address that no VMA holds.
    public func surroundings(of address: UInt64) -> String {
        let below = smaps.entries.last { $0.end <= address }.map { "the VMA below is \($0.range)" }
        let above = smaps.entries.first { $0.start > address }.map { "the VMA above is \($0.range)" }
        return [below ?? "there is none below", above ?? "there is none above"].joined(separator: ", ")
    }

    private func neighbour(_ side: String, _ other: SmapsText.Entry?, of vma: SmapsText.Entry, isBelow: Bool)
        -> [String]
    {
        guard let other else { return ["\(side): no VMA"] }
        let (first, second) = isBelow ? (other, vma) : (vma, other)
        let causes = Self.causes(first, second)
        let head = "\(side): \(other.text)"
        if !causes.isEmpty { return [head] + causes.map { "  \($0)" } }
        return [head, "  all that smaps shows agrees; one of these differs, which smaps cannot show:"]
            + Self.invisible(first, second).map { "  - \($0)" }
    }

    /// All that differs, in the kernel's order of checks.
    static func causes(_ first: SmapsText.Entry, _ second: SmapsText.Entry) -> [String] {
        var causes: [String] = []
        if first.end != second.start {
            causes.append("a gap of \(Refusal.Value.bytes(second.start &- first.end).text) lies between them")
        }
        if let special = [first, second].first(where: \.isSpecial) {
            causes.append("\(special.name) is a special mapping of the kernel's, which is never merged")
        }
        causes += flagCauses(first, second)
        causes += fileCauses(first, second)
        if first.isFile, second.isFile, causes.isEmpty {
            let expected = first.offset &+ (first.end &- first.start)
            if expected != second.offset {
                causes.append(
                    "file offset \(hex(second.offset)) does not continue \(hex(first.offset)) by "
                        + "\(Refusal.Value.bytes(first.end &- first.start).text) (\(hex(expected)) would)")
            }
        }
        return causes
    }

    private static func flagCauses(_ first: SmapsText.Entry, _ second: SmapsText.Entry) -> [String] {
        var causes: [String] = []
        if first.permissions != second.permissions {
            causes.append(
                "permissions differ: \(first.range) is \(first.permissions), \(second.range) \(second.permissions)")
        }
        guard let a = first.flags, let b = second.flags else { return causes }
        for (entry, flags, other) in [(first, a, b), (second, b, a)] {
            // Those that a merge does not compare, and those that the permissions have told.
            let only = flags.filter { !other.contains($0) && !["sd", "gu", "rd", "wr", "ex", "ms"].contains($0) }
            for flag in only {
                causes.append("only \(entry.range) has \(flag)\(meanings[flag].map { " (\($0))" } ?? "")")
            }
        }
        for flag in a where b.contains(flag) {
            if let meaning = special[flag] {
                causes.append("both have \(flag) (\(meaning)), and such VMAs are never merged")
            }
        }
        let keys = (first.vma.figures[.protectionKey], second.vma.figures[.protectionKey])
        if keys.0 != keys.1 { causes.append("protection keys differ: \(keys.0) and \(keys.1)") }
        return causes
    }

    private static func fileCauses(_ first: SmapsText.Entry, _ second: SmapsText.Entry) -> [String] {
        if first.isFile != second.isFile {
            let file = first.isFile ? first : second
            return ["only \(file.range) maps a file (\(file.name.isEmpty ? "inode " + file.inode : file.name))"]
        }
        if first.isFile, (first.device, first.inode) != (second.device, second.inode) {
            return ["files differ: \(file(first)) and \(file(second))"]
        }
        if first.isFile, first.name.hasPrefix("/SYSV") {
            return ["a System V attachment counts each VMA and is not merged away"]
        }
        if first.anonymousName != second.anonymousName {
            return ["names differ: \(first.anonymousName ?? "none") and \(second.anonymousName ?? "none")"]
        }
        return []
    }

    /// What may differ although smaps does not say so.
    static func invisible(_ first: SmapsText.Entry, _ second: SmapsText.Entry) -> [String] {
        var lines: [String] = []
        if !first.isShared {
            let unwritten = [first, second].filter { $0.vma.figures[.anonymous] + $0.vma.figures[.swap] == 0 }
            var line = "anon_vma: each was written to before they were neighbours, or one was inherited by fork"
            if let entry = unwritten.first, entry.hasFigures {
                line += " (\(entry.range) has no anonymous page now; it had one if so)"
            }
            lines.append(line)
        }
        if first.isFile {
            lines.append("the open file (struct file): one inode that was opened twice is two files")
        } else {
            lines.append(
                "vm_pgoff: of anonymous memory it is the address at creation, and mremap keeps it once written to")
        }
        lines.append("the memory policy (mbind; see numa_maps), or the userfaultfd that it is registered with")
        lines.append("nothing: they became alike without a call that changes either, and only such a call merges")
        return lines
    }

    private static func file(_ entry: SmapsText.Entry) -> String {
        "\(entry.name.isEmpty ? "no name" : entry.name) (\(entry.device) \(entry.inode))"
    }

    private static func hex(_ value: UInt64) -> String { Refusal.Value.address(value).text }

    /// VM_SPECIAL.
    private static let special = [
        "io": "memory-mapped I/O", "de": "no growth: MADV_DONTEXPAND or huge pages", "pf": "pure page frames",
        "mm": "a mixed map",
    ]

    /// Flags that programs set, and by what.
    private static let meanings = [
        "ac": "its pages are charged to the commitment", "lo": "mlock", "lf": "mlock on fault", "dc": "MADV_DONTFORK",
        "dd": "MADV_DONTDUMP", "wf": "MADV_WIPEONFORK", "hg": "MADV_HUGEPAGE", "nh": "MADV_NOHUGEPAGE or MAP_STACK",
        "mg": "MADV_MERGEABLE", "sr": "MADV_SEQUENTIAL", "rr": "MADV_RANDOM", "nr": "MAP_NORESERVE", "sl": "mseal",
        "gd": "grows down: a stack", "um": "userfaultfd missing", "uw": "userfaultfd write-protect",
        "ui": "userfaultfd minor", "ht": "huge pages", "sf": "MAP_SYNC", "dp": "MAP_DROPPABLE", "ss": "a shadow stack",
        "mw": "may become writable", "mr": "may become readable", "me": "may become executable", "sh": "shared",
        "io": "memory-mapped I/O", "pf": "pure page frames", "de": "no growth", "mm": "a mixed map",
    ]
}
