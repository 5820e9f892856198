extension FirmwareMap {
    /// The map that a kernel's log tells, line by line: `BIOS-e820: [mem 0x0000000000000000-0x000000000009fbff] usable`, with or without
    /// what dmesg prints before it. Other lines are passed over. Where the log tells of several boots, the map is that of the last.
    ///
    /// - Throws: ``FirmwareMapError``.
    public init(log: String) throws(FirmwareMapError) {
        var entries: [Entry] = []
        var boots = 1
        for (index, line) in log.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if !entries.isEmpty, Self.find("BIOS-provided physical RAM map:", in: line) != nil {
                (entries, boots) = ([], boots + 1)
            }
            guard let start = Self.find("BIOS-e820:", in: line) else { continue }
            let text = String(line[start...])
            guard let entry = Self.entry(text) else { throw .line(index + 1, text) }
            // The kernel prints each range once: the first one again is another boot.
            if let first = entries.first, first.range.lowerBound == entry.range.lowerBound {
                (entries, boots) = ([], boots + 1)
            }
            entries.append(entry)
        }
        if entries.isEmpty { throw .empty }
        try self.init(entries)
        self.boots = boots
    }

    /// The map as the kernel's log has it.
    public var log: [String] {
        entries.map { "BIOS-e820: [mem \(Self.range($0.range))] \($0.kind.text)" }
    }

    /// As the log writes a range: `0x%016Lx-0x%016Lx`, the last byte's address behind the first's.
    static func range(_ range: Range<PhysicalAddress>) -> String {
        hex(range.lowerBound) + "-" + hex(range.upperBound - 1)
    }

    static func hex(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return "0x" + String(repeating: "0", count: max(16 - digits.count, 0)) + digits
    }

    private static func find(_ word: String, in line: Substring) -> Substring.Index? {
        var index = line.startIndex
        while index != line.endIndex {
            if line[index...].hasPrefix(word) { return index }
            index = line.index(after: index)
        }
        return nil
    }

    private static func entry(_ text: String) -> Entry? {
        guard let open = text.firstIndex(of: "["), let close = text.firstIndex(of: "]"), open < close else {
            return nil
        }
        let words = text[text.index(after: open)..<close].split(separator: " ")
        guard words.count == 2, words[0] == "mem" else { return nil }
        let bounds = words[1].split(separator: "-")
        guard bounds.count == 2, let first = number(bounds[0]), let last = number(bounds[1]), first <= last,
            last < 1 << 62
        else { return nil }
        let rest = text[text.index(after: close)...].drop { $0 == " " }
        guard let kind = Kind(log: rest) else { return nil }
        return Entry(range: first..<last + 1, kind: kind)
    }

    private static func number(_ text: Substring) -> UInt64? {
        text.hasPrefix("0x") ? UInt64(text.dropFirst(2), radix: 16) : nil
    }
}
