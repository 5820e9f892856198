import CBench
import Faultline
import FaultlineWindow

extension Section {
    /// What ordinary code pays in a window, beside the same code on ordinary memory and beside the bare host fault.
    static let window = Section(name: "window", heading: "Ordinary code in a window of a simulated process") {
        effort throws(BenchError) in
        do {
            return try hits(effort) + faults(effort)
        } catch {
            throw .cannotRun(section: "window", reason: "\(error)")
        }
    }

    private static let hitBytes: UInt64 = 4 << 20

    /// Touches of pages that are shown: the host's own.
    private static func hits(_ effort: Effort) throws -> [Figure] {
        let rounds = UInt64(effort.translations) / (hitBytes / 64)
        typealias Touch = (UnsafeMutableRawPointer, UInt64, UInt64) -> Double
        func figure(_ name: String, _ ours: Touch, _ limit: (UInt64, UInt64) -> Double) throws -> Figure {
            var pairs: [(ours: Double, limit: Double)] = []
            // By turns, so that both meet the same machine; the least of each counts, since others only add to it. Each time the memory is
            // another one on both sides: where the host's pages lie makes a difference of a tenth.
            for _ in 0..<(effort.repetitions * 5) {
                let bench = try WindowBench(pages: hitBytes >> 12)
                try bench.write()
                pairs.append((ours(bench.window.base, hitBytes, rounds), limit(hitBytes, rounds)))
            }
            let least = pairs.map(\.limit).min() ?? 0
            return Figure(
                name: name, ours: pairs.map(\.ours).min(), goal: least * 1.05, limit: least,
                limitName: "native code, a memory file in pages of 4 KiB")
        }
        return [
            try figure("a touch that does not fault, in order", fl_bench_touch_in_order, fl_limit_touch_in_order),
            try figure("a touch that does not fault, at random", fl_bench_touch_at_random, fl_limit_touch_at_random),
        ]
    }

    private static func faults(_ effort: Effort) throws -> [Figure] {
        let pages = effort.pages / 2
        let bare = effort.median { fl_limit_signal_fault(pages) }
        let copy = effort.median { fl_limit_userfault_copy(pages) }
        let mapped = effort.median { fl_limit_userfault_map(pages) }
        let write = try median(effort) { try WindowBench(pages: pages).write() }
        let file = try median(effort) { try WindowBench(filePages: pages).read() }
        return [
            Figure(
                name: "first write to an anonymous page", ours: write, goal: bare.map { $0 * 1.5 }, limit: bare,
                limitName: "SIGSEGV and one mmap"),
            Figure(
                name: "first write to an anonymous page", ours: write, goal: copy.map { $0 * 1.5 }, limit: copy,
                limitName: "userfaultfd and UFFDIO_COPY"),
            Figure(
                name: "first write to an anonymous page", ours: write, limit: mapped,
                limitName: "userfaultfd, mmap and UFFDIO_WAKE"),
            Figure(
                name: "first read of a file in order, a page", ours: file, goal: bare.map { $0 * 0.3 }, limit: bare,
                limitName: "SIGSEGV and one mmap"),
        ]
    }

    private static func median(_ effort: Effort, _ measure: () throws -> Double) throws -> Double? {
        var results: [Double] = []
        for _ in 0..<effort.repetitions { results.append(try measure()) }
        return results.sorted()[results.count / 2]
    }
}

/// A process with memory that was not touched yet, and a window of it.
private final class WindowBench {
    let window: AddressWindow
    private let pages: UInt64

    /// Private anonymous memory.
    init(pages: UInt64) throws {
        self.pages = pages
        let process = try WindowMachine(ramBytes: 4 << 30).spawn()
        let start = try process.mmap(length: pages << 12)
        window = try AddressWindow(process, start..<start + pages << 12)
    }

    /// A file that is in the page cache, mapped shared to be read.
    init(filePages pages: UInt64) throws {
        self.pages = pages
        let machine = try WindowMachine(ramBytes: 4 << 30)
        let process = try machine.spawn()
        let file = try machine.withMachine { try $0.tmpfsFile(process.id, name: "bench", size: pages << 12) }
        let start = try process.mmap(length: pages << 12, protection: .read, flags: .shared, file: file)
        window = try AddressWindow(process, start..<start + pages << 12)
    }

    @discardableResult
    func write() throws -> Double { try window.run { [pages] in fl_bench_write_each($0, pages) } }

    func read() throws -> Double { try window.run { [pages] in fl_bench_read_each($0, pages) } }
}
