import Faultline

/// Makes random programs of a profile; the same profile and seed give the same program, on every machine.
///
/// A program is four blocks of fourteen steps, each followed by `observe()`. Its addresses lie mostly in a working area
/// of forty pages, so that mappings meet, overlap in part, merge and split all the time.
public struct ScenarioGenerator {
    /// How many blocks most programs have.
    public static let blockCount = 4
    /// How many steps there are before each `observe()`.
    static let blockLength = 14
    /// Pages of the working area, and of the area above the program break.
    static let workingPages = 40
    static let heapPages = 24

    /// What the programs are about.
    public let profile: ScenarioProfile

    let shape: ProfileShape
    var random: SplitMix64
    /// The statements so far.
    var lines: [String] = []
    /// The live processes' names.
    var processes = [Program.firstProcess]
    /// Processes that wait in vfork, by the child that they wait for. They are not among `processes`.
    var waiting: [String: String] = [:]
    /// The rings that were made, with the process that made them.
    var pins: [(name: String, process: String)] = []
    /// The names of the protection keys that were asked for.
    var keys: [String] = []
    /// The files' names, each with its first size in pages.
    var files: [(name: String, pages: Int)] = []
    /// The names of the file systems that were mounted.
    var mounts: [String] = []
    /// The names of the blocks that were taken from the page allocator.
    var blocks: [String] = []
    /// The mappings that the kernel placed.
    var placed: [Area] = []
    /// The kernel's objects, slab caches, objects of these, and areas that the program has.
    var kernelObjects: [String] = []
    var perCPUAreas: [String] = []
    var slabCaches: [String] = []
    var cacheObjects: [(name: String, cache: String)] = []
    var kernelAreas: [(name: String, isReadOnly: Bool)] = []
    /// How the program's memory is registered with its userfaultfd.
    var served = ServedMode.missing
    /// The bytes that a program fills pages with that may be merged.
    var mergedBytes: [Int] = []
    /// Of the profile `hugetlb`: whether memory is registered with a userfaultfd, and whether mappings reserve their pages.
    var isPoolServed = false
    var poolReserves = true
    /// True once the program knows where its break is.
    var knowsBreak = false
    /// The memory file that a program of the profile `mthp` maps; none where its name is empty.
    var largeFile = ""
    private var counter = 0

    /// Pages in a row at which a program aims.
    struct Area {
        /// The name or constant that stands for its start.
        var base: String
        /// How many pages.
        var pages: Int
    }

    private init(profile: ScenarioProfile, seed: UInt64) {
        self.profile = profile
        shape = profile.shape
        // Neighbouring seeds of different profiles must not give programs that are alike.
        var mixer = SplitMix64(seed: seed)
        let index = UInt64(ScenarioProfile.allCases.firstIndex(of: profile) ?? 0)
        random = SplitMix64(seed: mixer.next() &+ index &* 0x9e37_79b9)
    }

    /// The text of the program that `seed` gives, which ends in a newline.
    ///
    /// - Parameter blocks: how many blocks of fifteen statements or a few more it has, nil for as many as is usual; a longer program
    ///   begins as a shorter one.
    public static func source(profile: ScenarioProfile, seed: UInt64, blocks: Int? = nil) -> String {
        var generator = ScenarioGenerator(profile: profile, seed: seed)
        let blocks = blocks ?? generator.shape.blockCount
        generator.begin()
        for block in 0..<blocks {
            let last = block == blocks - 1 ? generator.shape.lastBlockLength : nil
            for _ in 0..<(last ?? blockLength) {
                let step = generator.random.pick(weighted: generator.shape.steps)
                generator.take(step)
            }
            if last == nil { generator.lines.append("observe()") }
        }
        return generator.lines.joined(separator: "\n") + "\n"
    }

    /// The program that `seed` gives.
    ///
    /// - Throws: never for a program of this generator; the parser's type says so only at run time.
    public static func program(profile: ScenarioProfile, seed: UInt64) throws(ScenarioError) -> Program {
        try Parser.parse(source(profile: profile, seed: seed))
    }

    private mutating func begin() {
        if shape.showsFlags { lines.append("show(\"anonexcl\", \"head\")") }
        if shape.beginsWithFiles {
            for _ in 0..<2 { if profile == .full { makeFullFile() } else { makeFile() } }
        }
        if profile == .tables { mapGigabytes() }
        if profile == .oom { beginLimited() }
        if profile == .reclaim { beginReclaimed() }
        if profile == .swap { beginSwap() }
        if profile == .thp { beginHuge() }
        if profile == .ksm { beginMerging() }
        if profile == .uffd { beginUserfault() }
        if profile == .mthp { beginLargeFolios() }
        if profile == .hugetlb { beginPool() }
        if profile == .threads { beginThreads() }
        guard shape.beginsMapped, random.chance(85) else { return }
        lines.append(
            "mmap(W, \(Self.workingPages * 4)K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)")
        if random.chance(50) {
            lines.append("write_pages(W+\(random.below(8) * 4)K, \(random.pick([16, 64, 128]))K, 7)")
        }
    }

    private mutating func take(_ step: GeneratedStep) {
        switch step {
        case .mapAnonymous, .mapNamed: takeMapping(step)
        case .mapFile: if profile == .caches { mapWithoutReadahead() } else { takeMapping(step) }
        case .fork, .exit, .cloneVM, .vfork, .becomeAgent: takeLife(step)
        case .memRead, .memWrite: takeOthersMemory(step)
        case .movePages: moveOthersPages()
        case .newFile, .truncate, .punchHole, .writeFile, .synchronize, .fileCall: takeFile(step)
        case .tables: takeTables()
        case .pages: takePages()
        case .huge: takeHuge()
        case .merging: takeMerging()
        case .pool: takePool()
        case .runOn: chooseCPU()
        case .moveBreak: moveBreak()
        case .segment: useSegment()
        case .protectionKey: useProtectionKey()
        case .execute, .faulty, .boundary, .lockAll, .limit, .processOption, .identify: takeRare(step)
        case .fullFile, .dropCaches: takeFileSystem(step)
        case .limited, .reclaimed: takeReclaim(step)
        case .swap: takeSwap()
        case .calls: takeCall()
        case .userfault: takeUserfault()
        case .largeFolio: takeLargeFolio()
        case .kernelObject: useKernelObject()
        case .slabCache: useSlabCache()
        case .kernelArea: useKernelArea()
        case .kernelAccess: accessKernel()
        case .perCPUArea: usePerCPUArea()
        case .kernelAddress: useKernelAddress()
        case .descriptor, .sealFile, .dropCapability, .repeatCall: takeWord(step)
        case .setUser, .shareSegment, .adviseFile: takeRight(step)
        default: takeMemory(step)
        }
    }

    /// A name that no statement has used.
    mutating func name(_ letter: String) -> String {
        counter += 1
        return "\(letter)\(counter)"
    }

    /// Adds a statement; without a process, one of the live ones makes it.
    mutating func emit(_ call: String, in process: String? = nil) {
        let process = process ?? random.pick(processes)
        lines.append(process == Program.firstProcess ? call : "\(process): \(call)")
    }

    /// One of the areas that a program has.
    mutating func area() -> Area {
        let working = Area(base: "W", pages: Self.workingPages)
        if shape.workingShare >= 100 || random.chance(shape.workingShare) { return working }
        var areas = placed + [working]
        if knowsBreak { areas.append(Area(base: "heap", pages: Self.heapPages)) }
        return random.pick(areas)
    }

    /// The start of a page of an area, and a length from there in KiB that does not leave the area.
    mutating func range() -> (address: String, kib: Int) {
        let area = area()
        let page = random.below(area.pages)
        let length = min(random.pick([1, 1, 2, 3, 4, 6, 8, 12, 16]), area.pages - page)
        return (address(area, page), length * 4)
    }

    /// The start of a page of an area.
    mutating func address() -> String {
        let area = area()
        return address(area, random.below(area.pages))
    }

    private func address(_ area: Area, _ page: Int) -> String {
        page == 0 ? area.base : "\(area.base)+\(page * 4)K"
    }

    /// Protection bits.
    mutating func protection() -> String {
        let executes = shape.executes ? 1 : 0
        return random.pick(weighted: [
            ("PROT_READ|PROT_WRITE", 6), ("PROT_READ", 2), ("PROT_NONE", 1), ("PROT_READ|PROT_EXEC", executes),
            ("PROT_WRITE", 1), ("PROT_READ|PROT_WRITE|PROT_EXEC", executes),
            ("PROT_EXEC", executes * shape.executeOnly),
        ])
    }

    /// A byte that a program writes.
    mutating func byte() -> Int { 1 + random.below(255) }
}
