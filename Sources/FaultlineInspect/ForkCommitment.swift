import Faultline

/// What of a machine decides about the commitment, in KiB.
public struct CommitLimits: Sendable, Equatable {
    /// `vm.overcommit_memory`.
    public var overcommitMode = 0
    /// `MemTotal` and `SwapTotal`.
    public var memoryKiB: UInt64 = 0
    /// `SwapTotal`.
    public var swapKiB: UInt64 = 0
    /// `CommitLimit`.
    public var limitKiB: UInt64 = 0
    /// `Committed_AS`.
    public var committedKiB: UInt64 = 0
    /// `vm.admin_reserve_kbytes`, and whether the process has CAP_SYS_ADMIN, for which it is set aside.
    public var adminReserveKiB: UInt64 = 8192
    /// `vm.user_reserve_kbytes`.
    public var userReserveKiB: UInt64 = 131_072
    /// Whether the process has CAP_SYS_ADMIN.
    public var isAdministrator = true

    /// A machine without memory.
    public init() {}
}

extension ForkForecast.Commitment {
    /// `__vm_enough_memory`, which `dup_mmap` asks for one VMA after the other.
    init(_ areas: [ProcessDescription.Area], _ outcomes: [ForkExperiment.Outcome], _ limits: CommitLimits?) {
        let charges = zip(areas, outcomes).map { UInt64($1.isCharged ? $1.pageCount * 4 : 0) }
        let total = charges.reduce(0, +)
        chargedKiB = Int(total)
        guard let limits else {
            isAllowed = nil
            reason = "the machine that it runs on is not known"
            return
        }
        switch limits.overcommitMode {
        case 1:
            isAllowed = true
            reason = "vm.overcommit_memory is 1: all is allowed"
        case 2:
            (isAllowed, reason) = Self.strict(total, areas, limits)
        default:
            let most = limits.memoryKiB + limits.swapKiB
            let largest = charges.max() ?? 0
            isAllowed = largest <= most
            reason =
                "vm.overcommit_memory is 0: a VMA is refused only where it alone is larger than memory and swap, \(most) kB; "
                + "the largest has \(largest) kB"
        }
    }

    private static func strict(
        _ total: UInt64, _ areas: [ProcessDescription.Area], _ limits: CommitLimits
    ) -> (Bool, String) {
        let size = areas.reduce(UInt64(0)) { $0 + ($1.region.end - $1.region.start) >> 10 }
        let reserve = min(size / 32, limits.userReserveKiB) + (limits.isAdministrator ? 0 : limits.adminReserveKiB)
        let allowed = limits.limitKiB > reserve ? limits.limitKiB - reserve : 0
        let wanted = limits.committedKiB + total
        return (
            wanted < allowed,
            "vm.overcommit_memory is 2: Committed_AS would be \(wanted) kB, the limit is \(limits.limitKiB) kB less \(reserve) kB "
                + "set aside"
        )
    }
}
