/// A setting that cannot be: what was asked for, and what would do.
public struct SettingError: Error, Equatable, CustomStringConvertible {
    /// The name and the value as they were given.
    public let setting: String
    /// What is wrong, and the remedy.
    public let rule: String

    /// For a reader.
    public var description: String { "\(setting): \(rule)" }
}

extension KernelSettings {
    /// The settings that have a name in sysctl(8), and what their values may be.
    private static let ranges: [(name: String, range: ClosedRange<UInt64>)] =
        [
            ("vm.max_map_count", 0...0x7fff_ffff), ("vm.mmap_min_addr", 0...(1 << 46)), ("vm.mmap_rnd_bits", 28...32),
            ("vm.overcommit_memory", 0...2), ("vm.overcommit_ratio", 0...0x7fff_ffff),
            ("vm.admin_reserve_kbytes", 0...(1 << 40)), ("vm.user_reserve_kbytes", 0...(1 << 40)),
            ("kernel.randomize_va_space", 0...2), ("stack_guard_gap", 0...(1 << 32)), ("kernel_seed", 0...UInt64.max),
            ("kernel_objects", 0...1), ("vm.swappiness", 0...200), ("vm.panic_on_oom", 0...2),
        ] + dirtyRanges + balancingRanges

    /// Those that are an `int` of the kernel, which takes every one (`proc_dointvec`).
    private static let integers = ["vm.oom_kill_allocating_task", "vm.oom_dump_tasks"]

    /// Every name that ``set(_:)`` knows.
    public static var settableNames: [String] { ranges.map(\.name) + integers + ["slab_debug"] }

    /// Sets what a line such as `vm.overcommit_memory=2` says; `stack_guard_gap` is the kernel's parameter, in pages.
    ///
    /// - Throws: ``SettingError`` for a name that is unknown, and a value that is out of range.
    public mutating func set(_ setting: String) throws(SettingError) {
        let parts = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw SettingError(setting: setting, rule: "write NAME=VALUE") }
        let name = String(parts[0])
        if name == "slab_debug" { return try setSlabDebug(setting, String(parts[1])) }
        if Self.integers.contains(name) { return try setInteger(name, setting, String(parts[1])) }
        guard let range = Self.ranges.first(where: { $0.name == name })?.range else {
            throw SettingError(
                setting: setting, rule: "no such setting; there are \(Self.settableNames.joined(separator: ", "))")
        }
        guard let value = UInt64(parts[1]), range.contains(value) else {
            throw SettingError(
                setting: setting, rule: "the value is a number from \(range.lowerBound) to \(range.upperBound)")
        }
        if Self.dirtyRanges.contains(where: { $0.name == name }) {
            applyDirty(name, value)
        } else if Self.balancingRanges.contains(where: { $0.name == name }) {
            applyBalancing(name, value)
        } else {
            apply(name, value)
        }
    }

    private mutating func setInteger(_ name: String, _ setting: String, _ text: String) throws(SettingError) {
        guard let value = Int32(text) else {
            throw SettingError(setting: setting, rule: "the value is a number from \(Int32.min) to \(Int32.max)")
        }
        if name == "vm.oom_dump_tasks" { taskLogLevel = value } else { killingAskerLevel = value }
    }

    private mutating func apply(_ name: String, _ value: UInt64) {
        switch name {
        case "vm.max_map_count": maxMapCount = Int(value)
        case "vm.mmap_min_addr":
            privilegedMinAddress = value
            // update_mmap_min_addr: the LSM's own minimum stays.
            mmapMinAddress = max(value, Self.securityMinAddress)
        case "vm.mmap_rnd_bits": mmapRandomBits = value
        case "vm.overcommit_memory": overcommitMode = Int(value)
        case "vm.overcommit_ratio": overcommitRatio = value
        case "vm.admin_reserve_kbytes": adminReserveKiB = value
        case "vm.user_reserve_kbytes": userReserveKiB = value
        case "kernel.randomize_va_space": randomizeVASpace = Int(value)
        case "kernel_objects": chargesKernelObjects = value != 0
        case "kernel_seed": kernelSeed = value
        case "vm.swappiness": swappiness = value
        case "vm.panic_on_oom": panicOnOutOfMemory = Int(value)
        default: stackGuardGap = value << 12
        }
    }

    /// CONFIG_LSM_MMAP_MIN_ADDR.
    private static let securityMinAddress: UInt64 = 65536
}
