import CHost
import FaultlineScenario
import Glibc

/// ksmd of the live kernel: while a program runs that has to do with it, it scans when it is told to, once each time.
///
/// One wake-up looks at so many pages that it ends with the scan, and the next one is as good as never. A mapping of this process, which
/// nobody touches, keeps ksmd's list from being empty, so that every scan takes place.
final class LiveMerging {
    private static let folder = "/sys/kernel/mm/ksm/"
    private static let run = folder + "run"
    private static let sleep = folder + "sleep_millisecs"
    private let ballast: UnsafeMutableRawPointer
    /// Whether ksmd made a scan that nobody asked for, so that the run must be made again.
    private(set) var wasDisturbed = false
    /// The length of ksmd's sleep, which a change of ends.
    private var nap = 3_600_000

    /// What programs begin with.
    private static let start: [(file: String, value: String)] = [
        ("advisor_mode", "none"), ("pages_to_scan", "4294967295"), ("sleep_millisecs", "3600000"),
        ("stable_node_chains_prune_millisecs", "4294967295"), ("use_zero_pages", "0"), ("max_page_sharing", "256"),
        ("merge_across_nodes", "1"), ("smart_scan", "1"),
    ]

    /// Adds what is put back at the end: first every page is taken apart, without which some files refuse a change.
    static func guardFiles(_ watch: inout KernelGuard) throws(LiveError) {
        try watch.add(file: run, value: "2")
        for setting in start { try watch.add(file: folder + setting.file) }
        try watch.add(file: run)
    }

    init() throws(LiveError) {
        let place = Glibc.mmap(nil, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let place, place != MAP_FAILED else { throw .host(action: "map memory", errno: errno) }
        ballast = place
        // MADV_MERGEABLE.
        guard Glibc.madvise(place, 4096, 12) == 0 else {
            throw .unsupported("this kernel has no samepage merging (CONFIG_KSM)")
        }
        try unmerge()
        for setting in Self.start { try KernelGuard.write(setting.value, to: Self.folder + setting.file) }
    }

    deinit { munmap(ballast, 4096) }

    /// `ksm_scan(N)`.
    func scan(_ times: UInt64) throws(LiveError) -> StatementResult {
        for _ in 0..<times { try scanOnce() }
        return StatementResult(.ok)
    }

    /// `ksm_unmerge()`.
    @discardableResult
    func unmerge() throws(LiveError) -> StatementResult {
        try KernelGuard.write("2", to: Self.run)
        try KernelGuard.write("0", to: Self.run)
        // The copies were made here: they must not wait for the lists in this processor's batch.
        fl_drain_batches()
        return StatementResult(.ok)
    }

    private func scanOnce() throws(LiveError) {
        let before = try scans()
        try KernelGuard.write("1", to: Self.run)
        var done = before
        for attempt in 1... {
            done = try scans()
            if done != before { break }
            if attempt % 100 == 0 {
                // It has not gone to its long sleep yet when it was woken last, and is in the short one between two scans.
                try wake()
            }
            if attempt > 50_000 { throw .host(action: "have ksmd scan", errno: ETIME) }
            usleep(200)
        }
        // Waits until ksmd has let go of its lock: it makes no other scan afterwards.
        try KernelGuard.write("0", to: Self.run)
        done = try scans()
        if done != before + 1 { wasDisturbed = true }
        usleep(200)
        try wake()
    }

    private func wake() throws(LiveError) {
        nap ^= 1
        try KernelGuard.write(String(nap), to: Self.sleep)
    }

    private func scans() throws(LiveError) -> UInt64 {
        UInt64(try KernelGuard.read(Self.folder + "full_scans")) ?? 0
    }
}

extension LiveMachine {
    /// ksmd. Every program that has such a call was made ready for it.
    func merger() throws(LiveError) -> LiveMerging {
        guard let merging else { throw .unsupported("a program has no part in ksmd that never names it") }
        return merging
    }
}

extension LiveCallTable {
    /// What ksmd is told to do.
    static let merging: [(String, Action)] = [
        ("ksm_scan", { try $0.machine.merger().scan($0[0]) }),
        ("ksm_unmerge", { try $0.machine.merger().unmerge() }),
    ]
}
