/// What NUMA balancing counts (`enum vm_event_item`).
public struct BalancingCounts: Sendable, Equatable {
    /// `numa_pte_updates`: entries that were made to fault, those of huge pages counted by their pages.
    public var hinted: UInt64 = 0
    /// `numa_huge_pte_updates`: entries of PMDs whose protection changed, by mprotect(2) and its like too.
    public var hugeChanges: UInt64 = 0
    /// `numa_hint_faults` and `numa_hint_faults_local`.
    public var faults: UInt64 = 0, localFaults: UInt64 = 0
    /// `numa_pages_migrated`.
    public var moved: UInt64 = 0

    /// All 0.
    public init() {}
}

/// NUMA balancing (`kernel/sched/fair.c`, `mm/mempolicy.c`): its settings, and what it knows of areas and pages.
struct NUMABalancing {
    var settings = BalancingSettings()
    var counts = BalancingCounts()
    /// `vma->numab_state`.
    var areas: [Handle<VMArea>: AreaScan] = [:]
    /// By the first frame of a folio; counts only while the page has ``PageFlag/visited``, which goes with the page.
    private var lastUsers: [PFN: LastUser] = [:]

    /// Ticks of a second (CONFIG_HZ).
    static var ticksPerSecond: UInt64 { 250 }
    /// A tick in microseconds.
    static var tick: UInt64 { 1_000_000 / ticksPerSecond }
    /// `msecs_to_jiffies`.
    static func ticks(_ milliseconds: UInt64) -> UInt64 {
        (milliseconds * ticksPerSecond + 999) / 1000
    }

    /// Who used a folio last, as far as faults tell (`folio_last_cpupid`).
    private struct LastUser {
        let user: CPUAndProcess
        /// The pages of the folio then: it may be split since.
        let pages: UInt64
    }

    /// `folio_last_cpupid` of a folio that was visited.
    func lastUser(_ first: PFN) -> CPUAndProcess? {
        if let own = lastUsers[first] { return own.user }
        for order in 1...9 as ClosedRange<UInt64> {
            let head = first & ~(1 << order - 1)
            if let found = lastUsers[head], found.pages > first - head { return found.user }
        }
        return nil
    }

    mutating func setLastUser(_ first: PFN, pages: UInt64, _ user: CPUAndProcess) {
        if let old = lastUsers[first], old.pages > pages {
            // It was split: the other parts keep what the whole had.
            for part in first + pages..<first + old.pages where lastUsers[part] == nil {
                lastUsers[part] = LastUser(user: old.user, pages: 1)
            }
        }
        lastUsers[first] = LastUser(user: user, pages: pages)
    }

    /// `folio_migrate_flags`: the page in its new frames is known as the one in the old was.
    mutating func moveLastUser(from old: PFN, to new: PFN, pages: UInt64) {
        guard let user = lastUser(old) else { return }
        setLastUser(new, pages: pages, user)
    }
}

/// A `cpupid`: the CPU that made a hinting fault, and of the process's id the low 8 bits.
struct CPUAndProcess: Equatable {
    let cpu: Int32
    let process: UInt8

    /// `cpupid_pid_unset`: all bits are set, which some ids share.
    var isUnset: Bool { process == .max }
}

/// How far the scan of an address space is (`mm_struct`). Times are ticks of the clock.
struct SpaceScan {
    /// `numa_next_scan`; 0 before the first look.
    var next: UInt64 = 0
    /// `numa_scan_seq`: whole scans.
    var sequence: Int32 = 0
    /// `numa_scan_offset`.
    var offset: VirtualAddress = 0
}

/// `struct vma_numab_state`. Times are ticks.
struct AreaScan {
    let firstSequence: Int32
    let nextScan: UInt64
    /// `pids_active_reset`.
    var reset: UInt64
    /// `prev_scan_seq`.
    var lastSequence: Int32
    /// `pids_active`: bits of processes that faulted here, in the present window and the one before.
    var active: UInt64 = 0
    var activeBefore: UInt64 = 0

    /// The bit of a process (`hash_32`).
    static func bit(_ processID: UInt32) -> UInt64 { 1 << UInt64((processID &* 0x61c8_8647) >> 26) }
}

extension Machine {
    /// `jiffies`.
    var ticks: UInt64 { clock.now / NUMABalancing.tick }
}
