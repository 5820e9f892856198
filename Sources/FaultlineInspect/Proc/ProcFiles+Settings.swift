import Faultline

/// The settings of /proc/sys.
extension ProcFiles {
    private static let settings: [(name: String, value: @Sendable (KernelSettings) -> UInt64)] = [
        ("kernel.numa_balancing", { UInt64($0.balancing.mode) }),
        ("kernel.randomize_va_space", { UInt64($0.randomizeVASpace) }), ("kernel.shmall", { $0.shmAllPages }),
        ("kernel.shmmax", { $0.shmMaxBytes }), ("kernel.shmmni", { UInt64($0.shmMaxSegments) }),
        ("vm.admin_reserve_kbytes", { $0.adminReserveKiB }), ("vm.dirty_background_bytes", { $0.dirtyBackgroundBytes }),
        ("vm.dirty_background_ratio", { $0.dirtyBackgroundRatio }), ("vm.dirty_bytes", { $0.dirtyBytes }),
        ("vm.dirty_expire_centisecs", { $0.dirtyExpireCentiseconds }), ("vm.dirty_ratio", { $0.dirtyRatio }),
        ("vm.dirty_writeback_centisecs", { $0.dirtyWritebackCentiseconds }),
        ("vm.max_map_count", { UInt64($0.maxMapCount) }),
        ("vm.mmap_min_addr", { $0.privilegedMinAddress }), ("vm.mmap_rnd_bits", { $0.mmapRandomBits }),
        ("vm.overcommit_memory", { UInt64($0.overcommitMode) }), ("vm.overcommit_ratio", { $0.overcommitRatio }),
        ("vm.panic_on_oom", { UInt64($0.panicOnOutOfMemory) }), ("vm.swappiness", { $0.swappiness }),
        ("vm.user_reserve_kbytes", { $0.userReserveKiB }),
    ]

    /// Those that may be negative.
    private static let integers: [(name: String, value: @Sendable (KernelSettings) -> Int32)] = [
        ("vm.oom_dump_tasks", \.taskLogLevel), ("vm.oom_kill_allocating_task", \.killingAskerLevel),
    ]

    static var settingNames: [String] { settings.map(\.name) + integers.map(\.name) + AllocatorSettings.names }

    /// One setting, as sysctl(8) names it.
    func setting(_ name: String, _ path: String) throws(ProcFileError) -> Content {
        if name == "kernel.numa_balancing" { return .text("\(machine.balancingSettings.mode)\n", leftOut: []) }
        if let text = machine.allocatorSetting(name) { return .text(text + "\n", leftOut: []) }
        if let value = Self.integers.first(where: { $0.name == name })?.value {
            return .text("\(value(machine.settings))\n", leftOut: [])
        }
        guard let value = Self.settings.first(where: { $0.name == name })?.value else {
            throw .noSuchFile(path, Self.paths)
        }
        return .text("\(value(machine.settings))\n", leftOut: [])
    }
}
