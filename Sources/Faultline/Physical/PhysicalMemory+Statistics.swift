/// What time does to the per-CPU lists: the worker that folds the CPU's counters into the zones' looks at them too.
extension PhysicalMemory {
    /// `sysctl_stat_interval`: a second, in microseconds.
    static var statisticsInterval: UInt64 { 1_000_000 }

    /// When the worker runs next, given the time; nil where it would change nothing.
    func statisticsWake(_ now: UInt64) -> UInt64? {
        guard zones.contains(where: { $0.perCPU.isAboveItsLeast }) else { return nil }
        let interval = Self.statisticsInterval
        return max(nextStatistics, (now + interval - 1) / interval * interval)
    }

    /// `refresh_cpu_vm_stats` with `decay_pcp_high`: how many frames may wait on the lists falls by an eighth, and those beyond it go back.
    mutating func decayLists(_ now: UInt64) {
        nextStatistics = now + Self.statisticsInterval
        for index in zones.indices {
            let zone = nodes.zone(index)
            zone.pointee.perCPU.decay()
            let rest = zone.pointee.perCPU.count - zone.pointee.perCPU.high
            if rest > 0 { drain(zone, rest, from: 0) }
        }
    }
}

extension PerCPUPages {
    /// Whether ``decay()`` would change something, or frames would go back.
    fileprivate var isAboveItsLeast: Bool { decayed != high || count > decayed }

    private var decayed: Int {
        high > highMin ? max(count - batch << Self.scale, high - high >> 3, highMin) : high
    }

    /// The new `high`.
    fileprivate mutating func decay() { if high > highMin { setHigh(decayed) } }
}
