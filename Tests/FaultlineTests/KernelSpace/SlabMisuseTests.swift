import Testing

@testable import Faultline

/// What a program does wrong with objects ends in the kernel's words, never in an end of the simulator.
struct SlabMisuseTests {
    private func machine(_ debug: String?) throws -> (Machine, Int) {
        var settings = KernelSettings()
        if let debug { try settings.set("slab_debug=\(debug)") }
        let machine = try Machine(ramBytes: 64 << 20, settings: settings)
        return (machine, try machine.start())
    }

    @Test(
        "an object that is freed twice at once is a bug, whatever is checked",
        arguments: ["Z", "P", "U", "ZP", "ZU", "PU", "ZPU", nil])
    func freedTwice(_ debug: String?) throws {
        let (machine, process) = try machine(debug)
        let object = try machine.kmalloc(process, 40, gfp: UInt64(GFPFlags.kernel.rawValue))
        try machine.kfree(process, object)
        try machine.kfree(process, object)
        #expect(machine.takeKernelLog().contains("kernel BUG at mm/slub.c:631!"))
        #expect(machine.endAfterOops(process))
    }

    @Test(
        "objects freed again and again in turn make a list that runs in a circle, and nothing ends",
        arguments: [64, 4096])
    func freedInTurn(_ size: UInt64) throws {
        let (machine, process) = try machine(nil)
        let gfp = UInt64(GFPFlags.kernel.rawValue)
        var objects: [UInt64] = []
        for _ in 0..<400 { objects.append(try machine.kmalloc(process, size, gfp: gfp)) }
        for _ in 0..<600 {
            for object in objects[0..<2] { try? machine.kfree(process, object) }
        }
        for object in objects { try? machine.kfree(process, object) }
        for _ in 0..<900 { _ = try machine.kmalloc(process, size, gfp: gfp) }
        #expect(machine.checkInvariants() == nil)
    }

    @Test("random frees, twice too, of random objects never end the simulator")
    func random() throws {
        for seed in 0..<40 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            let (machine, process) = try machine([nil, "ZPU", "F", "FZPU"].randomElement(using: &random)!)
            var objects: [UInt64] = []
            for _ in 0..<1500 {
                let size: UInt64 = [8, 64, 192, 1024, 4096, 8192, 20_000].randomElement(using: &random)!
                switch Int.random(in: 0..<10, using: &random) {
                case 0..<5: objects.append(try machine.kmalloc(process, size, gfp: UInt64(GFPFlags.kernel.rawValue)))
                case 5..<9:
                    guard let object = objects.randomElement(using: &random) else { continue }
                    try? machine.kfree(process, object)
                default:
                    for cache in machine.kernel.caches.prefix(30) {
                        try? machine.shrinkSlabCache(process, cache: UInt64(cache.pointee.number))
                    }
                }
                machine.kernel.hasOopsed = false
            }
            #expect(machine.checkInvariants() == nil, "seed \(seed)")
            _ = machine.slabCacheViews()
        }
    }

    @Test("a number that no frame has gives an address as the kernel's arithmetic does")
    func recordOfNoFrame() throws {
        let (machine, _) = try machine(nil)
        #expect(machine.recordAddress(.max) == machine.kernel.layout.vmemmap &- 64)
        #expect(machine.recordAddress(1 << 60) == machine.kernel.layout.vmemmap)
    }

    @Test("slab_debug has blocks, patterns, and all checks where none is named")
    func blocks() throws {
        func flags(_ setting: String, _ name: String) throws -> SlabFlags? {
            let (machine, process) = try machine(setting)
            _ = try machine.kmalloc(process, 8, gfp: UInt64(GFPFlags.kernel.rawValue))
            return machine.slabCacheViews().first { $0.name == name }?.flags.intersection(.debug)
        }
        #expect(try flags("", "kmalloc-64") == .debug)
        #expect(try flags(",kmalloc-64", "kmalloc-64") == .debug)
        #expect(try flags(",kmalloc-64", "kmalloc-128") == [])
        #expect(try flags("FZPU,box;Z,kmalloc-64", "kmalloc-64") == .redZone)
        #expect(try flags("Z,kmalloc-*", "kmalloc-2k") == .redZone)
        #expect(try flags("P;Z,kmalloc-64", "kmalloc-64") == .redZone)
        #expect(try flags("P;Z,kmalloc-64", "kmalloc-128") == .poison)
        // Slabs of kmalloc-4k would be larger.
        #expect(try flags("OZF,kmalloc-4k", "kmalloc-4k") == .consistencyChecks)
        #expect(throws: SettingError.self) { try flags("T", "kmalloc-64") }
    }

    @Test("objects that are left in a cache that is to go are listed")
    func remaining() throws {
        let (machine, process) = try machine("U")
        let cache = try machine.createSlabCache(process, name: "box", size: 120, align: 8, flags: 0)
        machine.callLine = 7
        let object = try machine.allocateObject(process, cache: cache, gfp: UInt64(GFPFlags.kernel.rawValue))
        #expect(throws: Errno.self) { try machine.destroySlabCache(process, cache: cache) }
        let log = machine.takeKernelLog()
        #expect(log.contains("BUG box (Not tainted): Objects remaining on __kmem_cache_shutdown()"))
        #expect(log.contains { $0.hasPrefix("Object \(machine.pointerText(object)) @offset=") })
        #expect(log.contains("kmem_cache_destroy box: Slab cache still has objects when called from line:7"))
        #expect(throws: Errno.self) {
            try machine.createSlabCache(process, name: "a", size: 10, align: 8, flags: 0xffff_ffff)
        }
    }

    @Test("zones that no object comes from are left out, with a warning")
    func wrongZone() throws {
        let (machine, process) = try machine(nil)
        _ = try machine.kmalloc(process, 64, gfp: 0xcc0 | 4)
        #expect(
            machine.takeKernelLog() == [
                "Unexpected gfp: 0x4 (GFP_DMA32). Fixing up to gfp: 0xcc0 (GFP_KERNEL). Fix your code!"
            ])
    }

    @Test("the kernel has a process killed for its own memory, and says where none comes")
    func shortage() throws {
        let (machine, process) = try machine(nil)
        let child = try machine.fork(process)
        let area = try machine.mmap(child, 0, 20 << 20, prot: 3, flags: 0x22)
        for page in stride(from: area, to: area + 20 << 20, by: 4096) { _ = try machine.store(child, page, 1) }
        let gfp = UInt64(GFPFlags.kernel.rawValue)
        while !machine.wasKilled(child) { _ = try machine.kmalloc(process, 4096, gfp: gfp) }
        #expect(!machine.wasKilled(process))
        _ = machine.takeKernelLog()
        #expect(throws: Errno.self) { _ = try machine.allocatePages(process, order: 10, flags: gfp | 1) }
        #expect(
            machine.takeKernelLog() == [
                "process 0: page allocation failure: order:10, mode:0xcc1(GFP_KERNEL|GFP_DMA), nodemask=(null),cpuset=/,mems_allowed=0"
            ])
        #expect(machine.checkInvariants() == nil)
    }

    @Test("memory of a program is out of the kernel's reach, but for get_user (SMAP)")
    func userMemory() throws {
        let (machine, process) = try machine(nil)
        let area = try machine.mmap(process, 0, 4096, prot: 3, flags: 0x22)
        _ = try machine.store(process, area, 7)
        #expect(try machine.kernelLoad(process, area) == nil)
        let log = machine.takeKernelLog()
        #expect(log.contains("#PF: error_code(0x0001) - permissions violation"))
        #expect(machine.endAfterOops(process))
    }
}
