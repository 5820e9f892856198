@testable import Faultline

/// Random statements on a machine that has less memory than they want, each compared with ``PlainMemory``.
struct PressureRun {
    /// Something is not as it must be.
    struct Failure: Error, CustomStringConvertible {
        let statement: Int
        let text: String
        let problem: String

        var description: String { "statement \(statement), \(text): \(problem)" }
    }

    static let start: UInt64 = 0x1000_0000_0000
    /// Pages that a process may have, and those of each file at most.
    static let spacePages = 2048
    static let filePages = 640

    let machine: Machine
    var random: SplitMix64
    var model = PlainMemory()
    /// What the statement under way is, for a message.
    var text = ""
    var statement = 0
    /// How many processes were killed for memory so far.
    var kills = 0

    init(seed: UInt64) throws {
        var settings = KernelSettings()
        settings.overcommitMode = 1
        machine = try Machine(ramBytes: 16 << 20, settings: settings)
        random = SplitMix64(seed: seed)
        try machine.swapOn(bytes: 24 << 20, compressed: seed % 2 == 0)
        try addProcess()
        let first = model.spaces[0].process
        for index in 0..<3 {
            let isOnDisk = index == 2
            let descriptor =
                isOnDisk
                ? try machine.diskFile(first, name: "file:f", size: UInt64(Self.filePages) << 12)
                : try machine.memfdCreate(first, "m\(index)", flags: 0)
            if !isOnDisk { try machine.ftruncate(first, descriptor, UInt64(Self.filePages) << 12) }
            let pages = (0..<Self.filePages).map { isOnDisk ? PlainMemory.diskPage($0) : PlainMemory.Bytes() }
            model.files.append(.init(descriptor: descriptor, isOnDisk: isOnDisk, pages: pages))
        }
    }

    private mutating func addProcess() throws {
        let process = try machine.start()
        model.spaces.append(
            .init(
                process: process, pages: Array(repeating: .none, count: Self.spacePages),
                isWritable: Array(repeating: true, count: Self.spacePages)))
    }

    func fail(_ problem: String) -> Failure { Failure(statement: statement, text: text, problem: problem) }

    /// Makes so many statements, with a look at what each may have changed, and now and then at everything.
    mutating func run(_ count: Int, wholeCheckEvery interval: Int) throws {
        while statement < count {
            statement += 1
            let space = random.below(model.spaces.count)
            let process = model.spaces[space].process
            let page = try step(space)
            try bury()
            let address = Self.start + UInt64(page) << 12
            if let problem = machine.checkInvariants(of: process, near: [address]) { throw fail(problem) }
            if statement % interval == 0, let problem = machine.checkInvariants() { throw fail(problem) }
        }
        text = "the end"
        try readEverything()
        if let problem = machine.checkInvariants() { throw fail(problem) }
    }

    /// Forgets who was killed. With nobody left the files are gone too: nothing is left to compare.
    private mutating func bury() throws {
        let before = model.spaces.count
        model.spaces.removeAll { !machine.isAlive($0.process) }
        kills += before - model.spaces.count
        _ = machine.takeOutOfMemoryKills()
        _ = machine.takeKernelLog()
        if model.spaces.isEmpty { throw fail("everybody was killed") }
    }

    /// One statement. - Returns: a page that it was about.
    private mutating func step(_ space: Int) throws -> Int {
        let page = pickPage()
        switch random.below(100) {
        case 0..<38: try store(space, page)
        case 38..<74: try load(space, page)
        case 74..<78: try map(space, page)
        case 78..<90: try advise(space, page)
        case 90..<93: try change(space, page)
        case 93..<97: try file(space)
        default: try others(space)
        }
        return page
    }

    /// Mostly one of few, so that some pages are used again and again.
    private mutating func pickPage() -> Int {
        random.below(4) == 0 ? random.below(Self.spacePages) : random.below(Self.spacePages / 5)
    }

    mutating func range(from page: Int, most: Int) -> Range<Int> {
        page..<min(Self.spacePages, page + 1 + random.below(1 << (1 + random.below(most))))
    }

    // MARK: Accesses

    private mutating func store(_ space: Int, _ page: Int) throws {
        let slot = random.below(PlainMemory.offsets.count)
        let byte = UInt8(truncatingIfNeeded: random.next())
        try store(space, page, slot, byte)
    }

    private mutating func store(_ space: Int, _ page: Int, _ slot: Int, _ byte: UInt8) throws {
        let process = model.spaces[space].process
        text = "process \(process): store of \(byte) in page \(page), byte \(PlainMemory.offsets[slot])"
        let expected = model.expected(space, page, slot, forWriting: true)
        let fault = try machine.store(process, Self.address(page, slot), byte)
        if !machine.isAlive(process) { return }
        if let fault { return try compare(fault, expected) }
        guard case .bytes = expected else { throw fail("it succeeds, but must be \(expected)") }
        model.note(space, page, slot, written: byte)
    }

    private mutating func load(_ space: Int, _ page: Int) throws {
        try load(space, page, random.below(PlainMemory.offsets.count))
    }

    private mutating func load(_ space: Int, _ page: Int, _ slot: Int) throws {
        let process = model.spaces[space].process
        text = "process \(process): load of page \(page), byte \(PlainMemory.offsets[slot])"
        let expected = model.expected(space, page, slot, forWriting: false)
        switch try machine.load(process, Self.address(page, slot)) {
        case .failure(let fault): if machine.isAlive(process) { try compare(fault, expected) }
        case .success(let byte):
            guard case .bytes(let first, let second) = expected else {
                throw fail("it succeeds, but must be \(expected)")
            }
            if byte != first, byte != second {
                throw fail("it is \(byte), but must be \(first)\(second.map { " or \($0)" } ?? "")")
            }
            model.note(space, page, slot, read: byte)
        }
    }

    private func compare(_ fault: AccessFault, _ expected: PlainMemory.Expected) throws {
        let wanted: PlainMemory.Expected? =
            switch fault.signal {
            case .noMapping: .invalid
            case .accessDenied: .forbidden
            case .busError: .beyondFile
            default: nil
            }
        if wanted != expected { throw fail("\(fault.signal), but must be \(expected)") }
    }

    private static func address(_ page: Int, _ slot: Int) -> UInt64 {
        start + UInt64(page) << 12 + PlainMemory.offsets[slot]
    }

    /// Compares each byte that is known, of every process and every file.
    private mutating func readEverything() throws {
        for space in model.spaces.indices {
            for page in 0..<Self.spacePages {
                for slot in PlainMemory.offsets.indices where machine.isAlive(model.spaces[space].process) {
                    try load(space, page, slot)
                }
            }
        }
        try bury()
        // What no process maps is read through a mapping of its own.
        for file in model.files.indices {
            let pages = 0..<min(model.files[file].pages.count, Self.spacePages)
            guard try mapFile(0, pages, file: file, first: 0, isShared: true, isWritable: false) else { continue }
            for page in pages {
                for slot in PlainMemory.offsets.indices where machine.isAlive(model.spaces[0].process) {
                    try load(0, page, slot)
                }
            }
        }
    }
}
