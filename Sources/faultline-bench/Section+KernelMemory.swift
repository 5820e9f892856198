import CBench
import Faultline

extension Section {
    /// The kernel's own memory.
    static let kernelMemory = Section(
        name: "kernel-memory", heading: "The simulated kernel's own memory, beside malloc of this machine"
    ) {
        effort throws(BenchError) in
        let count = effort.translations
        return [
            effort.figure(
                "kmalloc and kfree of 64 bytes", goal: .timesLimit(1), limitName: "malloc and free",
                ours: { measured(count) { $0.makeObjectPairs(count, size: 64) } },
                limit: { fl_limit_malloc_pair(UInt64(count)) }),
            effort.figure(
                "vmalloc of 16 pages, with vfree", goal: .atMost(800), limitName: "live mmap and munmap",
                ours: { measured(count / 256) { $0.makeAreaPairs(count / 256, size: 16 << 12) } },
                limit: { LiveKernel.mmapMunmap.measure(effort) }),
        ]
    }

    /// Nanoseconds for one of `count`; negative where no memory was left.
    private static func measured(_ count: Int, _ body: (Machine) -> Bool) -> Double {
        guard let machine = try? Machine(ramBytes: 256 << 20), (try? machine.bringUpKernel()) != nil, body(machine)
        else { return -1 }
        let start = fl_bench_now()
        let isDone = body(machine)
        return isDone ? Double(fl_bench_now() - start) / Double(count) : -1
    }
}
