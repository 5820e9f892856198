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
        figures += [
            effort.figure(
                "the same booted from a firmware's map, with its zones", unit: "ms", goal: .atMost(50),
                ours: { time(1_000_000) { _ = boot() } }),
            effort.figure(
                "host memory that this takes", unit: "MB", goal: .atMost(100), repetitions: 1,
                ours: {
                    let before = HostMemory.resident
                    let machine = boot()
                    let grown = Double(HostMemory.resident) - Double(before)
                    return withExtendedLifetime(machine) { machine == nil ? -1 : grown / 1e6 }
                }),
        ]
        return figures
    }

    /// A machine whose RAM ends at 4 TiB, with the hole of a PC below 4 GiB.
    private static func boot() -> Machine? {
        let log = """
            BIOS-e820: [mem 0x0000000000000000-0x000000000009ffff] usable
            BIOS-e820: [mem 0x0000000000100000-0x00000000bfffffff] usable
            BIOS-e820: [mem 0x0000000100000000-0x000003ffffffffff] usable
            """
        guard let map = try? FirmwareMap(log: log), let layout = try? BootLayout(map, BootOptions()) else { return nil }
        return try? Machine(boot: layout)
    }

    /// Nanoseconds a round; with a million rounds, milliseconds of the whole.
    private static func time(_ rounds: UInt64, _ body: () -> Void) -> Double {
        let start = fl_bench_now()
        body()
        return Double(fl_bench_now() - start) / Double(rounds)
    }
}
