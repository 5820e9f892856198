import Faultline

extension Section {
    /// The page allocator, and what a machine costs to make.
    static let pages = Section(name: "pages", heading: "The page allocator") {
        effort throws(BenchError) in
        var figures: [Figure] = []
        for (order, goal) in [(0, 8.0), (9, 30.0)] {
            guard let machine = try? Machine(ramBytes: 8 << 30) else { continue }
            let count = UInt64(effort.translations)
            let ours = effort.median { time(count) { machine.takeAndGiveBack(order: order, count: count) } }
            figures.append(
                Figure(name: "a block of order \(order), taken and given back", ours: ours, goal: goal, limitName: "-"))
        }
        let boot = effort.median { time(1_000_000) { _ = try? Machine(ramBytes: 4 << 40 - 1 << 30) } }
        figures.append(
            Figure(name: "a machine of 4 TiB less 1 GiB, made", unit: "ms", ours: boot, goal: 50, limitName: "-"))
        return figures
    }

    /// Nanoseconds a round; with a million rounds, milliseconds of the whole.
    private static func time(_ rounds: UInt64, _ body: () -> Void) -> Double {
        let duration = ContinuousClock().measure(body)
        let (seconds, attoseconds) = duration.components
        return (Double(seconds) * 1e9 + Double(attoseconds) / 1e9) / Double(rounds)
    }
}
