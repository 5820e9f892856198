import Foundation
import Testing

/// A million random statements on a machine of 16 MiB lose no byte, and leave no trace in the machine's state.
///
/// `FAULTLINE_PRESSURE_STATEMENTS` says how many statements each seed makes (`make pressure`: a million), `FAULTLINE_SEED` the first seed.
struct PressureTests {
    private static func number(_ name: String, _ otherwise: Int) -> Int {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? otherwise
    }

    /// A debug build is tens of times slower.
    private static var usualCount: Int {
        #if DEBUG
            2_000
        #else
            40_000
        #endif
    }

    @Test("what is written is read again, on the disk and on compressed memory", arguments: [1, 2])
    func nothingIsLost(offset: Int) throws {
        let seed = UInt64(Self.number("FAULTLINE_SEED", 1) + offset - 1)
        let count = Self.number("FAULTLINE_PRESSURE_STATEMENTS", Self.usualCount)
        var run = try PressureRun(seed: seed)
        do { try run.run(count, wholeCheckEvery: count > 100_000 ? 5_000 : 1_000) } catch {
            Issue.record("seed \(seed): \(error)")
        }
        #expect(run.machine.swapCounts.pagesOut > 0, "seed \(seed): nothing went to the swap area")
    }
}
