import Faultline
import FaultlineScenario

/// Looks at a machine.
struct ReportObserver {
    private let executor: SimulatorExecutor
    private let scope: StateScope

    /// More VMAs than this are shown in groups.
    static let mostAreas = 512
    /// More frames than this are shown without their reverse maps.
    static let mostChains = 96

    init(_ executor: SimulatorExecutor) {
        self.executor = executor
        scope = executor.stateScope()
    }

    private var machine: Machine { executor.machine }

    /// How many pages and VMAs a look takes.
    func cost() throws -> Int {
        try liveProcesses.reduce(0) { sum, index in
            let extent = try machine.extent(index)
            return sum + extent.pages + extent.vmas * 4
        }
    }

    private var liveProcesses: [Int] { (0..<machine.processCount).filter { machine.isAlive($0) } }

    /// The machine as it is now; the chains of pages that differ from `previous` come first where there are too many.
    func look(after previous: ReportState?) throws -> ReportState {
        var state = ReportState()
        for index in liveProcesses {
            let name = executor.processName(index)
            let first = try liveProcesses.first { try $0 < index && machine.sharesMemory($0, index) }
            state.processes.append(
                ReportProcess(
                    name: name, sharedWith: first.map(executor.processName), totals: try machine.totals(index),
                    areas: first == nil ? try areas(index) : [],
                    tables: first == nil ? ReportTables(try machine.pageTables(ProcessID(index))) : ReportTables()))
        }
        let tlb = machine.tlbStatistics
        state.machine = ReportMachine(
            freeKiB: machine.freeInBlocks * 4, tlbFirst: tlb.l1Hits.sum, tlbSecond: tlb.l2Hits.sum, walks: tlb.walks.sum
        )
        state.chains = try chains(of: state, previous)
        return state
    }

    private func areas(_ process: Int) throws -> [ReportArea] {
        var pages = PageGatherer()
        var areas: [ReportArea] = []
        try machine.visit(process) {
            pages.add($0)
        } onVMA: { vma in
            if scope.shows(start: vma.start, end: vma.end) {
                areas.append(
                    ReportArea(
                        start: vma.start, end: vma.end, permissions: vma.permissions, offset: vma.offset,
                        name: vma.escapedName, flags: vma.flags, figures: vma.figures,
                        pages: PageSummary(start: vma.start, end: vma.end, pages: pages)))
            }
            pages.removeAll()
        }
        return areas.count > Self.mostAreas ? Self.grouped(areas) : areas
    }

    /// Gathers VMAs into windows of addresses that are as small as allows few enough groups; they stay the same when one VMA
    /// comes or goes.
    private static func grouped(_ areas: [ReportArea]) -> [ReportArea] {
        var shift: UInt64 = 13
        while windows(areas, shift) > mostAreas { shift += 1 }
        var groups: [ReportArea] = []
        for area in areas {
            guard let last = groups.last, last.start >> shift == area.start >> shift else {
                groups.append(area)
                continue
            }
            groups[groups.count - 1] = joined(last, area)
        }
        return groups
    }

    private static func windows(_ areas: [ReportArea], _ shift: UInt64) -> Int {
        var count = 0
        var last: UInt64?
        for area in areas where area.start >> shift != last {
            count += 1
            last = area.start >> shift
        }
        return count
    }

    private static func joined(_ group: ReportArea, _ area: ReportArea) -> ReportArea {
        var result = group
        result.end = area.end
        result.count += area.count
        (result.permissions, result.flags, result.offset) = ("", "", 0)
        if group.name != area.name { result.name = "" }
        result.pages = PageSummary(
            total: zip(group.pages.totals, area.pages.totals).map(+), pages: (area.end - group.start) >> 12)
        for (figure, value) in area.figures.nonzero where figure != .thpEligible && figure != .protectionKey {
            result.figures[figure] += value
        }
        return result
    }

    /// The reverse map of the first frame of each run of pages.
    private func chains(of state: ReportState, _ previous: ReportState?) throws -> [PFN: ReverseMapSnapshot] {
        var changed: [(process: Int, address: VirtualAddress)] = []
        var same: [(process: Int, address: VirtualAddress)] = []
        for process in state.processes {
            guard let index = executor.index(ofProcess: process.name) else { continue }
            let old = previous?.processes.first { $0.name == process.name }?.areas ?? []
            let before = Dictionary(old.map { ($0.start, $0) }, uniquingKeysWith: { first, _ in first })
            for area in process.areas {
                let places = area.pages.runs.filter { $0.frame != 0 }.map { (index, area.start + $0.first << 12) }
                if before[area.start] == area { same += places } else { changed += places }
            }
        }
        var chains: [PFN: ReverseMapSnapshot] = [:]
        for (process, address) in changed + same where chains.count < Self.mostChains {
            if let chain = try machine.reverseMap(process, address) { chains[chain.frame] = chain }
        }
        return chains
    }
}
