import FaultlineHost
import FaultlineScenario
import Glibc

/// Shows on a terminal which statement of a long run is under way.
final class StatementProgress {
    private let bar: ProgressBar
    private let total: Int
    private let started = StatementProgress.now()
    private var shown: Double = 0
    private var done = 0
    private var current: Statement?

    init(_ program: Program) {
        total = program.statements.count
        bar = ProgressBar(total: total)
    }

    /// A statement begins. Nothing is shown in a run's first second, and then ten times a second at most.
    func begin(_ statement: Statement) {
        done += 1
        current = statement
        show("")
    }

    /// The statement has done some of its pages.
    func pass(_ pages: UInt64, of total: UInt64) { show(", \(pages * 100 / max(total, 1)) %") }

    /// The text is made when it is shown: most statements take less time than it does.
    private func show(_ note: @autoclosure () -> String) {
        let now = Self.now()
        guard now - started > 1, now - shown > 0.1 else { return }
        shown = now
        let statement = current.map { "line \($0.line): \($0.source.prefix(40))" } ?? ""
        bar.show(done: done - 1, note: statement + note())
    }

    /// Removes what is shown; other text may be written then.
    func clear() { bar.clear() }

    private static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
