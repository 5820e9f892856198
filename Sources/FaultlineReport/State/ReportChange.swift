import Faultline

/// How a state differs from the one before: what a page of many states keeps.
struct ReportChange {
    /// Statements that are done.
    var place: Int
    /// The live processes' names, where they changed.
    var alive: [String]?
    /// Figures of processes that changed.
    var totals: [(name: String, process: ReportProcess)] = []
    /// VMAs that are new or changed, and the starts of those that are gone, by process.
    var areas: [(name: String, set: [ReportArea], drop: [VirtualAddress])] = []
    /// Page tables, of the processes where they changed.
    var tables: [(name: String, tables: ReportTables)] = []
    /// Reverse maps that are new or changed, and those that are gone.
    var chains: (set: [ReverseMapSnapshot], drop: [PFN])
    var machine: ReportMachine

    /// The way from a state to the next; from none, all of it.
    init(place: Int, from old: ReportState?, to new: ReportState) {
        self.place = place
        machine = new.machine
        let names = new.processes.map(\.name)
        if old == nil || old?.processes.map(\.name) != names { alive = names }
        let before = Dictionary(
            (old?.processes ?? []).map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        chains = Self.chains(old?.chains ?? [:], new.chains)
        for process in new.processes {
            let last = before[process.name]
            if last?.totals != process.totals || last?.sharedWith != process.sharedWith {
                totals.append((process.name, process))
            }
            if last?.tables != process.tables { tables.append((process.name, process.tables)) }
            let change = Self.areas(last?.areas ?? [], process.areas)
            if !change.set.isEmpty || !change.drop.isEmpty {
                areas.append((process.name, change.set, change.drop))
            }
        }
    }

    /// About how many bytes it takes.
    var cost: Int {
        let sets = areas.reduce(0) { $0 + $1.set.reduce(0) { $0 + $1.cost } + $1.drop.count * 16 }
        let tableCost = tables.reduce(0) { $0 + 40 + $1.tables.listed.count * 36 }
        let chainCost = chains.set.reduce(0) { $0 + 160 + $1.steps.count * 140 }
        return 120 + totals.count * 200 + sets + tableCost + chainCost
    }

    private static func areas(_ old: [ReportArea], _ new: [ReportArea]) -> (set: [ReportArea], drop: [VirtualAddress]) {
        let before = Dictionary(old.map { ($0.start, $0) }, uniquingKeysWith: { first, _ in first })
        let after = Set(new.map(\.start))
        return (new.filter { before[$0.start] != $0 }, old.map(\.start).filter { !after.contains($0) })
    }

    private static func chains(
        _ old: [PFN: ReverseMapSnapshot], _ new: [PFN: ReverseMapSnapshot]
    ) -> (set: [ReverseMapSnapshot], drop: [PFN]) {
        let set = new.values.filter { old[$0.frame] != $0 }.sorted { $0.frame < $1.frame }
        return (set, old.keys.filter { new[$0] == nil }.sorted())
    }
}
