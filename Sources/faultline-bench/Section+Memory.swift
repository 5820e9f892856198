import CBench
import Faultline
import Foundation

extension Section {
    /// The host's memory for what the simulated machine holds. Memory does not depend on what else runs: it is measured once.
    static let memory = Section(name: "memory", heading: "Memory of the host, and the first touch of it") {
        effort throws(BenchError) in
        do {
            return try sizes(effort) + firstTouches(effort) + [manyPages(effort)]
        } catch {
            throw .cannotRun(section: "memory", reason: "\(error)")
        }
    }

    private static func sizes(_ effort: Effort) throws -> [Figure] {
        // Enough that what a machine has anyway, and the rounding of blocks, do not show.
        let pages: UInt64 = 1 << 20
        return [
            effort.figure(
                "a mapped page of contents that cost nothing", unit: "bytes", goal: .atMost(76),
                limitName: "struct page 64 and an entry 8", repetitions: 1, ours: { (try? bytesPerPage(pages)) ?? -1 },
                limit: { 72 }),
            effort.figure(
                "a VMA of a page", unit: "bytes", repetitions: 1,
                ours: {
                    grown(by: 20_000) { (bench: MachineBench, count: UInt64, from: UInt64) in
                        for page in from..<from + count {
                            // Every second one is read-only: the two cannot merge.
                            try bench.machine.mmap(
                                bench.process, MachineBench.base + page << 12, 4096, prot: page % 2 == 0 ? 3 : 1,
                                flags: 0x32)
                        }
                    }
                }),
            effort.figure(
                "a process that fork made and that wrote nothing", unit: "bytes", repetitions: 1,
                ours: {
                    grown(by: 1000) { (bench: MachineBench, count: UInt64, _: UInt64) in
                        for _ in 0..<count { _ = try bench.machine.fork(bench.process) }
                    }
                }),
        ]
    }

    /// Resident bytes that `body` adds for each of `count`, after it was run once: what is there from then on is there already.
    private static func grown(by count: UInt64, _ body: (MachineBench, UInt64, UInt64) throws -> Void) -> Double {
        guard let bench = try? MachineBench(), (try? body(bench, count, 0)) != nil else { return -1 }
        let before = HostMemory.resident
        guard (try? body(bench, count, count)) != nil else { return -1 }
        return max(Double(HostMemory.resident) - Double(before), 0) / Double(count)
    }

    private static func bytesPerPage(_ pages: UInt64) throws -> Double {
        let machine = try Machine(ramBytes: 64 << 30)
        let process = try machine.start()
        try machine.mmap(process, MachineBench.base, pages << 13, prot: 3, flags: 0x32)
        func populate(from: UInt64) throws {
            try machine.madvise(process, MachineBench.base + from << 12, pages << 12, advice: 23)
        }
        try populate(from: 0)
        let before = HostMemory.resident
        try populate(from: pages)
        return Double(HostMemory.resident - before) / Double(pages)
    }

    private static func firstTouches(_ effort: Effort) -> [Figure] {
        func measured(_ body: (MachineBench) throws -> Double) -> Double {
            guard let bench = try? MachineBench() else { return -1 }
            return (try? body(bench)) ?? -1
        }
        let touch = LiveKernel.anonymousWriteFault
        let fork = LiveKernel.forkPerPage
        return [
            effort.figure(
                "first touch of a page in a machine just made", goal: .timesLimit(0.055), limitName: "live kernel",
                ours: {
                    measured { bench in
                        try bench.map(effort.pages)
                        return try bench.time(effort.pages) { try bench.write(effort.pages) }
                    }
                }, limit: { touch.measure(effort) }),
            effort.figure(
                "first fork of a process in a machine just made, a page", goal: .timesLimit(0.16),
                limitName: "live kernel",
                ours: {
                    measured { bench in
                        try bench.map(effort.pages)
                        try bench.write(effort.pages)
                        return try bench.time(effort.pages) { _ = try bench.machine.fork(bench.process) }
                    }
                }, limit: { fork.measure(effort) }),
        ]
    }

    /// A hundred million pages, where the host has the memory for them.
    private static func manyPages(_ effort: Effort) throws -> Figure {
        let name = "100 million mapped pages"
        let least: UInt64 = 10 << 30
        guard effort.isFull else { return Figure(name: name, unit: "GB", limitName: "left out by --quick") }
        guard HostMemory.available > least else {
            return Figure(name: name, unit: "GB", limitName: "left out: the host has less than 10 GiB to give")
        }
        let pages: UInt64 = 100_000_000
        return effort.figure(
            name, unit: "GB", goal: .atMost(7.6), repetitions: 1,
            ours: {
                let before = HostMemory.resident
                guard let machine = try? Machine(ramBytes: 512 << 30), let process = try? machine.start(),
                    (try? machine.mmap(process, MachineBench.base, pages << 12, prot: 3, flags: 0x4032)) != nil,
                    (try? machine.madvise(process, MachineBench.base, pages << 12, advice: 23)) != nil
                else { return -1 }
                return Double(HostMemory.resident - before) / 1e9
            })
    }
}

/// What the host's /proc says of memory.
enum HostMemory {
    /// Bytes of this process that are resident (proc_pid_statm(5)).
    static var resident: UInt64 {
        let fields = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ") ?? []
        return (fields.count > 1 ? UInt64(fields[1]) ?? 0 : 0) << 12
    }

    /// Bytes that the host can give without swapping (MemAvailable of proc_meminfo(5)).
    static var available: UInt64 {
        let text = (try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("MemAvailable:") }
        let number = line?.split(separator: " ").dropFirst().first.flatMap { UInt64($0) }
        return (number ?? 0) << 10
    }
}
