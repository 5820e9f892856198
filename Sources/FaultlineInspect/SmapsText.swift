import Faultline

/// What a text in the form of `/proc/PID/smaps` or `maps` says of each VMA, as far as it decides a merge.
public struct SmapsText: Sendable {
    /// One VMA.
    struct Entry: Sendable, Equatable {
        let start: UInt64
        let end: UInt64
        let permissions: String
        /// In bytes.
        let offset: UInt64
        let device: String
        let inode: String
        let name: String
        /// Figures by name, in KiB or plain, such as `Anonymous`.
        var figures: [String: Int] = [:]
        /// The words of `VmFlags`; nil where the text has no such line.
        var flags: [String]?

        /// The line of maps, less the spaces before the name.
        var text: String {
            let bounds = Refusal.Value.range(start, end).text
            let place = "\(permissions) \(Refusal.Value.address(offset).text) \(device) \(inode)"
            return "\(bounds) \(place)\(name.isEmpty ? "" : " " + name)"
        }

        var range: String { Refusal.Value.range(start, end).text }
        var isShared: Bool { permissions.hasSuffix("s") }
        /// Has a file behind it; [heap], [stack] and [anon:...] are names of anonymous memory.
        var isFile: Bool { inode != "0" || name.hasPrefix("/") }
        /// vdso and the like.
        var isSpecial: Bool { ["[vdso]", "[vvar]", "[vvar_vclock]", "[uprobes]", "[vsyscall]"].contains(name) }
        /// PR_SET_VMA_ANON_NAME, which a merge compares, unlike [heap] and [stack].
        var anonymousName: String? { name.hasPrefix("[anon:") || name.hasPrefix("[anon_shmem:") ? name : nil }
    }

    /// In the order of addresses.
    let entries: [Entry]

    /// Reads a text.
    ///
    /// - Throws: ``MapsError`` for a line that is neither a mapping nor a figure, and for a text without a mapping.
    public init(_ text: String) throws(MapsError) {
        var entries: [Entry] = []
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            if line.allSatisfy(\.isWhitespace) { continue }
            if let entry = Self.mapping(line) {
                if let last = entries.last, entry.start < last.end {
                    throw MapsError(
                        line: index + 1, field: "addresses", rule: "the mapping before reaches up to here; lines ascend"
                    )
                }
                entries.append(entry)
            } else if entries.isEmpty || !Self.add(line, to: &entries[entries.count - 1]) {
                throw MapsError(
                    line: index + 1, field: "line",
                    rule:
                        "a mapping (START-END PERMISSIONS OFFSET DEVICE INODE NAME) or a figure (NAME: VALUE) is expected"
                )
            }
        }
        if entries.isEmpty { throw MapsError(line: 1, field: "text", rule: "one mapping is expected at least") }
        self.entries = entries
    }

    private static func mapping(_ line: Substring) -> Entry? {
        let fields = line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true)
        guard fields.count >= 5 else { return nil }
        let ends = fields[0].split(separator: "-", omittingEmptySubsequences: false).map { UInt64($0, radix: 16) }
        guard ends.count == 2, let start = ends[0], let end = ends[1], start < end, fields[1].count == 4,
            let offset = UInt64(fields[2], radix: 16)
        else { return nil }
        return Entry(
            start: start, end: end, permissions: String(fields[1]), offset: offset, device: String(fields[3]),
            inode: String(fields[4]), name: fields.count == 6 ? String(fields[5].drop { $0 == " " }) : "")
    }

    /// - Returns: false for a line that is no figure.
    private static func add(_ line: Substring, to entry: inout Entry) -> Bool {
        guard let colon = line.firstIndex(of: ":") else { return false }
        let name = String(line[..<colon])
        let words = line[line.index(after: colon)...].split(separator: " ")
        if name == "VmFlags" {
            entry.flags = words.map(String.init)
            return true
        }
        guard let first = words.first, let value = Int(first) else { return false }
        entry.figures[name] = value
        return true
    }
}
