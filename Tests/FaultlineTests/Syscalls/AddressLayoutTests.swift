import Faultline
import Testing

/// The ends of the address space: mmap_min_addr, the bottom-up layout, MAP_32BIT, and max_map_count. Every value was read
/// from a live 6.18 kernel.
struct AddressLayoutTests {
    private let page = CallBench.page

    private func map(_ bench: CallBench, _ address: UInt64, flags: UInt64) throws -> UInt64 {
        try bench.machine.mmap(bench.process, address, page, prot: 3, flags: flags)
    }

    @Test("a hint below the minimum is raised to it; a fixed address is taken as it is (`round_hint_to_min`)")
    func minimum() throws {
        let bench = try CallBench()
        #expect(try map(bench, 0, flags: 0x32) == 0)
        #expect(try map(bench, 0x1000, flags: 0x22) == 0x1_0000)
        #expect(try map(bench, 0x1000, flags: 0x32) == 0x1000)
    }

    @Test("without CAP_SYS_RAWIO the page at 0 is EPERM, for mmap and mremap (`cap_mmap_addr`)")
    func minimumWithoutPrivilege() throws {
        let bench = try CallBench()
        var capabilities = Capabilities()
        capabilities.canMapLowPages = false
        try bench.machine.setCapabilities(bench.process, capabilities)
        #expect(bench.errno { _ = try map(bench, 0, flags: 0x32) } == .EPERM)
        #expect(bench.errno { _ = try map(bench, 0, flags: 0x10_0032) } == .EPERM)
        #expect(try map(bench, 0xf000, flags: 0x32) == 0xf000)
        #expect(try map(bench, 0x1000, flags: 0x32) == 0x1000)
        #expect(try map(bench, 0x1000, flags: 0x22) == 0x1_0000)
        try bench.map(0, 1)
        func move(_ target: UInt64) -> Errno? {
            bench.errno { try bench.machine.mremap(bench.process, bench.at(0), page, page, flags: 3, new: target) }
        }
        #expect(move(0) == .EPERM)
        #expect(move(0x1000) == nil)
    }

    /// The bottom-up layout, with the kernel's own mappings where they lie then.
    private var legacy: InitialAddressSpace {
        var space = InitialAddressSpace.scenarioAgent
        let base: UInt64 = 0x2aaa_aaaa_b000
        for index in space.regions.indices {
            guard case .special = space.regions[index].content else { continue }
            space.regions[index].start = space.regions[index].start - 0x7fff_f7ff_7000 + base
            space.regions[index].end = space.regions[index].end - 0x7fff_f7ff_7000 + base
        }
        space.mmapBase = base
        space.isLegacyLayout = true
        return space
    }

    @Test("the legacy layout goes up from a third of the address space (`arch_get_unmapped_area`)")
    func bottomUp() throws {
        let bench = try CallBench(space: legacy)
        func map(_ address: UInt64, _ pages: UInt64, flags: UInt64 = 0x22) throws -> UInt64 {
            try bench.machine.mmap(bench.process, address, pages * page, prot: 3, flags: flags)
        }
        #expect(try map(0, 1) == 0x2aaa_aaab_3000)
        #expect(try map(0, 3) == 0x2aaa_aaab_4000)
        #expect(bench.errno { try bench.machine.munmap(bench.process, 0x2aaa_aaab_3000, page) } == nil)
        #expect(try map(0, 2) == 0x2aaa_aaab_7000)
        #expect(try map(0, 1) == 0x2aaa_aaab_3000)
        #expect(try map(0, 512) == 0x2aaa_aac0_0000)
        #expect(try map(0x1000_0000_0123, 1) == 0x1000_0000_0000)
        #expect(try map(0, 1, flags: 0x62) == 0x4000_0000)
        // The hint lies in the stack's guard gap.
        #expect(try map(0x7fff_fffd_0000, 1) == 0x2aaa_aaab_9000)
        #expect(bench.machine.checkInvariants() == nil)
    }

    @Test("when the top-down area is full, the rest is filled from below (`arch_get_unmapped_area_topdown`)")
    func fallsBack() throws {
        let bench = try CallBench()
        let gap = (UInt64(0x7fff_f7ff_7000) - 0x1_0000) & ~0xfff
        // All but the lowest part is taken, so that only the space between mmap_base and the stack is left.
        #expect(
            bench.errno { try bench.machine.mmap(bench.process, 0x41_0000, gap - 0x40_0000, prot: 0, flags: 0x4032) }
                == nil)
        #expect(try bench.machine.mmap(bench.process, 0, 0x50_0000, prot: 0, flags: 0x4022) == 0x7fff_f7ff_f000)
    }

    @Test("drawn places make MAP_32BIT start within 32 MiB of 1 GiB (`find_start_end`)")
    func randomized32Bit() throws {
        let bench = try CallBench(space: InitialAddressSpace.scenarioAgent.randomized(seed: 3))
        bench.machine.seedRandomNumbers(3)
        let places = try (0..<20).map { _ in try map(bench, 0, flags: 0x62) }
        #expect(places.allSatisfy { $0 >= 0x4000_0000 && $0 < 0x4200_0000 + 20 * page })
        #expect(Set(places.map { $0 >> 20 }).count > 5)
    }

    @Test("max_map_count: one mapping more is made at the limit, but no split (`do_mmap`, `__split_vma`)")
    func mapCount() throws {
        var settings = KernelSettings()
        settings.maxMapCount = 100
        let bench = try CallBench(settings: settings)
        let own = try bench.machine.snapshot(bench.process).vmas.count
        var made: UInt64 = 0
        while try bench.machine.mmap(bench.process, bench.at(made * 2), page, prot: 3, flags: 0x32) != 0 {
            made += 1
            if made + UInt64(own) > 100 { break }
        }
        let far: UInt64 = 1 << 24
        #expect(bench.mapErrno(far, 1) == .ENOMEM)
        // A whole VMA is changed in place.
        #expect(bench.protect(0, 1, 1) == nil)
        #expect(bench.mapErrno(1, 1) == .ENOMEM)
        #expect(bench.unmap(0, 1) == nil)
        #expect(bench.mapErrno(far, 4) == nil)
        #expect(bench.protect(far, 1, 1) == .ENOMEM)
        #expect(bench.advise(far, 1, 16) == .EAGAIN)
        #expect(bench.unmap(far + 1, 1) == .ENOMEM)
        #expect(bench.unmap(far, 1) == nil)
        #expect(bench.lock(far + 1, 1) == .ENOMEM)
        #expect(bench.seal(far + 1, 1) == .ENOMEM)
        #expect(bench.remap(far + 1, 1, 1, flags: 3, to: far * 2) == .ENOMEM)
        #expect(bench.remap(far + 1, 3, 3, flags: 3, to: far * 2) == .ENOMEM)
    }

    @Test("the vsyscall page is executed at its entries only, and is not the kernel's for a fetch")
    func vsyscall() throws {
        let bench = try CallBench()
        let page: UInt64 = 0xffff_ffff_ff60_0000
        let before = try bench.machine.faultCounts(bench.process).minor
        for entry in [page, page + 0x400, page + 0x800] {
            // The first byte of the entry, which is no RET; the kernel makes the call.
            #expect(try bench.machine.fetch(bench.process, entry) == .success(0x48))
        }
        func signal(_ result: Result<UInt8, AccessFault>) -> FaultSignal? {
            if case .failure(let fault) = result { fault.signal } else { nil }
        }
        for address in [page + 1, page + 0xc00, page + 0xfff] {
            #expect(signal(try bench.machine.fetch(bench.process, address)) == .generalProtection)
        }
        for address in [page - 1, page + 0x1000] {
            #expect(signal(try bench.machine.fetch(bench.process, address)) == .noMapping)
        }
        #expect(signal(try bench.machine.load(bench.process, page)) == .noMapping)
        #expect(try bench.machine.faultCounts(bench.process).minor == before)
    }
}
