import CBench
import CShim
import Faultline
import Foundation

extension Section {
    /// The simulated kernel beside the live one.
    static let machine = Section(
        name: "machine", heading: "The simulated kernel, beside the live kernel of this machine"
    ) {
        effort throws(BenchError) in
        MachineCost.all.map { cost in
            effort.figure(
                cost.name, goal: cost.goal.map(Goal.timesLimit), limitName: cost.live == nil ? "" : "live kernel",
                ours: { cost.measure(effort) }, limit: cost.live.map { live in { live.measure(effort) } })
        }
    }
}

/// One cost of the simulated kernel, in nanoseconds.
struct MachineCost: Sendable {
    let name: String
    /// As a part of the live kernel's.
    let goal: Double?
    let live: LiveKernel.Cost?
    /// Negative when a call failed.
    let measure: @Sendable (Effort) -> Double

    private init(
        _ name: String, goal: Double?, live: LiveKernel.Cost?, _ body: @escaping @Sendable (Effort) throws -> Double
    ) {
        self.name = name
        self.goal = goal
        self.live = live
        measure = { effort in (try? body(effort)) ?? -1 }
    }

    static let all: [MachineCost] =
        [
            MachineCost("anonymous write fault", goal: 0.03, live: LiveKernel.anonymousWriteFault) { effort in
                let bench = try MachineBench()
                // Frames that the host has given already, as a machine in use has them: the second round takes what the first
                // one broke off.
                for _ in 0..<2 {
                    try bench.map(effort.pages)
                    try bench.write(effort.pages)
                    try bench.unmap(effort.pages)
                }
                try bench.map(effort.pages)
                return try bench.time(effort.pages) { try bench.write(effort.pages) }
            },
            MachineCost("zero-page read fault", goal: nil, live: LiveKernel.zeroPageReadFault) { effort in
                let bench = try MachineBench()
                try bench.map(effort.pages)
                return try bench.time(effort.pages) { try bench.read(effort.pages) }
            },
            MachineCost("fork, a mapped page", goal: 0.08, live: LiveKernel.forkPerPage) { effort in
                let bench = try MachineBench()
                try bench.map(effort.pages)
                try bench.write(effort.pages)
                // Of two forks the second finds the entries write-protected already, as the live program's does.
                try bench.machine.exit(try bench.machine.fork(bench.process))
                return try bench.time(effort.pages) { _ = try bench.machine.fork(bench.process) }
            },
            MachineCost("munmap, a page", goal: 0.04, live: LiveKernel.munmapPerPage) { effort in
                let bench = try MachineBench()
                try bench.map(effort.pages)
                try bench.write(effort.pages)
                return try bench.time(effort.pages) { try bench.unmap(effort.pages) }
            },
            MachineCost("mmap and munmap", goal: 0.06, live: LiveKernel.mmapMunmap) { effort in
                let bench = try MachineBench()
                return try bench.time(effort.pages) {
                    for _ in 0..<effort.pages {
                        let address = try bench.machine.mmap(bench.process, 0, 0x10000, prot: 3, flags: 0x22)
                        try bench.machine.munmap(bench.process, address, 0x10000)
                    }
                }
            },
            MachineCost("mmap and munmap among 20,000 VMAs", goal: nil, live: LiveKernel.mmapMunmapAmongMany) {
                effort in
                let bench = try MachineBench()
                try bench.makeVMAs(20_000)
                return try bench.time(effort.pages) {
                    for _ in 0..<effort.pages {
                        let address = try bench.machine.mmap(bench.process, 0, 0x10000, prot: 3, flags: 0x22)
                        try bench.machine.munmap(bench.process, address, 0x10000)
                    }
                }
            },
            MachineCost("VMA lookup among 20,000", goal: 0.05, live: LiveKernel.vmaLookup) { effort in
                let bench = try MachineBench()
                try bench.makeVMAs(20_000)
                var state: UInt64 = 1
                var found: UInt64 = 0
                let result = try bench.time(effort.pages * 16) {
                    for _ in 0..<(effort.pages * 16) {
                        let page = fl_bench_random(&state) % 40_000
                        found &+= try bench.machine.findVMA(bench.process, MachineBench.base + page << 12)?.start ?? 0
                    }
                }
                return found == 0 ? -1 : result
            },
            MachineCost("mprotect, a page", goal: nil, live: LiveKernel.mprotectPerPage) { effort in
                let bench = try MachineBench()
                try bench.map(effort.pages)
                try bench.write(effort.pages)
                return try bench.time(effort.pages) {
                    try bench.machine.mprotect(bench.process, MachineBench.base, effort.pages << 12, prot: 1)
                }
            },
            MachineCost("copy-on-write fault, re-used", goal: nil, live: LiveKernel.cowReuse) { effort in
                let bench = try MachineBench()
                try bench.map(effort.pages)
                try bench.write(effort.pages)
                try bench.machine.exit(try bench.machine.fork(bench.process))
                return try bench.time(effort.pages) { try bench.write(effort.pages) }
            },
            MachineCost("copy-on-write fault, copied, beyond the copy of 4 KiB", goal: 0.025, live: LiveKernel.cowCopy)
            {
                // Pages with one byte written are copied as such: the host has no 4 KiB to copy.
                try copyOnWrite($0) { try $0.write($1) }
            },
            MachineCost("copy-on-write fault, with the copy of 4 KiB", goal: nil, live: LiveKernel.cowCopy) {
                try copyOnWrite($0) { try $0.fill($1) }
            },
        ] + shared

    /// Nanoseconds of a write to a page that a child shares, after `write` gave the pages their contents.
    private static func copyOnWrite(
        _ effort: Effort, _ write: (MachineBench, UInt64) throws -> Void
    ) throws -> Double {
        let bench = try MachineBench()
        // Frames that the host has given already, as a machine in use has them.
        try bench.map(effort.pages * 2)
        try write(bench, effort.pages * 2)
        try bench.unmap(effort.pages * 2)
        try bench.map(effort.pages)
        try write(bench, effort.pages)
        _ = try bench.machine.fork(bench.process)
        return try bench.time(effort.pages) { try bench.write(effort.pages) }
    }

    private static let shared: [MachineCost] = [
        MachineCost("shmem write fault", goal: 0.027, live: LiveKernel.shmemWriteFault) { effort in
            let bench = try MachineBench()
            func map() throws {
                try bench.machine.mmap(bench.process, MachineBench.base, effort.pages << 12, prot: 3, flags: 0x31)
            }
            // Frames and page-cache nodes that the host has given already, as a machine in use has them.
            for _ in 0..<2 {
                try map()
                try bench.write(effort.pages)
                try bench.unmap(effort.pages)
            }
            try map()
            return try bench.time(effort.pages) { try bench.write(effort.pages) }
        },
        MachineCost("file read fault with fault-around, a page mapped", goal: 0.05, live: LiveKernel.fileFaultAround) {
            effort in
            let bench = try MachineBench()
            let fd = try bench.machine.tmpfsFile(bench.process, name: "bench", size: effort.pages << 12)
            try bench.machine.mmap(
                bench.process, MachineBench.base, effort.pages << 12, prot: 1, flags: 0x11, fd: fd)
            // One access maps the 16 pages around it. The tables' frames are those that the host has given already, as a
            // machine in use has them.
            try bench.read(effort.pages, stride: 16)
            try bench.unmap(effort.pages)
            try bench.machine.mmap(
                bench.process, MachineBench.base, effort.pages << 12, prot: 1, flags: 0x11, fd: fd)
            return try bench.time(effort.pages) { try bench.read(effort.pages, stride: 16) }
        },
        MachineCost(
            "truncation of a file mapped by 1,000 processes, a page and mapping", goal: 0.3,
            live: LiveKernel.truncateMapped
        ) {
            _ in
            let bench = try MachineBench()
            let pages: UInt64 = 16
            let fd = try bench.machine.tmpfsFile(bench.process, name: "bench", size: pages << 12)
            try bench.machine.mmap(bench.process, MachineBench.base, pages << 12, prot: 1, flags: 0x11, fd: fd)
            for _ in 0..<999 { _ = try bench.machine.fork(bench.process) }
            for process in 0..<1000 { _ = try bench.machine.load(process, MachineBench.base) }
            return try bench.time(1000 * pages) { try bench.machine.ftruncate(bench.process, fd, 0) }
        },
    ]
}

/// A machine with one process, for measurements.
final class MachineBench {
    static let base: UInt64 = 0x1000_0000_0000
    let machine: Machine
    let process: Int

    init() throws {
        machine = try Machine(ramBytes: 8 << 30)
        process = try machine.start()
    }

    func map(_ pages: UInt64) throws {
        try machine.mmap(process, Self.base, pages << 12, prot: 3, flags: 0x32)
    }

    func unmap(_ pages: UInt64) throws { try machine.munmap(process, Self.base, pages << 12) }

    func write(_ pages: UInt64) throws {
        for page in 0..<pages {
            if let fault = try machine.store(process, Self.base + page << 12, 1) { throw fault }
        }
    }

    /// Writes to every cache line, so that there are 4 KiB to copy: a line that was never written costs nothing.
    func fill(_ pages: UInt64) throws {
        for line in 0..<(pages * 64) {
            if let fault = try machine.store(process, Self.base + line << 6, 1) { throw fault }
        }
    }

    func read(_ pages: UInt64, stride step: Int = 1) throws {
        for page in stride(from: 0, to: pages, by: step) {
            if case .failure(let fault) = try machine.load(process, Self.base + page << 12) { throw fault }
        }
    }

    /// As many VMAs of one page, which cannot merge because every second one is read-only.
    func makeVMAs(_ count: UInt64) throws {
        try map(count)
        for page in stride(from: 0, to: count, by: 2) {
            try machine.mprotect(process, Self.base + page << 12, 4096, prot: 1)
        }
    }

    /// Nanoseconds of `body` for each of `count`.
    func time(_ count: UInt64, _ body: () throws -> Void) throws -> Double {
        let start = fl_bench_now()
        try body()
        return Double(fl_bench_now() - start) / Double(count)
    }
}
