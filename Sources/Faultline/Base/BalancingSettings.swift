/// NUMA balancing: `kernel.numa_balancing`, and how it scans (the files of /sys/kernel/debug/sched/numa_balancing).
public struct BalancingSettings: Sendable, Equatable, Codable {
    /// `kernel.numa_balancing`: 0 is off, bit 0 (NUMA_BALANCING_NORMAL) moves pages to who uses them, bit 1 is for tiers of memory.
    public var mode = 0
    /// `scan_delay_ms`: how long a new address space is left alone.
    public var scanDelay: UInt64 = 1000
    /// `scan_period_min_ms` and `scan_period_max_ms`: between which the time from one piece of a scan to the next lies.
    public var scanPeriodMin: UInt64 = 1000, scanPeriodMax: UInt64 = 60_000
    /// `scan_size_mb`: how much memory a piece is.
    public var scanSize: UInt64 = 256

    /// As this kernel boots: off.
    public init() {}

    /// `sched_numa_balancing`.
    var isOn: Bool { mode != 0 }
    var isNormal: Bool { mode & 1 != 0 }
    /// The pages of a piece.
    var scanPages: Int64 { Int64(scanSize) << 8 }
}

extension KernelSettings {
    /// Those of NUMA balancing that have a name.
    static let balancingRanges: [(name: String, range: ClosedRange<UInt64>)] = [
        ("kernel.numa_balancing", 0...3), ("numa_balancing.scan_delay_ms", 0...1 << 31),
        ("numa_balancing.scan_period_min_ms", 1...1 << 31), ("numa_balancing.scan_period_max_ms", 1...1 << 31),
        ("numa_balancing.scan_size_mb", 1...1 << 20),
    ]

    mutating func applyBalancing(_ name: String, _ value: UInt64) {
        switch name {
        case "kernel.numa_balancing": balancing.mode = Int(value)
        case "numa_balancing.scan_delay_ms": balancing.scanDelay = value
        case "numa_balancing.scan_period_min_ms": balancing.scanPeriodMin = value
        case "numa_balancing.scan_period_max_ms": balancing.scanPeriodMax = value
        default: balancing.scanSize = value
        }
    }
}
