import Faultline

/// What a text in the form of `/proc/PID/smaps` or `maps` says of each VMA.
public struct SmapsText: Sendable {
    /// One VMA.
    public struct Entry: Sendable, Equatable {
        /// The VMA, without pages; the name is as the text has it, ` (deleted)` with it.
        public internal(set) var vma: VMAView
        /// Such as `fe:00`.
        public let device: String
        /// The number as it stands there; `0` without a file.
        public let inode: String
        /// Whether the text has figures, as smaps; else they are all 0.
        var hasFigures = false
        /// Whether the text has a line `VmFlags`.
        var hasFlags = false
        /// The words of `VmFlags`; nil where the text has no such line.
        var flags: [String]? { hasFlags ? vma.flags.split(separator: " ").map(String.init) : nil }

        var start: UInt64 { vma.start }
        var end: UInt64 { vma.end }
        var permissions: String { vma.permissions }
        var offset: UInt64 { vma.offset }
        var name: String { vma.name }

        /// The name of the file without ` (deleted)`.
        public var shortName: String { name.hasSuffix(" (deleted)") ? String(name.dropLast(10)) : name }

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
    public private(set) var entries: [Entry] = []
    /// The figure that follows the one read last, in the order of smaps.
    private var expected = 0

    /// Reads a text.
    ///
    /// - Throws: ``MapsError`` for a line that is neither a mapping nor a figure, and for a text without a mapping.
    public init(_ text: some Sequence<UInt8>) throws(MapsError) {
        let bytes = Array(text)
        var start = 0
        var number = 1
        while start <= bytes.count {
            let end = bytes[start...].firstIndex(of: .newline) ?? bytes.count
            try add(SmapsLine(bytes[start..<end]), number: number)
            start = end + 1
            number += 1
        }
        if entries.isEmpty { throw MapsError(line: 1, field: "text", rule: "one mapping is expected at least") }
    }

    private mutating func add(_ line: SmapsLine, number: Int) throws(MapsError) {
        switch line {
        case .blank: return
        case .mapping(let mapping):
            guard let entry = Entry(mapping) else { throw Self.unexpected(number) }
            if let last = entries.last, entry.start < last.end {
                throw MapsError(
                    line: number, field: "addresses", rule: "the mapping before reaches up to here; lines ascend")
            }
            entries.append(entry)
        case .figure(let name, let value?) where !entries.isEmpty:
            entries[entries.count - 1].hasFigures = true
            if let figure = figure(named: name) {
                entries[entries.count - 1].vma.figures[figure] = Int(clamping: value)
            }
        case .flags(let words) where !entries.isEmpty:
            entries[entries.count - 1].hasFlags = true
            entries[entries.count - 1].vma.flags = words.joinedWords
        case .figure, .flags, .short: throw Self.unexpected(number)
        }
    }

    /// The figure of a name; it is looked for where the kernel writes it first.
    private mutating func figure(named name: ArraySlice<UInt8>) -> SmapsFigure? {
        let names = Self.names
        if !(expected < names.count && name.elementsEqual(names[expected])) {
            guard let place = names.firstIndex(where: { name.elementsEqual($0) }) else { return nil }
            expected = place
        }
        defer { expected += 1 }
        return SmapsFigure(rawValue: expected)
    }

    private static let names = SmapsFigure.allCases.map { Array($0.name.utf8) }

    private static func unexpected(_ line: Int) -> MapsError {
        MapsError(
            line: line, field: "line",
            rule: "a mapping (START-END PERMISSIONS OFFSET DEVICE INODE NAME) or a figure (NAME: VALUE) is expected")
    }
}

extension SmapsText.Entry {
    /// Nil where a field is not what it should be.
    fileprivate init?(_ mapping: SmapsLine.Mapping) {
        guard let (left, right) = mapping.bounds.halves(at: UInt8(ascii: "-")),
            let start = UInt64(ascii: left, radix: 16),
            let end = UInt64(ascii: right, radix: 16), start < end, mapping.permissions.count == 4,
            let offset = UInt64(ascii: mapping.offset, radix: 16)
        else { return nil }
        vma = VMAView(
            start: start, end: end, permissions: mapping.permissions.text, offset: offset, name: mapping.name.text,
            flags: "")
        device = mapping.device.text
        inode = mapping.inode.text
    }
}
