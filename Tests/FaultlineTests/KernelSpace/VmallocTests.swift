import Testing

@testable import Faultline

/// The area of vmalloc, the direct map, and faults of the kernel's own.
struct VmallocTests {
    @Test("vmalloc takes the lowest place, with a page behind it that is not mapped")
    func places() throws {
        let machine = try Machine.withKernelSpace()
        let base = machine.kernelLayout.vmalloc
        let first = try #require(machine.vmalloc(10_000))
        let second = try #require(machine.vmalloc(1))
        #expect(first == base)
        #expect(second == base + 4 << 12)
        #expect(machine.kernelStore(first + 9999, 5))
        #expect(machine.kernelLoad(first + 9999) == 5)
        #expect(machine.kernelLoad(first + 3 << 12) == nil)
        #expect(machine.kernel.hasOopsed)
        let sizes = machine.vmapAreaViews().map { $0.end - $0.start }
        #expect(sizes == [4 << 12, 2 << 12])
        #expect(machine.checkInvariants() == nil)
    }

    @Test("freed areas wait for one flush, and their frames do not")
    func lazyPurge() throws {
        let machine = try Machine.withKernelSpace()
        let warm = try #require(machine.vmalloc(64 << 10))
        try machine.vfree(warm)
        let free = machine.freePages
        let areas = try (0..<40).map { _ in try #require(machine.vmalloc(64 << 10)) }
        #expect(machine.checkInvariants() == nil)
        for area in areas { try machine.vfree(area) }
        #expect(machine.kernel.vmalloc.purges == 0)
        #expect(machine.kernel.vmalloc.lazy.count == 41)
        #expect(machine.checkInvariants() == nil)
        // Not at once the same addresses.
        let next = try #require(machine.vmalloc(64 << 10))
        #expect(!areas.contains(next) && next != warm)
        try machine.vfree(next)
        machine.purgeVmapAreas(isFull: true)
        #expect(machine.kernel.vmalloc.purges == 1)
        #expect(machine.kernel.vmalloc.free.areas().count == 1)
        for cache in machine.kernel.caches { machine.shrinkSlabCache(cache) }
        #expect(machine.freePages >= free)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("random areas come and go, and the trees stay whole")
    func fuzz() throws {
        for seed in 1...3 as ClosedRange<UInt64> {
            let machine = try Machine.withKernelSpace()
            var random = SplitMix64(seed: seed)
            var live: [VirtualAddress] = []
            for step in 0..<600 {
                if live.isEmpty || random.chance(55) {
                    let isHuge = random.chance(5)
                    let bytes = isHuge ? 2 << 20 : UInt64(random.below(200_000) + 1)
                    if let area = machine.vmalloc(bytes, isHuge: isHuge) { live.append(area) }
                } else {
                    try machine.vfree(live.remove(at: random.below(live.count)))
                }
                if random.chance(2) { machine.purgeVmapAreas(isFull: true) }
                if step % 60 == 0 { #expect(machine.checkInvariants() == nil, "seed \(seed), step \(step)") }
            }
            for area in live { try machine.vfree(area) }
            machine.purgeVmapAreas(isFull: true)
            #expect(machine.kernel.vmalloc.free.areas().count == 1)
            #expect(machine.kernel.vmalloc.pages == 0)
            #expect(machine.checkInvariants() == nil, "seed \(seed)")
        }
    }

    @Test("ioremap maps what no RAM is, and vmap pages that are there")
    func otherAreas() throws {
        let machine = try Machine.withKernelSpace()
        #expect(throws: Errno.EINVAL) { try machine.ioremap(0x20_0000, 4096) }
        let device = try machine.ioremap(0xfee0_0010, 100)
        #expect(device & 4095 == 0x10)
        #expect(machine.kernelLoad(device) == 255)
        let pfn = try #require(machine.allocatePage(.kernel))
        let alias = try #require(machine.vmap([pfn, pfn]))
        #expect(machine.kernelStore(alias + 4096, 9))
        #expect(machine.kernelLoad(alias) == 9)
        #expect(machine.kernelLoad(machine.directMapped(pfn << 12)) == 9)
        try machine.vfree(alias)
        try machine.vfree(device.pageAlignedDown)
        machine.putPage(pfn)
        #expect(throws: Errno.EINVAL) { try machine.vfree(alias) }
        #expect(machine.takeKernelLog().contains { $0.hasPrefix("Trying to vfree() nonexistent vm area (ffff") })
        #expect(machine.checkInvariants() == nil)
    }

    @Test("a device in the hole between parts of RAM answers with ones, and keeps nothing")
    func deviceInHole() throws {
        let machine = try Machine.withKernelSpace(ramBytes: 8 << 30)
        let device = try machine.ioremap(0xfee0_0000, 4096)
        #expect(machine.kernelStore(device + 8, 7))
        #expect(machine.kernelLoad(device + 8) == 255)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("without a block of 2 MiB vmalloc_huge maps small pages")
    func hugeInPieces() throws {
        let machine = try Machine.withKernelSpace(ramBytes: 64 << 20)
        var blocks: [PFN] = []
        let large = AllocationRequest(.kernel.union(.noWarn), order: 9)
        while let block = machine.allocatePage(large) { blocks.append(block) }
        // Of four blocks all but the first page come back.
        let broken = blocks.suffix(4)
        blocks.removeLast(4)
        for block in broken { for page in block + 1..<block + 512 { machine.physical.free(page, order: 0) } }
        // Those that only the watermark kept back.
        while let block = machine.allocatePage(large) { blocks.append(block) }
        let area = try #require(machine.vmalloc(2 << 20, isHuge: true))
        #expect(machine.kernelStore(area + 0x1f_f000, 9))
        #expect(machine.kernelLoad(area + 0x1f_f000) == 9)
        let entry = try #require(machine.kernelEntry(area))
        #expect(entry.level == PageTableLevel.pte)
        try machine.vfree(area)
        for block in blocks { machine.physical.free(block, order: 9) }
        for page in broken { machine.physical.free(page, order: 0) }
        #expect(machine.checkInvariants() == nil)
    }

    @Test("the direct map of 24 GiB has large pages, and set_memory_ro splits one that it changes in part")
    func directMap() throws {
        let machine = try Machine.withKernelSpace(ramBytes: 24 << 30)
        let before = try #require(machine.kernelMemoryInfo()).directMap
        #expect(before == [512, 511, 25], "the last GiB is mapped in three steps, and counted in each")
        let address = machine.directMapped(5 << 30)
        try machine.changeKernelPages(address, pages: 1, set: 0, clear: PTE.writeBit)
        #expect(try #require(machine.kernelMemoryInfo()).directMap == [1024, 511 + 511, 24])
        #expect(machine.checkInvariants() == nil)
        #expect(machine.kernelLoad(address) == 0)
        #expect(!machine.kernelStore(address, 1))
        #expect(machine.takeKernelLog().contains("#PF: error_code(0x0003) - permissions violation"))
        try machine.changeKernelPages(address, pages: 1, set: PTE.writeBit, clear: 0)
        #expect(machine.kernelStore(address, 1))
        #expect(try #require(machine.kernelMemoryInfo()).directMap == [1024, 511 + 511, 24])
        // A whole large page needs no split.
        try machine.changeKernelPages(machine.directMapped(6 << 30), pages: 512, set: 0, clear: PTE.writeBit)
        #expect(try #require(machine.kernelMemoryInfo()).directMap == [1024, 511 + 511 + 512, 23])
        #expect(machine.checkInvariants() == nil)
    }

    @Test("every process has the kernel's half, and user code cannot reach it")
    func sharedHalf() throws {
        let machine = try Machine.withKernelSpace()
        let first = try machine.start()
        let child = try machine.fork(first)
        let area = try #require(machine.vmalloc(4096))
        #expect(machine.checkInvariants() == nil)
        #expect(try machine.load(child, area) != .success(0))
        #expect(try machine.kernelLoad(child, area) == 0)
    }

    @Test("with a seed the areas stand elsewhere, in their order and aligned to 1 GiB")
    func randomPlaces() throws {
        var settings = KernelSettings()
        var seen: Set<UInt64> = []
        for seed in 1...20 as ClosedRange<UInt64> {
            settings.kernelSeed = seed
            let layout = try Machine.withKernelSpace(settings).kernelLayout
            #expect(layout.directMap % (1 << 30) == 0 && layout.vmalloc % (1 << 30) == 0)
            #expect(layout.directMap + 10 << 40 < layout.vmalloc && layout.vmallocEnd < layout.vmemmap)
            #expect(layout.vmemmap + 1 << 40 <= KernelLayout.randomEnd)
            seen.insert(layout.vmalloc)
        }
        #expect(seen.count > 15)
        let machine = try Machine.withKernelSpace(settings)
        let object = try #require(machine.kmalloc(8, .kernel))
        #expect(machine.kernelStore(object, 3) && machine.kernelLoad(object) == 3)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("a probe sees a fault of the kernel's before the oops, and may mend it or have the access left out")
    func probes() throws {
        let machine = try Machine.withKernelSpace()
        var seen: [KernelFault] = []
        let guarded = machine.kernelLayout.vmalloc
        machine.setKernelProbe { fault in
            seen.append(fault)
            return seen.count == 1 ? .skip : .notMine
        }
        #expect(machine.kernelLoad(guarded) == nil)
        #expect(!machine.kernel.hasOopsed)
        #expect(seen == [KernelFault(address: guarded, errorCode: 0)])
        machine.setKernelProbe { _ in machine.vmalloc(4096) == nil ? .notMine : .retry }
        #expect(machine.kernelLoad(guarded) == 0)
        machine.setKernelProbe(nil)
        #expect(machine.kernelLoad(guarded + 8192) == nil)
        let log = machine.takeKernelLog()
        #expect(log.contains("BUG: unable to handle page fault for address: ffffc90000002000"))
        #expect(log.contains("Oops: Oops: 0000 [#1] SMP NOPTI"))
        #expect(machine.kernelLoad(8) == nil)
        #expect(machine.takeKernelLog().contains("BUG: kernel NULL pointer dereference, address: 0000000000000008"))
        #expect(machine.kernelLoad(0x8000_0000_0000_0000) == nil)
        #expect(machine.takeKernelLog().contains { $0.contains("non-canonical address 0x8000000000000000") })
    }

    @Test("every allocation of the kernel's own memory may fail, and all stays whole")
    func failures() throws {
        for failing in 1...160 as ClosedRange<UInt64> {
            let machine = try Machine(ramBytes: 64 << 20)
            machine.physical.setFailures(AllocationFailures(failing...failing))
            if machine.bringUpKernelSpace() {
                _ = machine.vmalloc(100 << 10)
                _ = machine.vmalloc(4 << 20, isHuge: true)
                if let object = machine.kmalloc(3000, .kernel) { machine.kfree(object) }
            }
            #expect(machine.checkInvariants() == nil, "allocation \(failing)")
        }
    }
}
