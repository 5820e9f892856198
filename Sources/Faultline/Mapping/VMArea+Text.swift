extension VMFlags {
    /// As `/proc/PID/maps` shows them; shared is VM_MAYSHARE, which read-only shared mappings keep.
    var permissions: String {
        (has(.read) ? "r" : "-") + (has(.write) ? "w" : "-") + (has(.exec) ? "x" : "-") + (has(.mayShare) ? "s" : "p")
    }

    /// The names in the `VmFlags:` line of smaps, by bit (`show_smap_vma_flags`).
    var mnemonics: String {
        var text = ""
        text.reserveCapacity(3 * rawValue.nonzeroBitCount)
        for (bit, name) in Self.mnemonicTable where rawValue & (1 << bit) != 0 {
            if !text.isEmpty { text += " " }
            text += name
        }
        return text
    }

    private static let mnemonicTable: [(bit: UInt64, name: String)] = [
        (0, "rd"), (1, "wr"), (2, "ex"), (3, "sh"), (4, "mr"), (5, "mw"), (6, "me"), (7, "ms"), (8, "gd"), (9, "um"),
        (10, "pf"), (11, "gu"), (12, "uw"), (13, "lo"), (14, "io"), (15, "sr"), (16, "rr"), (17, "dc"), (18, "de"),
        (19, "lf"), (20, "ac"),
        (21, "nr"), (22, "ht"), (23, "sf"), (25, "wf"), (26, "dd"), (27, "sd"), (28, "mm"), (29, "hg"), (30, "nh"),
        (31, "mg"), (40, "dp"), (41, "ui"), (42, "sl"),
    ]
}

extension VMFlags {
    /// The flags that words of a `VmFlags:` line name, and the words that name none. Those of a userfaultfd are among the latter: the
    /// line does not say which one.
    public static func reading(_ words: [String]) -> (flags: VMFlags, unknown: [String]) {
        var flags: VMFlags = []
        var unknown: [String] = []
        for word in words {
            if let bit = mnemonicTable.first(where: { $0.name == word })?.bit,
                !VMFlags(rawValue: 1 << bit).hasAny(.userfault)
            {
                flags.insert(VMFlags(rawValue: 1 << bit))
            } else {
                unknown.append(word)
            }
        }
        return (flags, unknown)
    }

    /// True where the permissions that maps shows are these: readable, writable, executable.
    public func shows(_ letters: [Bool], isShared: Bool) -> Bool {
        letters == [has(.read), has(.write), has(.exec)] && isShared == has(.mayShare)
    }
}

extension Machine {
    /// The name in `/proc/PID/maps`, or an empty string (`get_vma_name`).
    func name(of vma: Handle<VMArea>) -> String {
        if let file = vma.pointee.file { return names[Int(file.pointee.mapping.pointee.name)] }
        if vma.pointee.kind == .special { return names[Int(vma.pointee.pgoff)] }
        let layout = vma.pointee.mm.pointee.layout
        if vma.pointee.start < layout.brk, vma.pointee.end > layout.startBrk { return "[heap]" }
        if vma.pointee.start <= layout.startStack, vma.pointee.end >= layout.startStack { return "[stack]" }
        return ""
    }
}
