import CBench
import Faultline

extension Section {
    /// Huge pages and folios of several pages, beside the live kernel's.
    static let hugePages = Section(name: "huge", heading: "Huge pages, beside the live kernel of this machine") {
        effort throws(BenchError) in
        [
            effort.figure(
                "write fault of 2 MiB", goal: .atMost(150), limitName: "live kernel", ours: { faults(effort) },
                limit: { fl_live_huge_write_fault(count) }),
            effort.figure(
                "fork with 1 GiB of huge pages", goal: .atMost(20_000), limitName: "live kernel", ours: { fork() },
                limit: { fl_live_huge_fork(512) }),
            effort.figure(
                "split of 2 MiB of which one page was written", goal: .atMost(4000), limitName: "live kernel",
                ours: { split() }, limit: { fl_live_huge_split(count) }),
            effort.figure(
                "write fault of 64 KiB as one folio, of sixteen pages", goal: .timesLimit(0.2),
                limitName: "the same without", ours: { folios(effort, isLarge: true) },
                limit: { folios(effort, isLarge: false) }),
        ]
    }

    /// Huge pages a measurement.
    private static var count: UInt64 { 256 }

    /// Negative where a call failed.
    private static func measure(_ body: () throws -> Double) -> Double { (try? body()) ?? -1 }

    /// A machine with so many huge pages that nobody wrote to yet.
    private static func hugeMachine(_ count: UInt64) throws -> MachineBench {
        let bench = try MachineBench()
        try bench.map(count * 512)
        try bench.machine.madvise(bench.process, MachineBench.base, count << 21, advice: 14)
        return bench
    }

    private static func touch(_ bench: MachineBench, _ count: UInt64) throws {
        for page in 0..<count {
            if let fault = try bench.machine.store(bench.process, MachineBench.base + page << 21, 1) { throw fault }
        }
    }

    private static func faults(_ effort: Effort) -> Double {
        measure {
            let bench = try hugeMachine(count)
            // Frames that the host has given already, as a machine in use has them.
            try touch(bench, count)
            try bench.machine.madvise(bench.process, MachineBench.base, count << 21, advice: 4)
            return try bench.time(count) { try touch(bench, count) }
        }
    }

    private static func fork() -> Double {
        measure {
            let bench = try hugeMachine(512)
            try touch(bench, 512)
            try bench.machine.exit(try bench.machine.fork(bench.process))
            return try bench.time(1) { _ = try bench.machine.fork(bench.process) }
        }
    }

    private static func split() -> Double {
        measure {
            let bench = try hugeMachine(count)
            try touch(bench, count)
            return try bench.time(count) {
                for page in 0..<count {
                    try bench.machine.madvise(bench.process, MachineBench.base + page << 21, 4096, advice: 20)
                }
            }
        }
    }

    /// Sixteen pages, by one fault or by sixteen.
    private static func folios(_ effort: Effort, isLarge: Bool) -> Double {
        measure {
            let bench = try MachineBench()
            if isLarge {
                _ = try bench.machine.setHugePageFile("transparent_hugepage/hugepages-64kB/enabled", "always")
            }
            for _ in 0..<2 {
                try bench.map(effort.pages)
                try bench.write(effort.pages)
                try bench.unmap(effort.pages)
            }
            try bench.map(effort.pages)
            return try bench.time(effort.pages / 16) {
                for page in stride(from: 0, to: effort.pages, by: isLarge ? 16 : 1) {
                    if let fault = try bench.machine.store(bench.process, MachineBench.base + page << 12, 1) {
                        throw fault
                    }
                }
            }
        }
    }
}
