import CBench
import Faultline

extension Section {
    /// What a flush costs that every CPU has to make.
    static let shootdown = Section(
        name: "shootdown", heading: "mprotect of a page that a thread on every simulated CPU has in its TLB"
    ) {
        effort throws(BenchError) in
        do { return try measureShootdowns(effort) } catch {
            throw .cannotRun(section: "shootdown", reason: "\(error)")
        }
    }

    private static func measureShootdowns(_ effort: Effort) throws -> [Figure] {
        var figures: [Figure] = []
        let alone = try nanoseconds(cpus: 1, effort)
        figures.append(Figure(name: "one CPU", unit: "ns", ours: Samples(alone), goal: nil))
        var shareOfEight = 0.0
        for cpus in [2, 8, 64] {
            let samples = try nanoseconds(cpus: cpus, effort).map { ($0 - (alone.min() ?? 0)) / Double(cpus - 1) }
            // Linear: a further CPU costs the same among 64 as among 8, but for the host's caches.
            let goal: Goal? = cpus == 64 ? .atMost(shareOfEight * 2) : nil
            figures.append(Figure(name: "each further one of \(cpus)", unit: "ns", ours: Samples(samples), goal: goal))
            if cpus == 8 { shareOfEight = samples.min() ?? 0 }
        }
        return figures
    }

    /// A call of mprotect with its flushes, several times measured.
    private static func nanoseconds(cpus: Int, _ effort: Effort) throws -> [Double] {
        var settings = KernelSettings()
        (settings.presentCPUs, settings.simulatedCPUs) = (max(cpus, 2), cpus)
        let machine = try Machine(ramBytes: 64 << 20, settings: settings)
        let process = try machine.start()
        let place: UInt64 = 0x1000_0000_0000
        try machine.mmap(process, place, 4096, prot: 3, flags: 0x32)
        _ = try machine.store(process, place, 1)
        for cpu in 1..<max(cpus, 1) {
            let thread = try machine.cloneVM(process)
            try machine.run(thread, onCPU: UInt64(cpu))
            _ = try machine.load(thread, place)
        }
        let calls = 2000
        return try (0..<effort.repetitions).map { _ in
            let start = fl_bench_now()
            for call in 0..<calls { try machine.mprotect(process, place, 4096, prot: call & 1 == 0 ? 1 : 3) }
            return Double(fl_bench_now() - start) / Double(calls)
        }
    }
}
