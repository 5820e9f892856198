import FaultlineScenario
import Glibc

/// The pool of 2 MiB pages of the live kernel, which a program begins with empty.
///
/// A move of a part of a private mapping loses what was promised for the rest until the next boot (`fixup_hugetlb_reservations`). What is lost
/// when a program begins stays out of its figures: the pool has as many pages more as nobody can have.
final class LiveHugePool {
    private static let folder = "/sys/kernel/mm/hugepages/hugepages-2048kB/"
    private static let size = folder + "nr_hugepages"
    private static let overcommit = folder + "nr_overcommit_hugepages"
    private let lost: UInt64

    /// What is 0 again at the end.
    static let files = [size, overcommit]

    init() throws(LiveError) {
        // Pages that a program before had pinned are given back by a worker, a moment after its processes have ended.
        var isEmpty = try Self.isEmpty()
        for _ in 0..<Self.mostWaits where !isEmpty {
            usleep(20_000)
            isEmpty = try Self.isEmpty()
        }
        lost = try Self.figure("resv_hugepages")
        guard isEmpty else {
            throw .unsupported(
                "this machine has a pool of huge pages of its own; take it away (nr_hugepages=0) for the time of the run"
            )
        }
        try KernelGuard.write(String(lost), to: Self.size)
    }

    /// Two seconds.
    private static let mostWaits = 100

    /// Whether nobody has pages of the pool, and it has none beyond those that are promised for ever.
    private static func isEmpty() throws(LiveError) -> Bool {
        let (total, free) = (try figure("nr_hugepages"), try figure("free_hugepages"))
        let (promised, overcommit) = (try figure("resv_hugepages"), try figure("nr_overcommit_hugepages"))
        return total == free && total <= promised && overcommit == 0
    }

    /// `hugepages(N)`.
    func resize(to count: UInt64) throws(LiveError) -> StatementResult {
        try KernelGuard.write(String(count &+ lost), to: Self.size)
        return StatementResult(.value(try Self.figure("nr_hugepages") &- lost))
    }

    /// `hugepages_overcommit(N)`.
    func setOvercommit(_ count: UInt64) throws(LiveError) -> StatementResult {
        try KernelGuard.write(String(count), to: Self.overcommit)
        return StatementResult(.value(try Self.figure("nr_overcommit_hugepages")))
    }

    /// `hugetlb_pool()`.
    func figures() throws(LiveError) -> StatementResult {
        let total = try Self.figure("nr_hugepages") &- lost
        let free = try Self.figure("free_hugepages") &- lost
        let reserved = try Self.figure("resv_hugepages") &- lost
        let surplus = try Self.figure("surplus_hugepages")
        return StatementResult(.told("total=\(total) free=\(free) rsvd=\(reserved) surp=\(surplus)"))
    }

    private static func figure(_ name: String) throws(LiveError) -> UInt64 {
        UInt64(try KernelGuard.read(folder + name)) ?? 0
    }
}

extension LiveMachine {
    /// The pool. Every program that has such a call was made ready for it.
    func hugePagePool() throws(LiveError) -> LiveHugePool {
        guard let hugePool else { throw .unsupported("a program without hugepages has no pool on the live kernel") }
        return hugePool
    }
}

extension LiveCallTable {
    /// The pool of huge pages.
    static let hugePages: [(String, Action)] = [
        ("hugepages", { try $0.machine.hugePagePool().resize(to: $0[0]) }),
        ("hugepages_overcommit", { try $0.machine.hugePagePool().setOvercommit($0[0]) }),
        ("hugetlb_pool", { try $0.machine.hugePagePool().figures() }),
    ]
}
