import FaultlineScenario
import Glibc

/// khugepaged of the live kernel: while a program runs that has to do with it, it scans the program's memory only when it is told to.
///
/// It scans by itself whenever huge pages are enabled again. Then it looks at 2 MiB of the first address space of its list; memory of this
/// process, which is older than the program's, lies there for it.
final class LiveHugePages {
    private static let folder = "/sys/kernel/mm/transparent_hugepage/khugepaged/"
    private static let sleep = folder + "scan_sleep_millisecs"
    private static let pages = folder + "pages_to_scan"
    private static let bytes = 512 << 20
    private let decoy: UnsafeMutableRawPointer?

    /// What is put back at the end.
    static let files = [sleep, pages]

    init() throws(LiveError) {
        let place = Glibc.mmap(nil, Self.bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let place, place != MAP_FAILED else { throw .host(action: "map memory", errno: errno) }
        decoy = place
        // MADV_HUGEPAGE; the first write brings the anon_vma without which khugepaged does not look.
        Glibc.madvise(place, Self.bytes, 14)
        place.storeBytes(of: 1, as: UInt8.self)
        // All that it has begun ends, so that its next round begins with the first address space.
        try Self.scanOnce()
        try KernelGuard.write("1", to: Self.pages)
    }

    deinit { if let decoy { munmap(decoy, Self.bytes) } }

    /// Two whole rounds over all address spaces.
    func scan() throws(LiveError) -> StatementResult {
        for _ in 0..<2 { try Self.scanOnce() }
        try KernelGuard.write("1", to: Self.pages)
        return StatementResult(.ok)
    }

    /// Wakes it until a round has ended.
    private static func scanOnce() throws(LiveError) {
        try KernelGuard.write("4294967295", to: pages)
        let before = try KernelGuard.read(folder + "full_scans")
        // The last one may still be ending, and hear nothing of a wake-up; without huge pages there is no such thread.
        for attempt in 0..<500 {
            if try KernelGuard.read(folder + "full_scans") != before { return }
            if attempt % 50 == 0 { try KernelGuard.write("3600000", to: sleep) }
            usleep(2000)
        }
    }
}
