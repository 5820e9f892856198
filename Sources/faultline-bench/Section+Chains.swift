import CBench
import Faultline
import Foundation

extension Section {
    /// Structures that grow with the number of processes: what one more costs when there are many.
    static let chains = Section(name: "chains", heading: "Many processes: reverse maps, and chains of forks") {
        effort throws(BenchError) in
        let processes: UInt64 = effort.isFull ? 10_000 : 2_000
        return [
            effort.figure(
                "reverse map of a page in \(processes) processes, a process", unit: "us", goal: .atMost(0.3),
                repetitions: 3, ours: { (try? reverseMap(processes)) ?? -1 })
        ] + forkChain(effort)
    }

    private static func reverseMap(_ processes: UInt64) throws -> Double {
        let bench = try MachineBench()
        try bench.map(1)
        try bench.write(1)
        for _ in 1..<processes { _ = try bench.machine.fork(bench.process) }
        return try bench.time(processes) {
            let forest = try bench.machine.reverseMap(bench.process, MachineBench.base)
            if forest == nil { throw BenchError.cannotRun(section: "chains", reason: "no page is mapped there") }
        } / 1e3
    }

    /// A fork of a fork, and so on: the deepest one's cost, and how it grows with the depth.
    private static func forkChain(_ effort: Effort) -> [Figure] {
        var figures: [Figure] = []
        for depth in [250, 1000] {
            figures.append(
                effort.figure(
                    "fork of the deepest of \(depth) forks", unit: "us", repetitions: 3,
                    ours: { (try? deepestFork(depth)) ?? -1 }))
        }
        if let short = figures[0].ours?.least, let long = figures[1].ours?.least, short > 0 {
            figures.append(
                effort.figure(
                    "the same, the exponent of its growth", unit: "", goal: .atMost(1.2), repetitions: 1,
                    ours: { log2(long / short) / 2 }))
        }
        return figures
    }

    private static func deepestFork(_ depth: Int) throws -> Double {
        let bench = try MachineBench()
        try bench.map(8)
        try bench.write(8)
        var process = bench.process
        for _ in 0..<depth {
            process = try bench.machine.fork(process)
            // A write gives each an anon_vma of its own.
            _ = try bench.machine.store(process, MachineBench.base, 1)
        }
        var taken = 0.0
        for _ in 0..<8 {
            var child = 0
            taken += try bench.time(8) { child = try bench.machine.fork(process) }
            try bench.machine.exit(child)
        }
        return taken / 1e3
    }
}
