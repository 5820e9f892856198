import Faultline
import FaultlineScenario
import Testing

@testable import FaultlineReport

@Suite struct ReportRecorderTests {
    @Test("the states of a report are the machine's after every statement", arguments: ReportRun.examples)
    func states(_ name: String) throws {
        let source = try ReportRun.example(name)
        let document = try ReportRun(source).document
        let executor = try SimulatorExecutor()
        let session = try ScenarioSession(try Parser.parse(source), on: executor)
        var state = ReportState()
        for change in document.changes {
            try session.go(to: change.place)
            state = state.applying(change)
            let observed = try executor.observe()
            #expect(state.processes.map(\.name) == observed.map(\.name))
            #expect(state.processes.map(\.totals) == (try executor.totals()))
            #expect(state.processes.map(\.sharedWith) == observed.map(\.sharedWith))
            #expect(state.machine.freeKiB == executor.machine.memoryInfo().free * 4)
            #expect(state.machine.walks == executor.machine.tlbStatistics.walks.sum)
            for (process, view) in zip(state.processes, observed) {
                #expect(process.areas.map(\.start) == view.vmas.map(\.start))
                for (area, vma) in zip(process.areas, view.vmas) { compare(area, vma) }
                if process.sharedWith == nil {
                    // VmPTE counts all tables but the PGD, and those that huge pages keep for a split.
                    let tables = process.tables.counts.dropFirst().reduce(0, +)
                    let deposited = view.vmas.reduce(0) { $0 + $1.figures[.anonHugePages] } / 2048
                    #expect((tables + deposited) * 4 == process.totals.pageTables)
                }
            }
        }
        #expect(document.changes.map(\.place) == Array(0...session.program.statements.count))
        #expect(document.statements.map(\.place) == Array(1...session.program.statements.count))
    }

    private func compare(_ area: ReportArea, _ vma: VMAView) {
        #expect(area.end == vma.end && area.permissions == vma.permissions && area.figures == vma.figures)
        // An observation does not list the pages of a VMA that is larger.
        if (vma.end - vma.start) >> 12 > StateScope.largestListedPageCount {
            #expect(area.pages.totals.reduce(0, +) * 4 == vma.figures[.rss])
            return
        }
        var pages: [UInt64: (kind: PageKind, mapCount: Int)] = [:]
        for run in area.pages.runs {
            for index in 0..<run.count { pages[area.start + (run.first + index) << 12] = (run.kind, run.mapCount) }
        }
        #expect(pages.count == vma.pages.count)
        for page in vma.pages {
            #expect(pages[page.address]?.kind == PageKind(page) && pages[page.address]?.mapCount == page.mapCount)
        }
    }

    @Test("faults by kind add up to the faults that a statement took", arguments: ReportRun.examples)
    func faults(_ name: String) throws {
        for entry in try ReportRun(try ReportRun.example(name)).document.statements {
            // Calls fault too as they look at memory, which a trace does not tell from the faults of an access.
            guard ["store(", "load(", "_pages(", "exec("].contains(where: entry.text.contains) else { continue }
            // The kernel counts the fault of an access that waits when it is woken.
            if entry.result.contains("waits") { continue }
            let signals = entry.faults[FaultKind.signal.rawValue] ?? 0
            #expect(entry.faults.values.reduce(0, +) - signals == entry.minor + entry.major, "\(entry.text)")
        }
    }

    @Test("a program that cannot go on is shown as far as it came, with the reason")
    func failure() throws {
        let document = try ReportRun("x = brk(0)\ny = 4 / (x - x)\nload(W)\n").document
        #expect(document.failure?.line == 2)
        #expect(document.failure?.message.hasPrefix("division by zero") == true)
        #expect(document.statements.map(\.line) == [1])
        #expect(document.changes.last?.place == 1)
    }

    @Test("each statement has its reasons, its failed expectation and its refusal")
    func reasons() throws {
        let document = try ReportRun(ReportRun.copyOnWrite).document
        let copy = try #require(document.statements.first { $0.line == 5 })
        #expect(copy.why.contains { $0.contains("cow_copied 0x100000000000") })
        #expect(copy.faults == ["copied": 1])
        let refused = try #require(document.statements.first { $0.line == 7 })
        #expect(refused.isRefused && refused.failed == "expected ok")
        #expect(document.failedExpectations == 1)
    }

    @Test("many statements are sampled, and the last one's state is always there")
    func sampling() throws {
        let map = "p = mmap(W, 64M, 3, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)\n"
        let source = map + (0..<2500).map { "store(p+\($0)*4K, 1)\n" }.joined()
        let document = try ReportRun(source).document
        #expect(document.statementCount == 2501)
        #expect(document.statements.count <= ReportBudget.mostPlaces)
        #expect(document.changes.last?.place == 2501)
        #expect(document.statements.last?.place == 2501)
    }
}
