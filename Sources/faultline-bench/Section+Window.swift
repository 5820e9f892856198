import CBench
import Faultline
import FaultlineWindow

extension Section {
    /// What ordinary code pays in a window, beside the same code on ordinary memory and beside the bare host fault.
    static let window = Section(name: "window", heading: "Ordinary code in a window of a simulated process") {
        effort throws(BenchError) in
        hits(effort) + faults(effort)
    }

    private static let hitBytes: UInt64 = 4 << 20

    /// Touches of pages that are shown: the host's own.
    private static func hits(_ effort: Effort) -> [Figure] {
        let rounds = UInt64(effort.translations) / (hitBytes / 64)
        typealias Touch = (UnsafeMutableRawPointer, UInt64, UInt64) -> Double
        func figure(_ name: String, _ ours: @escaping Touch, _ limit: @escaping (UInt64, UInt64) -> Double) -> Figure {
            // Each time the memory is another one on both sides: where the host's pages lie makes a difference of a tenth.
            effort.figure(
                name, goal: .timesLimit(1.05), limitName: "native code, a memory file in pages of 4 KiB",
                repetitions: effort.repetitions * 3,
                ours: {
                    guard let bench = try? WindowBench(pages: hitBytes >> 12), (try? bench.write()) != nil else {
                        return -1
                    }
                    return ours(bench.window.base, hitBytes, rounds)
                }, limit: { limit(hitBytes, rounds) })
        }
        return [
            figure("a touch that does not fault, in order", fl_bench_touch_in_order, fl_limit_touch_in_order),
            figure("a touch that does not fault, at random", fl_bench_touch_at_random, fl_limit_touch_at_random),
        ]
    }

    private static func faults(_ effort: Effort) -> [Figure] {
        let pages = effort.pages / 2
        func write() -> Double { (try? WindowBench(pages: pages).write()) ?? -1 }
        func read() -> Double { (try? WindowBench(filePages: pages).read()) ?? -1 }
        let bare = "SIGSEGV and one mmap"
        return [
            effort.figure(
                "first write to an anonymous page", goal: .timesLimit(1.5), limitName: bare, ours: write,
                limit: { fl_limit_signal_fault(pages) }),
            effort.figure(
                "the same", goal: .timesLimit(1.5), limitName: "userfaultfd and UFFDIO_COPY", ours: write,
                limit: { fl_limit_userfault_copy(pages) }),
            effort.figure(
                "the same beside a mapping", limitName: "userfaultfd, mmap and UFFDIO_WAKE", ours: write,
                limit: { fl_limit_userfault_map(pages) }),
            effort.figure(
                "first read of a file in order, a page", goal: .timesLimit(0.3), limitName: bare, ours: read,
                limit: { fl_limit_signal_fault(pages) }),
        ]
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
