import FaultlineScenario
import Testing

@testable import Faultline
@testable import FaultlineReport

/// What keeps a page of a large program small.
@Suite struct PackedStateTests {
    private func page(_ index: UInt64, frame: PFN) -> PageView {
        PageView(address: index << 12, content: .frame(frame), mapCount: 1, flags: .anon)
    }

    @Test("pages that are alike are one run; too many runs become counts, of which no page is lost")
    func summaries() {
        var together = PageGatherer()
        for index in 0..<1000 as Range<UInt64> { together.add(page(16 + index, frame: 100 + index)) }
        let runs = PageSummary(start: 16 << 12, end: 2000 << 12, pages: together)
        #expect(runs.runs.map(\.count) == [1000] && runs.runs.first?.first == 0 && runs.counts.isEmpty)
        var apart = PageGatherer()
        for index in 0..<100_000 as Range<UInt64> { apart.add(page(16 + index * 2, frame: 7 * index + 1)) }
        let counts = PageSummary(start: 16 << 12, end: (16 + 200_000) << 12, pages: apart)
        #expect(counts.runs.isEmpty && counts.counts.count <= Int(PageSummary.parts))
        #expect(counts.totals[PageKind.anonymous.rawValue] == 100_000)
    }

    @Test("an axis leaves gaps out, cuts at bounds, and never has more intervals than can be seen")
    func axis() {
        let some = PackedAxis([(0x1000, 0x3000), (0x2000, 0x4000), (0x9000, 0xa000)])
        #expect(some.intervals.map(\.start) == [0x1000, 0x2000, 0x3000, 0x9000])
        #expect(some.intervals.map(\.end) == [0x2000, 0x3000, 0x4000, 0xa000])
        let many = PackedAxis((0..<65_000 as Range<UInt64>).map { ($0 << 14, $0 << 14 + 0x1000) })
        #expect(many.intervals.count <= 3 * PackedAxis.mostIntervals)
        #expect(many.intervals.first?.start == 0 && many.intervals.last?.end == 64_999 << 14 + 0x1000)
        #expect(zip(many.intervals, many.intervals.dropFirst()).allSatisfy { $0.end <= $1.start })
        let wide = PackedAxis([(0, 1 << 46)])
        #expect(wide.intervals[0].weight < 300)
    }

    @Test("the last place may always be looked at, whatever was spent")
    func budget() {
        var budget = ReportBudget(places: 10, looks: 1000, bytes: 1000)
        var answers = [budget.allows(cost: 400, isLast: false), budget.allows(cost: 400, isLast: false)]
        budget.spend(bytes: 2000)
        answers += [budget.allows(cost: 0, isLast: false), budget.allows(cost: 1_000_000, isLast: true)]
        #expect(answers == [true, false, false, true])
    }

    @Test("many VMAs are groups, which together have every VMA and every page")
    func groups() throws {
        let count = 300
        let source =
            "p = mmap(W, 64M, 3, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)\nwrite_pages(p, 4M, 1)\n"
            + (0..<count).map { "mprotect(p+\($0)*8K, 4K, PROT_READ)\n" }.joined()
        let run = try ReportRun(source)
        var state = ReportState()
        for change in run.document.changes { state = state.applying(change) }
        let areas = try #require(state.processes.first).areas
        let observed = try #require(try run.executor.observe().first)
        #expect(areas.count <= ReportObserver.mostAreas)
        #expect(areas.reduce(0) { $0 + $1.count } == observed.vmas.count)
        #expect(areas.reduce(0) { $0 + $1.pages.totals.reduce(0, +) } == 1024)
        #expect(try ReportPage(run.document).html().count < 10_000_000)
    }

    @Test(
        "of a large program the page has its memory after the statement that made it and at the end, in groups, and stays small"
    )
    func largeProgram() throws {
        let (count, pages) = (6000, 120_000)
        let source =
            "p = mmap(W, \(pages * 4)K, 3, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)\nwrite_pages(p, \(pages * 4)K, 1)\n"
            + (0..<count).map { "mprotect(p+\($0 * 40)K, 4K, PROT_READ)\n" }.joined()
        let run = try ReportRun(source)
        #expect(run.document.statements.count <= ReportBudget.mostPlaces)
        #expect(run.document.statements.prefix(2).map(\.place) == [1, 2])
        #expect(run.document.changes.map(\.place).contains(2) && run.document.changes.last?.place == count + 2)
        var state = ReportState()
        for change in run.document.changes { state = state.applying(change) }
        let process = try #require(state.processes.first)
        #expect(process.totals.vmaCount > 2 * count && process.areas.count <= ReportObserver.mostAreas)
        #expect(process.areas.reduce(0) { $0 + $1.pages.totals.reduce(0, +) } == pages)
        #expect(try ReportPage(run.document).html().count < 10_000_000)
    }

    @Test("events of a statement beyond what is kept are counted")
    func events() {
        let intake = EventIntake()
        let fault = Event(kind: .pageFaultUser, reason: .none, process: 0, address: 0, value: 6)
        let mapped = Event(kind: .pageMapped, reason: .anonymous, process: 0, address: 0, value: 1)
        for _ in 0..<3000 { intake.take([fault, mapped]) }
        intake.finish(faultCount: 3000)
        #expect(intake.faults == [.firstWrite: 3000])
        #expect(intake.kept.count == EventIntake.mostKept && intake.droppedCount == 6000 - EventIntake.mostKept)
    }
}
