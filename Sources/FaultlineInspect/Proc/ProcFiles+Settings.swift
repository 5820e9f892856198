import Faultline

/// The settings of /proc/sys.
extension ProcFiles {
    private static let settings: [(name: String, value: @Sendable (KernelSettings) -> UInt64)] = [
        ("kernel.randomize_va_space", { UInt64($0.randomizeVASpace) }), ("kernel.shmall", { $0.shmAllPages }),
        ("kernel.shmmax", { $0.shmMaxBytes }), ("kernel.shmmni", { UInt64($0.shmMaxSegments) }),
        ("vm.admin_reserve_kbytes", { $0.adminReserveKiB }), ("vm.dirty_background_ratio", { $0.dirtyBackgroundRatio }),
        ("vm.dirty_expire_centisecs", { $0.dirtyExpireCentiseconds }), ("vm.dirty_ratio", { $0.dirtyRatio }),
        ("vm.dirty_writeback_centisecs", { $0.dirtyWritebackCentiseconds }),
        ("vm.max_map_count", { UInt64($0.maxMapCount) }),
        ("vm.mmap_min_addr", { $0.privilegedMinAddress }), ("vm.mmap_rnd_bits", { $0.mmapRandomBits }),
        ("vm.overcommit_memory", { UInt64($0.overcommitMode) }), ("vm.overcommit_ratio", { $0.overcommitRatio }),
        ("vm.user_reserve_kbytes", { $0.userReserveKiB }),
    ]

    static var settingNames: [String] { settings.map(\.name) + AllocatorSettings.names }

    /// One setting, as sysctl(8) names it.
    func setting(_ name: String, _ path: String) throws(ProcFileError) -> Content {
        if let text = machine.allocatorSetting(name) { return .text(text + "\n", leftOut: []) }
        guard let value = Self.settings.first(where: { $0.name == name })?.value else {
            throw .noSuchFile(path, Self.paths)
        }
        return .text("\(value(machine.settings))\n", leftOut: [])
    }
}
