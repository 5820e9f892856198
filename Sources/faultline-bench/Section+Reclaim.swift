import CBench
import Faultline

extension Section {
    /// What giving memory back costs, beside the live kernel of this machine.
    static let reclaim = Section(name: "reclaim", heading: "Reclaim and swap, beside the live kernel of this machine") {
        effort throws(BenchError) in
        [
            effort.figure(
                "reclaim of a clean page of a file, mapped (MADV_PAGEOUT)", goal: .atMost(60), limitName: "live kernel",
                ours: { measured { try pageOutFile(effort.pages) } }, limit: { fl_live_page_out_file(effort.pages) }),
            effort.figure(
                "reclaim of a clean page of a file, by rounds of 32", goal: .atMost(60),
                ours: { measured { try rounds(effort.pages) } }),
            effort.figure(
                "swap-out of a page to compressed memory, beside its bytes", goal: .atMost(250),
                ours: { measured { try swap(effort.pages).out } }),
            effort.figure(
                "swap-in of a page from there", goal: .atMost(250), ours: { measured { try swap(effort.pages).in } }),
        ]
    }

    private static let base: UInt64 = 0x1000_0000_0000

    /// Negative where a call was refused.
    private static func measured(_ body: () throws -> Double) -> Double { (try? body()) ?? -1 }

    private static func time(_ pages: UInt64, _ body: () throws -> Void) rethrows -> Double {
        let start = fl_bench_now()
        try body()
        return Double(fl_bench_now() - start) / Double(pages)
    }

    /// A machine whose process maps a disk file that is all in memory.
    private static func machine(file pages: UInt64) throws -> (Machine, Int) {
        let machine = try Machine(ramBytes: 1 << 30)
        let process = try machine.start()
        let file = try machine.diskFile(process, name: "f", size: pages << 12)
        try machine.mmap(process, base, pages << 12, prot: 1, flags: 1, fd: file)
        return (machine, process)
    }

    private static func pageOutFile(_ pages: UInt64) throws -> Double {
        let (machine, process) = try machine(file: pages)
        for page in 0..<pages { _ = try machine.load(process, base + page << 12) }
        return try time(pages) { try machine.madvise(process, base, pages << 12, advice: 21) }
    }

    /// Rounds of reclaim in a memory cgroup, until nothing is left. What is looked at twice counts once.
    private static func rounds(_ pages: UInt64) throws -> Double {
        let machine = try Machine(ramBytes: 1 << 30)
        let process = try machine.start()
        machine.joinMemoryGroup()
        _ = try machine.diskFile(process, name: "f", size: pages << 12)
        var freed: UInt64 = 0
        let all = time(1) {
            while case let counts = machine.reclaimRound(), counts.reclaimed > 0 { freed += counts.reclaimed }
        }
        return freed == 0 ? -1 : all / Double(freed)
    }

    /// Pages of which one byte was written: the host has no 4 KiB to copy.
    private static func swap(_ pages: UInt64) throws -> (out: Double, in: Double) {
        let machine = try Machine(ramBytes: 1 << 30)
        let process = try machine.start()
        try machine.swapOn(bytes: (pages + 1024) << 12, compressed: true)
        let start = try machine.mmap(process, 0, pages << 12, prot: 3, flags: 0x22)
        for page in 0..<pages { _ = try machine.store(process, start + page << 12, 1) }
        let out = try time(pages) { try machine.madvise(process, start, pages << 12, advice: 21) }
        let back = try time(pages) { for page in 0..<pages { _ = try machine.load(process, start + page << 12) } }
        return (out, back)
    }
}
