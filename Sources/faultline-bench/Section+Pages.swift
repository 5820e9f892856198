import CBench
import Faultline

extension Section {
    /// The page allocator, and what a machine costs to make.
    static let pages = Section(name: "pages", heading: "The page allocator") {
        effort throws(BenchError) in
        var figures: [Figure] = []
        for (order, goal) in [(0, 1.0), (9, 4.0)] {
            guard let machine = try? Machine(ramBytes: 8 << 30) else { continue }
            let count = UInt64(effort.translations)
            figures.append(
                effort.figure(
                    "a block of order \(order), taken and given back", goal: .timesLimit(goal),
                    limitName: "malloc and free",
                    ours: { time(count) { machine.takeAndGiveBack(order: order, count: count) } },
                    limit: { fl_limit_malloc_pair(count) }))
        }
        figures.append(
            effort.figure(
                "a machine of 4 TiB less 1 GiB, made", unit: "ms", goal: .atMost(50),
                ours: { time(1_000_000) { _ = try? Machine(ramBytes: 4 << 40 - 1 << 30) } }))
        return figures
    }

    /// Nanoseconds a round; with a million rounds, milliseconds of the whole.
    private static func time(_ rounds: UInt64, _ body: () -> Void) -> Double {
        let start = fl_bench_now()
        body()
        return Double(fl_bench_now() - start) / Double(rounds)
    }
}
