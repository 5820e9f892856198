import CBench
import Faultline
import Foundation

extension Section {
    /// The kernel's own memory.
    static let kernelMemory = Section(
        name: "kernel-memory", heading: "The simulated kernel's own memory, beside malloc of this machine"
    ) {
        effort throws(BenchError) in
        let count = effort.translations
        return [
            Figure(
                name: "kmalloc and kfree of 64 bytes",
                ours: effort.median { measured(count) { $0.makeObjectPairs(count, size: 64) } }, goal: 8,
                limit: effort.median { hostPairs(count) }, limitName: "malloc and free"),
            Figure(
                name: "vmalloc of 16 pages, with vfree",
                ours: effort.median { measured(count / 256) { $0.makeAreaPairs(count / 256, size: 16 << 12) } },
                goal: 800, limit: nil, limitName: "-"),
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

    private static func hostPairs(_ count: Int) -> Double {
        let start = fl_bench_now()
        for _ in 0..<count {
            // SAFETY: what malloc gives is freed at once; the compiler must not see that nobody looks at it.
            guard let object = malloc(64) else { return -1 }
            object.storeBytes(of: 1, as: UInt8.self)
            free(object)
        }
        return Double(fl_bench_now() - start) / Double(count)
    }
}
