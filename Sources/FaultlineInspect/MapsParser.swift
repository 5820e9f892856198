import Faultline

/// Reads lines `START-END PERMISSIONS OFFSET DEVICE INODE NAME` in the order of addresses, and the lines of smaps
/// (`NAME: NUMBER kB`) below each. Takes time in proportion to the bytes.
struct MapsParser {
    private(set) var areas: [ProcessDescription.Area] = []
    private(set) var notes: [String] = []
    private var hasStack = false
    /// The lines below the gate, which belong to no process, are passed over.
    private var isInGate = false
    private var unknownFlags: Set<String> = []

    mutating func add(_ line: ArraySlice<UInt8>, number: Int) throws(MapsError) {
        switch SmapsLine(line) {
        case .blank: return
        case .mapping(let mapping): try addArea(mapping, number)
        case .figure(let name, let value): try addFigure(name.text, value, number)
        case .flags(let words): try addFlags(words.words, number)
        case .short: throw MapsError(line: number, field: "line", rule: "five fields and a name are expected")
        }
    }

    // MARK: A mapping

    private mutating func addArea(_ mapping: SmapsLine.Mapping, _ number: Int) throws(MapsError) {
        let name = mapping.name.text
        // The gate at the top of the address space belongs to no process.
        isInGate = name == "[vsyscall]"
        if isInGate { return }
        let (start, end) = try bounds(mapping.bounds, number)
        guard let offset = UInt64(ascii: mapping.offset, radix: 16), offset & 4095 == 0,
            offset <= UInt64(Int64.max) - (end - start)
        else {
            throw MapsError(line: number, field: "offset", rule: "a multiple of 1000 in hex is expected, below 2^63")
        }
        guard let inode = UInt64(ascii: mapping.inode, radix: 10) else {
            throw MapsError(
                line: number, field: "inode", rule: "a number is expected, not '\(mapping.inode.text)'")
        }
        let letters = try letters(mapping.permissions, number)
        let isShared = letters[3] == UInt8(ascii: "s")
        let content = MapsName(name, isShared: isShared).content(offset: offset)
        var region = InitialAddressSpace.Region(start: start, end: end, content: content)
        region.isReadable = letters[0] == UInt8(ascii: "r")
        region.isWritable = letters[1] == UInt8(ascii: "w")
        region.isExecutable = letters[2] == UInt8(ascii: "x")
        region.isShared = isShared
        // Files of one name may be several: a file that was replaced, memory files.
        region.file = mapping.device.text + " \(inode)"
        try check(region, number)
        areas.append(ProcessDescription.Area(region: region, name: name))
    }

    private mutating func check(_ region: InitialAddressSpace.Region, _ number: Int) throws(MapsError) {
        if region.isShared, region.content == .anonymous || region.content == .stack {
            throw MapsError(line: number, field: "permissions", rule: "shared memory has a file, so a name")
        }
        if region.content == .stack {
            if hasStack { throw MapsError(line: number, field: "name", rule: "a process has one [stack]") }
            hasStack = true
        }
    }

    private func bounds(_ field: ArraySlice<UInt8>, _ number: Int) throws(MapsError) -> (UInt64, UInt64) {
        guard let (left, right) = field.halves(at: UInt8(ascii: "-")), let start = UInt64(ascii: left, radix: 16),
            let end = UInt64(ascii: right, radix: 16)
        else {
            throw MapsError(line: number, field: "addresses", rule: "START-END in hex is expected, not '\(field.text)'")
        }
        guard start < end, (start | end) & 4095 == 0, end <= AddressSpaceLimit.taskSize else {
            throw MapsError(
                line: number, field: "addresses",
                rule: "START must lie below END, both in user space and multiples of 1000")
        }
        if let last = areas.last, start < last.region.end {
            throw MapsError(line: number, field: "addresses", rule: "the line before reaches up to here; lines ascend")
        }
        return (start, end)
    }

    private func letters(_ field: ArraySlice<UInt8>, _ number: Int) throws(MapsError) -> [UInt8] {
        let letters = Array(field)
        guard letters.count == 4,
            zip(letters, ["r-", "w-", "x-", "ps"]).allSatisfy({ $1.utf8.contains($0) })
        else {
            throw MapsError(
                line: number, field: "permissions",
                rule: "r or -, w or -, x or -, p or s are expected, not '\(field.text)'")
        }
        return letters
    }

    // MARK: A line of smaps

    private mutating func addFigure(_ name: String, _ value: UInt64?, _ number: Int) throws(MapsError) {
        if isInGate { return }
        let last = try lastArea(name, number)
        guard let value, value <= 1 << 50 else {
            throw MapsError(line: number, field: name, rule: "a number is expected, as 'Rss: 4 kB'")
        }
        areas[last].figures[name] = Int(value)
    }

    private mutating func addFlags(_ words: [String], _ number: Int) throws(MapsError) {
        if isInGate { return }
        try setFlags(words, lastArea("VmFlags", number), number)
    }

    private func lastArea(_ field: String, _ number: Int) throws(MapsError) -> Int {
        guard let last = areas.indices.last else {
            throw MapsError(line: number, field: field, rule: "a line of a mapping is expected before it")
        }
        return last
    }

    /// Takes the flags for the mapping; they say more than its letters do.
    private mutating func setFlags(_ words: [String], _ index: Int, _ number: Int) throws(MapsError) {
        var region = areas[index].region
        let (flags, unknown) = VMFlags.reading(words)
        let letters = [region.isReadable, region.isWritable, region.isExecutable]
        guard flags.shows(letters, isShared: region.isShared) else {
            throw MapsError(
                line: number, field: "VmFlags", rule: "the flags must fit the letters of the mapping's own line")
        }
        region.flags = flags
        areas[index].region = region
        areas[index].flagNames = words
        for name in unknown where unknownFlags.insert(name).inserted {
            notes.append("line \(number): the flag '\(name)' in VmFlags is not modelled: it is left out")
        }
    }
}

/// What the name of a mapping says of it (`get_vma_name` in `fs/proc/task_mmu.c`).
struct MapsName {
    private let name: String
    private let isShared: Bool

    init(_ name: String, isShared: Bool) {
        self.name = name
        self.isShared = isShared
    }

    func content(offset: UInt64) -> InitialAddressSpace.Region.Content {
        if name == "[stack]" { return .stack }
        if isPrivateMemory { return .anonymous }
        if isSharedMemory { return .memory(name: name, offset: offset) }
        if name.hasPrefix("/anon_hugepage") || name.hasPrefix("/dev/") {
            return .device(name: name, offset: offset)
        }
        if name.hasPrefix("/") { return .file(name: name, offset: offset) }
        if name.hasPrefix("["), !isShared { return .special(name: name) }
        return .device(name: name, offset: offset)
    }

    /// `[stack:TID]` is what kernels before 4.5 call the stack of a thread, `[anon:NAME]` memory that PR_SET_VMA named. A
    /// private mapping of /dev/zero is anonymous memory too.
    private var isPrivateMemory: Bool {
        if name.isEmpty || name == "[heap]" { return true }
        if name.hasPrefix("[stack:") || name.hasPrefix("[anon:") { return true }
        return !isShared && (name == "/dev/zero" || name == "/dev/zero (deleted)")
    }

    /// Files of tmpfs: MAP_SHARED|MAP_ANONYMOUS, memfd_create, shmget, shm_open.
    private var isSharedMemory: Bool {
        let prefixes = ["/dev/zero", "/memfd:", "/SYSV", "/dev/shm/", "[anon_shmem:"]
        return prefixes.contains { name.hasPrefix($0) }
    }
}
