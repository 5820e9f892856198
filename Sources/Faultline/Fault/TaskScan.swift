/// What NUMA balancing knows of a process (`task_struct`). Periods are milliseconds, ``stamp`` and ``runtime`` nanoseconds, times ticks.
struct TaskScan {
    /// `se.sum_exec_runtime`: for how long it computed.
    var runtime: UInt64 = 0
    /// `node_stamp`.
    var stamp: UInt64 = 0
    /// `numa_scan_period` and `numa_scan_period_max`.
    var period: UInt64 = BalancingSettings().scanDelay
    var longestPeriod: UInt64 = 0
    /// `numa_scan_seq`.
    var sequence: Int32 = 0
    /// `numa_preferred_nid`; -1 for none.
    var preferred = -1
    /// `numa_migrate_retry`.
    var retry: UInt64 = 0
    /// `numa_faults`: of each node, faults on its memory by others' pages and by private ones, in the present window and decayed; empty
    /// before the first.
    var window: [Int64] = []
    var faults: [Int64] = []
    /// `numa_faults_locality`: remote, local, and pages that could not move.
    var remote: Int64 = 0
    var local: Int64 = 0
    var failed: Int64 = 0

    static var nanosecondsPerTick: UInt64 { NUMABalancing.tick * 1000 }

    /// `task_numa_free` at execve.
    mutating func forgetFaults() {
        window = window.map { _ in 0 }
        faults = faults.map { _ in 0 }
    }
}

extension Machine {
    /// `init_numa_balancing`, of a process that is being made. Where it is made by fork, it has still its parent's address space
    /// then, whose scan begins anew, and which is copied behind it.
    func inheritScan(_ child: Process, from task: Process) {
        let mm = task.mm
        let shares = child.mm == mm
        let users = UInt64(max(mm.pointee.users - (shares ? 1 : 0), 0))
        if users == 1 {
            mm.pointee.scan.next = ticks + NUMABalancing.ticks(numa.settings.scanDelay)
            mm.pointee.scan.sequence = 0
        }
        var scan = TaskScan()
        scan.period = numa.settings.scanDelay
        scan.sequence = mm.pointee.scan.sequence
        (scan.longestPeriod, scan.retry) = (task.scan.longestPeriod, task.scan.retry)
        if shares {
            scan.preferred = task.scan.preferred
            // Threads scan one after the other. The delay compares milliseconds with nanoseconds, in 32 bits.
            let wanted = UInt64(UInt32(truncatingIfNeeded: task.scan.period &* users &* 1_000_000))
            scan.stamp = min(longestScanPeriod(task), wanted) + 2 * TaskScan.nanosecondsPerTick
        } else {
            child.mm.pointee.scan = mm.pointee.scan
        }
        child.scan = scan
    }

    // MARK: Periods

    /// `task_nr_scan_windows`: pieces of a whole scan.
    private func scanPieces(_ task: Process) -> UInt64 {
        let size = UInt64(numa.settings.scanPages)
        let rss = UInt64(task.mm.pointee.shownRSS)
        return ((rss == 0 ? size : rss) + size - 1) / size
    }

    /// `task_scan_min`: never more than 2,560 MiB a second.
    func shortestScanPeriod(_ task: Process) -> UInt64 {
        let size = numa.settings.scanSize
        let windows = size < 2560 ? 2560 / size : 1
        return max(1000 / windows, numa.settings.scanPeriodMin / scanPieces(task))
    }

    /// `task_scan_max`, of a process that is in no group.
    func longestScanPeriod(_ task: Process) -> UInt64 {
        max(shortestScanPeriod(task), numa.settings.scanPeriodMax / scanPieces(task))
    }

    // MARK: Faults

    /// `task_numa_fault`: notes a hinting fault on a node's memory.
    func noteHintingFault(_ task: Process, _ fault: HintingFault, node: Int) {
        guard numa.settings.isOn else { return }
        if task.scan.window.isEmpty {
            task.scan.window = Array(repeating: 0, count: physical.nodes.zonelists.count * 2)
            task.scan.faults = task.scan.window
            (task.scan.remote, task.scan.local, task.scan.failed) = (0, 0, 0)
        }
        // First accesses count as private.
        let isPrivate = fault.lastUser.map { $0.process == task.lowID } ?? true
        if ticks > task.scan.retry {
            place(task)
            if task.scan.preferred >= 0 {
                // numa_migrate_preferred: the scheduler moves nobody here.
                let interval = min(NUMABalancing.ticksPerSecond, NUMABalancing.ticks(task.scan.period) / 16)
                task.scan.retry = ticks + interval
            }
        }
        if fault.failed { task.scan.failed += fault.pages }
        task.scan.window[node * 2 + (isPrivate ? 1 : 0)] += fault.pages
        if fault.isLocal { task.scan.local += fault.pages } else { task.scan.remote += fault.pages }
    }

    /// `task_numa_placement`: after a whole scan, the node with the most faults is the preferred one.
    private func place(_ task: Process) {
        let sequence = task.mm.pointee.scan.sequence
        if task.scan.sequence == sequence { return }
        task.scan.sequence = sequence
        task.scan.longestPeriod = longestScanPeriod(task)
        var (most, best) = (0 as Int64, -1)
        var kinds = (shared: 0 as Int64, own: 0 as Int64)
        for node in 0..<task.scan.window.count / 2 {
            for kind in 0...1 {
                let index = node * 2 + kind
                let fresh = task.scan.window[index]
                if kind == 0 { kinds.shared += fresh } else { kinds.own += fresh }
                task.scan.window[index] = 0
                task.scan.faults[index] += fresh - task.scan.faults[index] / 2
            }
            let sum = task.scan.faults[node * 2] + task.scan.faults[node * 2 + 1]
            if sum > most { (most, best) = (sum, node) }
        }
        if most > 0 { task.scan.preferred = best }
        updateScanPeriod(task, shared: kinds.shared, own: kinds.own)
    }

    /// `update_task_scan_period`: slower where memory is local already, or nobody's own; faster where it is neither. 7 of 10 is enough.
    private func updateScanPeriod(_ task: Process, shared: Int64, own: Int64) {
        let (local, remote) = (task.scan.local, task.scan.remote)
        if local + shared == 0 || task.scan.failed != 0 {
            task.scan.period = min(task.scan.longestPeriod, task.scan.period << 1)
            task.mm.pointee.scan.next = ticks + NUMABalancing.ticks(task.scan.period)
            return
        }
        let slot = Int64((task.scan.period + 9) / 10)
        let localTenths = local + remote == 0 ? 0 : local * 10 / (local + remote)
        let ownTenths = own + shared == 0 ? 0 : own * 10 / (own + shared)
        let change =
            if ownTenths >= 7 {
                max(ownTenths - 7, 1) * slot
            } else if localTenths >= 7 {
                max(localTenths - 7, 1) * slot
            } else {
                -(7 - max(localTenths, ownTenths)) * slot
            }
        let period = UInt64(max(Int64(task.scan.period) + change, 0))
        task.scan.period = min(max(period, shortestScanPeriod(task)), longestScanPeriod(task))
        (task.scan.remote, task.scan.local, task.scan.failed) = (0, 0, 0)
    }
}

extension Process {
    /// The id that files of /proc show, and the low bits of it that a page remembers.
    var processID: UInt32 { UInt32(truncatingIfNeeded: 1000 + index) }
    var lowID: UInt8 { UInt8(truncatingIfNeeded: processID) }
}
