import Faultline
import FaultlineScenario

/// A single picture of a program, which `faultline report --svg` writes.
public enum ReportPicture: String, CaseIterable, Sendable {
    case addressSpaces = "address-spaces"
    case pageTables = "page-tables"
    case reverseMap = "reverse-map"
    case timeline

    /// What it shows, for help.
    public var summary: String {
        switch self {
        case .addressSpaces: "the VMAs and pages of every process"
        case .pageTables: "the tree of page tables of every process"
        case .reverseMap: "the way from frames to all entries that map them"
        case .timeline: "Rss, Pss, page tables, faults by kind, translations and free memory over the statements"
        }
    }

    /// Draws it.
    ///
    /// - Parameters:
    ///   - session: a session at its start.
    ///   - place: how many statements are done in the picture; nil for all.
    /// - Throws: what stops the program before that place.
    public func svg(
        of session: ScenarioSession, on executor: SimulatorExecutor, title: String, at place: Int? = nil
    ) throws -> String {
        let place = place ?? session.program.statements.count
        if self == .timeline {
            var recorder = ReportRecorder(session, on: executor, title: title, source: [])
            let document = try recorder.record()
            if let failure = document.failure { throw ReportFailure(failure) }
            return TimelinePicture(document).svg
        }
        let observer = ReportObserver(executor)
        try session.go(to: max(place - 1, 0))
        let before = try observer.look(after: nil)
        try session.go(to: place)
        let state = try observer.look(after: before)
        let line =
            session.steps.last.map { "after line \($0.statement.line): \($0.statement.source)" } ?? "at the start"
        let moment = PictureMoment(
            title: "\(title), \(line)", state: state, before: place == 0 ? state : before,
            processName: executor.processName)
        return switch self {
        case .addressSpaces: AddressSpacesPicture(moment).svg
        case .pageTables: PageTablesPicture(moment).svg
        case .reverseMap, .timeline: ReverseMapPicture(moment).svg
        }
    }
}

/// Why a program did not run to its end.
public struct ReportFailure: Error, CustomStringConvertible {
    /// The line that could not be run.
    public let line: Int
    /// What is wrong there.
    public let description: String

    init(_ failure: RunReport.Failure) { (line, description) = (failure.line, failure.message) }
}

/// What a picture of one moment is made of.
struct PictureMoment {
    let title: String
    let state: ReportState
    /// The state one statement before.
    let before: ReportState
    let processName: (Int) -> String

    func before(_ process: ReportProcess) -> ReportProcess? { before.processes.first { $0.name == process.name } }

    /// Whether a page, or what is known of it, is not what it was.
    func isChanged(_ process: ReportProcess, _ area: ReportArea, _ page: UInt64) -> Bool {
        let old = before(process)?.areas.first {
            $0.start <= area.start + page << 12 && area.start + page << 12 < $0.end
        }
        return area.look(at: page) != old?.look(at: page + (area.start - (old?.start ?? area.start)) >> 12)
    }
}

extension ReportArea {
    /// One page as far as its picture tells: a run of one page; nil where nothing is there.
    func look(at page: UInt64) -> PageSummary.Run? {
        guard var run = pages.runs.first(where: { $0.first <= page && page < $0.first + $0.count }) else { return nil }
        if run.frame != 0 { run.frame += page - run.first }
        (run.first, run.count) = (0, 1)
        return run
    }

    /// Pages by kind in a part of it, from page `start` to page `end`.
    func mix(_ start: UInt64, _ end: UInt64) -> [Double] {
        var sums = [Double](repeating: 0, count: PageKind.allCases.count)
        for run in pages.runs {
            let (from, to) = (max(run.first, start), min(run.first + run.count, end))
            if from < to { sums[run.kind.rawValue] += Double(to - from) }
        }
        for (index, part) in pages.counts.enumerated() {
            let first = UInt64(index) * pages.pagesInPart
            let (from, to) = (max(first, start), min(first + pages.pagesInPart, end))
            guard from < to else { continue }
            let share = Double(to - from) / Double(pages.pagesInPart)
            for (kind, count) in part.enumerated() { sums[kind] += Double(count) * share }
        }
        return sums
    }
}
