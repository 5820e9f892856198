import Faultline

/// Why a text is not one of `/proc/PID/maps`: the line, the field, and the rule that it breaks.
public struct MapsError: Error, Equatable, Sendable, CustomStringConvertible {
    /// From 1.
    public let line: Int
    /// Such as `permissions`.
    public let field: String
    /// What must hold.
    public let rule: String

    /// One line for the user.
    public var description: String { "line \(line): \(field): \(rule)" }
}

extension InitialAddressSpace {
    /// The address space that a text in the form of `/proc/PID/maps` describes.
    ///
    /// Contents are not in such a text: anonymous memory is untouched, files are zeros that are not in memory. Nor is the
    /// place of the mmap area: it begins where the highest mapping below the stack ends.
    ///
    /// - Throws: ``MapsError``.
    public init(maps text: String) throws(MapsError) {
        var parser = MapsParser()
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if !line.allSatisfy(\.isWhitespace) { try parser.add(line, number: index + 1) }
        }
        if parser.isEmpty { throw MapsError(line: 1, field: "text", rule: "one mapping is expected at least") }
        self = parser.space
    }
}

/// Reads lines `START-END PERMISSIONS OFFSET DEVICE INODE NAME` in the order of addresses.
private struct MapsParser {
    private var regions: [InitialAddressSpace.Region] = []
    private var heap: (start: UInt64, end: UInt64)?

    var isEmpty: Bool { regions.isEmpty }

    mutating func add(_ line: Substring, number: Int) throws(MapsError) {
        let fields = line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true)
        guard fields.count >= 5 else {
            throw MapsError(
                line: number, field: "line", rule: "five fields and a name are expected, not \(fields.count)")
        }
        let name = fields.count == 6 ? fields[5].drop { $0 == " " } : ""
        // The gate at the top of the address space belongs to no process.
        if name == "[vsyscall]" { return }
        let (start, end) = try bounds(fields[0], number)
        guard let offset = UInt64(fields[2], radix: 16), offset & 4095 == 0, offset <= UInt64(Int64.max) - (end - start)
        else {
            throw MapsError(line: number, field: "offset", rule: "a multiple of 1000 in hex is expected, below 2^63")
        }
        var region = InitialAddressSpace.Region(
            start: start, end: end, content: try content(String(name), offset, number))
        try set(fields[1], on: &region, number)
        if name == "[heap]" { heap = (heap?.start ?? start, end) }
        regions.append(region)
    }

    private func bounds(_ field: Substring, _ number: Int) throws(MapsError) -> (UInt64, UInt64) {
        let ends = field.split(separator: "-", omittingEmptySubsequences: false).map { UInt64($0, radix: 16) }
        guard ends.count == 2, let start = ends[0], let end = ends[1] else {
            throw MapsError(line: number, field: "addresses", rule: "START-END in hex is expected, not '\(field)'")
        }
        guard start < end, (start | end) & 4095 == 0, end <= AddressSpaceLimit.taskSize else {
            throw MapsError(
                line: number, field: "addresses",
                rule: "START must lie below END, both in user space and multiples of 1000")
        }
        if let last = regions.last, start < last.end {
            throw MapsError(line: number, field: "addresses", rule: "the line before reaches up to here; lines ascend")
        }
        return (start, end)
    }

    private func set(
        _ field: Substring, on region: inout InitialAddressSpace.Region, _ number: Int
    ) throws(MapsError) {
        let letters = Array(field)
        guard letters.count == 4, zip(letters, ["r-", "w-", "x-", "ps"]).allSatisfy({ $1.contains($0) }) else {
            throw MapsError(
                line: number, field: "permissions", rule: "r or -, w or -, x or -, p or s are expected, not '\(field)'")
        }
        region.isReadable = letters[0] == "r"
        region.isWritable = letters[1] == "w"
        region.isExecutable = letters[2] == "x"
        region.isShared = letters[3] == "s"
        if region.isShared, region.content == .anonymous || region.content == .stack {
            throw MapsError(line: number, field: "permissions", rule: "shared memory has a file, so a name with /")
        }
    }

    private func content(
        _ name: String, _ offset: UInt64, _ number: Int
    ) throws(MapsError) -> InitialAddressSpace.Region.Content {
        switch name {
        case "", "[heap]": return .anonymous
        case "[stack]":
            if regions.contains(where: { $0.content == .stack }) {
                throw MapsError(line: number, field: "name", rule: "a process has one [stack]")
            }
            return .stack
        case "[vvar]", "[vvar_vclock]", "[vdso]", "[uprobes]": return .special(name: name)
        default:
            if name.hasPrefix("/") { return .file(name: name, offset: offset) }
            if name.hasPrefix("[anon") { return .anonymous }
            throw MapsError(
                line: number, field: "name",
                rule: "a path, nothing, [heap], [stack] or a name that the kernel gives is expected, not '\(name)'")
        }
    }

    var space: InitialAddressSpace {
        let stack = regions.last { $0.content == .stack }
        let top = stack?.start ?? AddressSpaceLimit.taskSize
        // Programs and heaps of position-independent programs lie below three quarters of the address space.
        let area = regions.last { $0.end <= top && $0.start >= AddressSpaceLimit.taskSize / 4 * 3 }
        let lowest = regions.first { $0.content != .stack }
        var space = InitialAddressSpace(
            regions: regions, mmapBase: area?.end ?? 0x7fff_f7ff_f000,
            startBrk: heap?.start ?? lowest?.end ?? 0x40_0000,
            startStack: (stack?.end ?? top) - 8, touched: [])
        space.brk = heap?.end
        return space
    }
}
