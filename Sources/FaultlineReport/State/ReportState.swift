import Faultline

/// What a report shows of a machine at one place of a program.
struct ReportState: Equatable {
    /// The live processes, in the order in which they were made.
    var processes: [ReportProcess] = []
    /// The reverse maps of frames that are shown, by frame.
    var chains: [PFN: ReverseMapSnapshot] = [:]
    /// The machine as a whole.
    var machine = ReportMachine()
}

/// Figures of the machine.
struct ReportMachine: Equatable, Encodable {
    /// `MemFree`, in KiB.
    var freeKiB: UInt64 = 0
    /// Translations that the first level of the TLB had, those that the second level had, and those that were walked for.
    var tlbFirst: UInt64 = 0
    /// Hits in the second level.
    var tlbSecond: UInt64 = 0
    /// Walks.
    var walks: UInt64 = 0
}

/// One process.
struct ReportProcess: Equatable {
    var name: String
    /// The earlier process that it shares its address space with, which has the VMAs.
    var sharedWith: String?
    /// The figures of `/proc/PID/status` and smaps_rollup.
    var totals: ProcessTotals
    /// Its VMAs, or groups of them, in the order of addresses.
    var areas: [ReportArea]
    /// Its page tables.
    var tables: ReportTables
}

/// One VMA, or a group of neighbours where there are too many to show.
struct ReportArea: Equatable {
    var start: VirtualAddress
    var end: VirtualAddress
    /// Such as `rw-p`; empty for a group.
    var permissions: String
    var offset: UInt64
    var name: String
    /// The mnemonics of smaps; empty for a group.
    var flags: String
    var figures: SmapsFigures
    var pages: PageSummary
    /// How many VMAs; 1 but for a group.
    var count = 1

    /// About how many bytes it takes in the data.
    var cost: Int { 160 + pages.runs.count * 30 + pages.counts.count * 24 }

    /// Whether it has the flag, such as `lo`.
    func has(_ flag: Substring) -> Bool { flags.split(separator: " ").contains(flag) }
}

/// The page tables of a process.
struct ReportTables: Equatable {
    /// How many there are, by level from the PGD down.
    var counts: [Int]
    /// The first of them, each before those that it points to.
    var listed: [PageTableView]

    /// How many are listed at most.
    static let mostListed = 48

    init(_ tables: [PageTableView] = []) {
        counts = PageWalk.Level.allCases.map { level in tables.count { $0.level == level } }
        listed = Array(tables.prefix(Self.mostListed))
    }
}
