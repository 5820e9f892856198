/// A family of random programs: which parts of the system its programs are about.
public enum ScenarioProfile: String, Sendable, CaseIterable, Hashable {
    /// Private and shared anonymous memory of one process: merges, splits, partial overlaps.
    case anon
    /// Copy on write between up to five processes, forked at any depth.
    case cow
    /// Files on tmpfs, memfds and disk files: shared and private mappings, truncation, holes.
    case file
    /// Where mappings are placed: hints, brk, stacks, System V segments.
    case layout
    /// Locked memory and its population.
    case lock
    /// Everything of the others.
    case mix
    /// What the others leave out: the remaining calls, faulty arguments, limits, boundaries of page tables.
    case wide
    /// Memory that whole page tables serve: 1 GiB and 2 MiB that are moved, unmapped, discarded and forked.
    case tables
    /// Processes that share an address space (clone_vm, vfork), and memory that others reach through /proc/PID/mem.
    case share
    /// Protection keys and memory that may only be executed. The programs run on processors with and without keys.
    case keys
    /// Descriptors of every mode, seals, other users, processes without a capability, advice about files, repeated calls, and pages
    /// with the optional flags.
    case words
    /// File systems that become full: files that want the last blocks, calls and accesses that find none.
    case full
    /// The page cache, dropped again and again. Each program runs alone on the live kernel.
    case caches
    /// A swap area on the disk: pages that go out and come back, shared and forked ones. Each program runs alone on the live kernel.
    case swap
    /// The kernel's own memory: objects, slab caches, vmalloc. Its programs run on the simulated machine only.
    case kernel
    /// The kernel's own calls of the page allocator. Simulated machine only.
    case pages
    /// A memory cgroup with a limit, and processes that the kernel kills. Each program runs alone on the live kernel.
    case oom
    /// Rounds of reclaim in a memory cgroup. Each program runs alone on the live kernel.
    case reclaim
    /// Transparent huge pages: faults, splits, collapses, forks. Each program runs alone on the live kernel.
    case thp
    /// Other processes' memory, pins, memory policies, questions about page tables.
    case calls
    /// Faults that another process serves.
    case uffd
    /// Folios of several pages, private and shared. Each program runs alone on the live kernel.
    case mthp
    /// Samepage merging. Each program runs alone on the live kernel.
    case ksm
    /// The pool of huge pages: reservations, faults, forks, files, and faults that another process serves. Each program runs alone on the
    /// live kernel.
    case hugetlb
    /// Threads and processes on two CPUs. Each program runs alone on the live kernel.
    case threads

    /// Whether the live kernel can run the profile's programs.
    public var isLive: Bool { self != .kernel && self != .pages }

    /// Whether its programs can run beside others on the live kernel, and are not as wide as those of `wide`: what a check takes
    /// that names no profile.
    public var isOrdinary: Bool {
        isLive && ![.wide, .caches, .swap, .oom, .reclaim, .thp, .uffd, .mthp, .ksm, .hugetlb, .threads].contains(self)
    }
}

/// One thing that a generated program may do next.
enum GeneratedStep: Sendable, Hashable {
    case mapAnonymous, mapNamed, mapFile
    case protect, remap, unmap, advise
    case load, store, readPages, writePages, residency
    case runOn
    case fork, exit, cloneVM, vfork, becomeAgent, memRead, memWrite, movePages
    case newFile, truncate, punchHole, writeFile, synchronize
    case moveBreak, segment
    case lock, lockOnFault, unlock, seal
    case protectionKey
    case execute, faulty, boundary, fileCall, lockAll, limit, processOption, identify
    case tables
    case descriptor, sealFile, dropCapability, repeatCall
    case setUser, shareSegment, adviseFile
    case fullFile, dropCaches
    case limited, reclaimed
    case huge
    case merging
    case swap
    case pool
    case calls
    case userfault
    case largeFolio
    case kernelObject, slabCache, kernelArea, kernelAccess, perCPUArea, kernelAddress
    case pages
}

/// The numbers that make a profile: how often each step is taken, and what its arguments are drawn from. The weights are
/// those of the recorded programs.
struct ProfileShape: Sendable {
    /// How often each step is taken.
    var steps: [(element: GeneratedStep, weight: Int)]
    /// The most processes alive at a time.
    var processLimit = 1
    /// How many blocks a program has where nobody says how many.
    var blockCount = ScenarioGenerator.blockCount
    /// How many steps the last block of a program has where it is shorter than the others; the end is its observation.
    var lastBlockLength: Int?
    /// True where a program begins by asking for the optional flags of pages.
    var showsFlags = false
    /// True where a program begins with two files.
    var beginsWithFiles = false
    /// True where memory may be executed.
    var executes = true
    /// True where most programs begin with a mapping of the whole working area.
    var beginsMapped = true
    /// The advice of madvise, as often as its weight says.
    var advice: [(element: String, weight: Int)] = []
    /// Further flags of an anonymous mapping, of a hundred; the rest have none.
    var extraFlags: [(element: String, weight: Int)] = [("|MAP_NORESERVE", 4), ("", 96)]
    /// How often a protection is PROT_EXEC alone, where the others together have 12.
    var executeOnly = 1
    /// Lengths in KiB of mappings that the kernel places.
    var placedLengths = [4, 8, 16, 64]
    /// Of a hundred addresses, those that lie in the working area although there are other areas.
    var workingShare = 100
}

extension ScenarioProfile {
    /// The profile's numbers.
    var shape: ProfileShape {
        switch self {
        case .anon: Self.anonShape
        case .cow: Self.cowShape
        case .file: Self.fileShape
        case .layout: Self.layoutShape
        case .lock: Self.lockShape
        case .mix: Self.mixShape
        case .wide: Self.wideShape
        case .tables: Self.tablesShape
        case .share: Self.shareShape
        case .keys: Self.keysShape
        case .words: Self.wordsShape
        case .full: Self.fullShape
        case .caches: Self.cachesShape
        case .oom: Self.oomShape
        case .reclaim: Self.reclaimShape
        case .thp: Self.hugeShape
        case .ksm: Self.mergingShape
        case .swap: Self.swapShape
        case .calls: Self.callsShape
        case .uffd: Self.userfaultShape
        case .mthp: Self.largeFolioShape
        case .hugetlb: Self.poolShape
        case .threads: Self.threadsShape
        case .kernel: Self.kernelShape
        case .pages: Self.pagesShape
        }
    }

    static let anonymousAdvice: [(element: String, weight: Int)] = [
        ("DONTNEED", 3), ("REMOVE", 1), ("WIPEONFORK", 1), ("KEEPONFORK", 1), ("DONTFORK", 1), ("DOFORK", 1),
        ("GUARD_INSTALL", 1), ("GUARD_REMOVE", 1), ("DONTDUMP", 1), ("DODUMP", 1), ("COLD", 1), ("SEQUENTIAL", 1),
        ("RANDOM", 1), ("NORMAL", 1), ("MERGEABLE", 1), ("POPULATE_READ", 1), ("POPULATE_WRITE", 1), ("FREE", 1),
        ("DONTNEED_LOCKED", 1), ("WILLNEED", 1),
    ]

    private static let anonShape = ProfileShape(
        steps: [
            (.mapAnonymous, 536), (.protect, 393), (.remap, 351), (.unmap, 277), (.advise, 166), (.writePages, 130),
            (.load, 126), (.store, 119), (.readPages, 82), (.residency, 59),
        ], advice: anonymousAdvice)

    private static let cowShape = ProfileShape(
        steps: [
            (.mapAnonymous, 370), (.store, 306), (.writePages, 260), (.protect, 254), (.load, 197), (.remap, 179),
            (.advise, 175), (.readPages, 157), (.fork, 180), (.unmap, 106), (.exit, 50),
        ], processLimit: 5, advice: anonymousAdvice)

    private static let fileShape = ProfileShape(
        steps: [
            (.mapFile, 356), (.mapAnonymous, 100), (.store, 242), (.writePages, 230), (.protect, 210), (.remap, 176),
            (.advise, 147), (.load, 134), (.readPages, 130), (.unmap, 111), (.writeFile, 98), (.punchHole, 64),
            (.truncate, 57), (.synchronize, 57), (.residency, 46), (.newFile, 37), (.fork, 55),
        ], processLimit: 3, beginsWithFiles: true,
        advice: [
            ("DONTNEED", 28), ("SEQUENTIAL", 19), ("NORMAL", 18), ("POPULATE_WRITE", 14), ("REMOVE", 14),
            ("RANDOM", 13), ("DONTFORK", 12), ("COLD", 11), ("POPULATE_READ", 10), ("WILLNEED", 8),
        ])

    private static let layoutShape = ProfileShape(
        steps: [
            (.mapNamed, 636), (.mapAnonymous, 66), (.remap, 382), (.unmap, 275), (.protect, 208), (.moveBreak, 182),
            (.writePages, 115), (.store, 96), (.load, 85), (.segment, 69), (.readPages, 62), (.fork, 52),
        ], processLimit: 2, beginsMapped: false, placedLengths: [4, 8, 20, 64, 132, 400, 2048, 2800, 4096],
        workingShare: 22)

    private static let lockShape = ProfileShape(
        steps: [
            (.mapAnonymous, 427), (.lock, 298), (.remap, 240), (.advise, 195), (.unmap, 147), (.protect, 143),
            (.unlock, 142), (.store, 139), (.lockOnFault, 137), (.writePages, 113), (.load, 98), (.readPages, 84),
            (.fork, 75), (.setUser, 12),
        ], processLimit: 3,
        advice: [
            ("POPULATE_READ", 39), ("DONTNEED", 37), ("FREE", 33), ("POPULATE_WRITE", 32), ("COLD", 31),
            ("DONTNEED_LOCKED", 23),
        ],
        extraFlags: [("|MAP_NORESERVE", 11), ("|MAP_POPULATE", 7), ("|MAP_LOCKED", 7), ("", 75)])

    private static let mixShape = ProfileShape(
        steps: [
            (.mapAnonymous, 330), (.mapFile, 110), (.mapNamed, 94), (.advise, 194), (.store, 176), (.writePages, 170),
            (.remap, 165), (.protect, 163), (.unmap, 136), (.load, 122), (.readPages, 93), (.fork, 88),
            (.residency, 46), (.moveBreak, 42), (.lock, 40), (.segment, 37), (.punchHole, 31), (.newFile, 29),
            (.writeFile, 27), (.exit, 25), (.truncate, 23), (.lockOnFault, 17), (.unlock, 16), (.synchronize, 16),
            (.seal, 8),
        ], processLimit: 5, beginsWithFiles: true, advice: anonymousAdvice,
        extraFlags: [("|MAP_NORESERVE", 8), ("|MAP_POPULATE", 9), ("|MAP_LOCKED", 5), ("", 78)], workingShare: 80)

    private static let shareShape = ProfileShape(
        steps: [
            (.memWrite, 220), (.memRead, 120), (.movePages, 80), (.cloneVM, 60), (.vfork, 50), (.becomeAgent, 25),
            (.fork, 70),
            (.exit, 70),
            (.mapAnonymous, 120), (.mapFile, 120), (.mapNamed, 30), (.protect, 130), (.remap, 60), (.unmap, 50),
            (.advise, 70), (.load, 50), (.store, 90), (.readPages, 50), (.writePages, 60), (.newFile, 20),
            (.truncate, 20), (.lock, 20), (.unlock, 10), (.moveBreak, 20), (.segment, 10),
        ], processLimit: 5, beginsWithFiles: true, advice: anonymousAdvice, workingShare: 85)

    private static let wideShape = ProfileShape(
        steps: [
            (.boundary, 150), (.faulty, 150), (.execute, 100), (.fileCall, 100), (.lockAll, 80), (.limit, 60),
            (.processOption, 60), (.identify, 20), (.mapAnonymous, 200), (.mapFile, 80), (.mapNamed, 60),
            (.protect, 120), (.remap, 120), (.unmap, 80), (.advise, 100), (.load, 60), (.store, 100),
            (.readPages, 60), (.writePages, 100), (.residency, 40), (.fork, 60), (.exit, 20), (.newFile, 30),
            (.truncate, 30), (.punchHole, 30), (.writeFile, 30), (.synchronize, 30), (.moveBreak, 40),
            (.segment, 40), (.lock, 30), (.lockOnFault, 20), (.unlock, 20), (.seal, 20),
        ], processLimit: 4, beginsWithFiles: true, advice: anonymousAdvice,
        extraFlags: [("|MAP_NORESERVE", 10), ("|MAP_POPULATE", 10), ("|MAP_LOCKED", 5), ("", 75)],
        placedLengths: [4, 8, 64, 400, 2048], workingShare: 60)
}
