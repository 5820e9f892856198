import Testing

@testable import Faultline

/// Settings by the names that sysctl(8) has for them.
struct KernelSettingsTests {
    @Test("each name sets its field, and nothing else")
    func setsFields() throws {
        for name in KernelSettings.settableNames {
            var settings = KernelSettings()
            let others = [
                "vm.mmap_rnd_bits": "30", "slab_debug": "F", "vm.oom_dump_tasks": "0", "vm.dirty_bytes": "8192",
            ]
            try settings.set("\(name)=\(others[name] ?? "1")")
            #expect(settings != KernelSettings(), "\(name)")
        }
        var settings = KernelSettings()
        try settings.set("vm.max_map_count=100")
        try settings.set("vm.overcommit_memory=2")
        try settings.set("stack_guard_gap=16")
        #expect(settings.maxMapCount == 100 && settings.overcommitMode == 2 && settings.stackGuardGap == 65536)
    }

    @Test("the LSM's minimum stays when vm.mmap_min_addr is lowered, and goes with it when it is raised")
    func minimumAddress() throws {
        var settings = KernelSettings()
        try settings.set("vm.mmap_min_addr=0")
        #expect(settings.privilegedMinAddress == 0 && settings.mmapMinAddress == 65536)
        try settings.set("vm.mmap_min_addr=1048576")
        #expect(settings.privilegedMinAddress == 1 << 20 && settings.mmapMinAddress == 1 << 20)
    }

    @Test(
        "a bad setting is reported with the rule",
        arguments: [
            ("vm.overcommit_memory", "NAME=VALUE"), ("vm.overcommit_memory=3", "0 to 2"),
            ("vm.overcommit_memory=", "0 to 2"), ("vm.swappiness=201", "0 to 200"),
            ("vm.laptop_mode=1", "no such setting"), ("=1", "no such setting"),
            ("vm.max_map_count=-1", "0 to 2147483647"), ("vm.max_map_count=99999999999999999999", "0 to 2147483647"),
        ])
    func badSetting(_ line: String, _ rule: String) {
        var settings = KernelSettings()
        let error = #expect(throws: SettingError.self) { try settings.set(line) }
        #expect(error?.rule.contains(rule) == true && error?.setting == line)
        #expect(settings == KernelSettings())
    }

    @Test("a stack above vm.mmap_min_addr grows down to it and no further, whatever the privilege")
    func stackStopsAtMinimum() throws {
        var settings = KernelSettings()
        try settings.set("vm.mmap_min_addr=1048576")
        let bench = try CallBench(settings: settings)
        try bench.machine.mmap(bench.process, 0x11_0000, 4096, prot: 3, flags: 0x132)
        #expect(try bench.machine.store(bench.process, 0x10_0000, 1) == nil)
        #expect(try bench.machine.store(bench.process, 0xf_ffff, 1)?.signal == .noMapping)
        #expect(bench.machine.checkInvariants() == nil)
    }
}
