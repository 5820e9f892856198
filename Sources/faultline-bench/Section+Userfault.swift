import CBench
import Faultline

extension Section {
    /// What it costs that a process serves the page faults of another one.
    static let userfault = Section(
        name: "userfaultfd", heading: "A store that waits until a page is served by userfaultfd"
    ) {
        effort throws(BenchError) in
        do {
            let samples = try roundTrips(effort)
            return [Figure(name: "store, UFFDIO_COPY, wake, store", unit: "ns", ours: samples, goal: .atMost(500))]
        } catch { throw .cannotRun(section: "userfaultfd", reason: "\(error)") }
    }

    /// A thread stores to pages that are not there, and the process that made it copies each to its place.
    private static func roundTrips(_ effort: Effort) throws -> Samples {
        let pages: UInt64 = 512
        let place: UInt64 = 0x1000_0000_0000
        let source = place + 1 << 30
        let machine = try Machine(ramBytes: 64 << 20)
        let monitor = try machine.start()
        try machine.mmap(monitor, place, pages << 12, prot: 3, flags: 0x32)
        try machine.mmap(monitor, source, 4096, prot: 3, flags: 0x32)
        _ = try machine.store(monitor, source, 7)
        let descriptor = try machine.userfaultfd(monitor, flags: 0o4000)
        _ = try machine.userfaultAPI(monitor, descriptor, features: 0)
        _ = try machine.userfaultRegister(monitor, descriptor, place, pages << 12, mode: 1)
        let thread = try machine.cloneVM(monitor)
        return Samples(
            try (0..<effort.repetitions * 2).map { _ in
                try machine.madvise(monitor, place, pages << 12, advice: 4)
                let start = fl_bench_now()
                for page in 0..<pages {
                    let address = place + page << 12
                    _ = try machine.store(thread, address, 1)
                    _ = try machine.userfaultCopy(monitor, descriptor, address, source, 4096, mode: 0)
                    guard try machine.resume(thread) == .access(nil), try machine.store(thread, address, 1) == nil
                    else {
                        throw BenchError.wrongTranslation(section: "userfaultfd", address: address)
                    }
                }
                return Double(fl_bench_now() - start) / Double(pages)
            })
    }
}
