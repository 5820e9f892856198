import Testing

@testable import Faultline

/// The page allocator's files of /proc/sys.
struct AllocatorSettingsTests {
    @Test("each setting reads as it was set, and as the kernel writes it")
    func readBack() throws {
        var memory = try PhysicalMemory(bytes: 1 << 30)
        for name in AllocatorSettings.names {
            let before = memory.setting(name)
            #expect(before != nil, "\(name)")
        }
        let ratios = memory.setting("vm.lowmem_reserve_ratio")
        #expect(ratios == "256\t256\t32\t0\t0")
        // A number alone is that of ZONE_DMA.
        try memory.set("vm.lowmem_reserve_ratio", 64)
        let changed = memory.setting("vm.lowmem_reserve_ratio")
        #expect(changed == "64\t256\t32\t0\t0")
        let (reserve, above) = (memory.zones[0].watermarks.reserves[1], memory.zones[1].managed)
        #expect(reserve == above / 64)
        try memory.set("vm.min_free_kbytes", 1023)
        let minimum = memory.setting("vm.min_free_kbytes")
        #expect(minimum == "1023")
    }

    @Test("a line of sysctl sets them; what the kernel does not take is refused with its reason")
    func lines() throws {
        var settings = AllocatorSettings()
        try settings.set("vm.min_free_kbytes=65536")
        try settings.set("vm.lowmem_reserve_ratio=100 50,25")
        try settings.set("vm.compact_unevictable_allowed=0")
        #expect(settings.minFreeKiB == 65536 && settings.lowmemReserveRatio == [100, 50, 25, 0, 0])
        #expect(!settings.compactsUnevictable)
        for (line, part) in [
            ("vm.defrag_mode=1", "not modelled"), ("vm.watermark_scale_factor=0", "from 1 to 3000"),
            ("vm.percpu_pagelist_high_fraction=7", "from 8"), ("vm.min_free_kbytes=1 2", "a number from"),
            ("vm.lowmem_reserve_ratio=1 2 3 4 5 6", "up to 5"), ("vm.extfrag_threshold=x", "no number"),
            ("vm.swappiness=1", "no such setting"),
        ] {
            #expect { try settings.set(line) } throws: { "\($0)".contains(part) && "\($0)".hasPrefix(line) }
        }
    }

    @Test("with compact_unevictable_allowed=0 locked pages stay where they are", arguments: [UInt64(0), 1])
    func lockedPages(_ allowed: UInt64) throws {
        let machine = try Machine(ramBytes: 64 << 20)
        let process = try machine.start()
        let base: UInt64 = 0x1000_0000_0000
        try machine.mmap(process, base, 4 << 20, prot: 3, flags: 0x32)
        for page in 0..<1024 as Range<UInt64> { #expect(try machine.store(process, base + page << 12, 1) == nil) }
        let locked = base + 100 << 12
        try machine.mlock(process, locked, 64 << 12)
        machine.drainBatches()
        // Holes above and below.
        for page in stride(from: 0, to: 1024, by: 2) as StrideTo<UInt64> where page < 100 || page >= 164 {
            try machine.munmap(process, base + page << 12, 4096)
        }
        machine.drainBatches()
        machine.physical.drainAll()
        try machine.setAllocator("vm.compact_unevictable_allowed", allowed)
        func frames() throws -> [PFN] {
            let mm = try #require(machine.liveAddressSpaces.first).mm
            return (0..<64 as Range<UInt64>).map { machine.readPTE(mm, locked + $0 << 12).pfn }
        }
        let before = try frames()
        try machine.compactMemory(process)
        let after = try frames()
        #expect((before == after) == (allowed == 0))
        #expect(machine.checkInvariants() == nil)
    }
}
