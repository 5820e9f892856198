import FaultlineScenario

/// One VMA as /proc/PID/smaps shows it (fs/proc/task_mmu.c, show_smap).
struct SmapsEntry {
    var start: UInt64
    var end: UInt64
    var permissions: String
    var offset: UInt64
    /// The device as smaps prints it, major and minor in hex.
    var device: String
    var inode: UInt64
    /// The name without ` (deleted)`, or "-" where there is none.
    var name: String
    /// The non-zero figures that a recording shows.
    var figures: [SmapsFigure: Int]
    var flags: String

    /// Parses a whole smaps or maps file; lines that are not understood are passed over.
    static func parse(_ text: [UInt8]) -> [SmapsEntry] {
        var entries: [SmapsEntry] = []
        for line in text.split(separator: UInt8(ascii: "\n")) {
            if let entry = SmapsEntry(header: line) {
                entries.append(entry)
            } else if !entries.isEmpty {
                entries[entries.count - 1].add(detail: line)
            }
        }
        return entries
    }

    /// `START-END PERMS OFFSET MAJOR:MINOR INODE  NAME`
    private init?(header line: ArraySlice<UInt8>) {
        let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 5)
        guard fields.count >= 5, let dash = fields[0].firstIndex(of: UInt8(ascii: "-")),
            let start = UInt64(ascii: fields[0][..<dash], radix: 16),
            let end = UInt64(ascii: fields[0][(dash + 1)...], radix: 16),
            let offset = UInt64(ascii: fields[2], radix: 16), let inode = UInt64(ascii: fields[4])
        else { return nil }
        self.start = start
        self.end = end
        permissions = String(decoding: fields[1], as: UTF8.self)
        self.offset = offset
        device = String(decoding: fields[3], as: UTF8.self)
        self.inode = inode
        name = fields.count == 6 ? Self.name(fields[5]) : "-"
        figures = [:]
        flags = ""
    }

    private static func name(_ field: ArraySlice<UInt8>) -> String {
        let text = String(decoding: field.drop { $0 == UInt8(ascii: " ") }, as: UTF8.self)
        return text.hasSuffix(" (deleted)") ? String(text.dropLast(10)) : text
    }

    /// `NAME:   VALUE kB`, or `VmFlags: rd wr ...`
    private mutating func add(detail line: ArraySlice<UInt8>) {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return }
        let name = String(decoding: line[..<colon], as: UTF8.self)
        let words = line[(colon + 1)...].split(separator: UInt8(ascii: " "))
        if name == "VmFlags" {
            flags = words.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
        } else if let first = words.first, let value = UInt64(ascii: first), value != 0,
            let figure = SmapsFigure(rawValue: name)
        {
            figures[figure] = Int(value)
        }
    }
}
