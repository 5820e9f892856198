import Testing

@testable import Faultline

/// Many objects of a cache by one call.
struct SlabBulkTests {
    private func cache(_ machine: Machine, size: UInt32 = 256) throws -> Handle<SlabCache> {
        try #require(machine.createSlabCache(SlabCacheRequest(name: "many", objectSize: size, flags: .noMerge)))
    }

    @Test("objects of one slab that go back together are handed out as they stood, single ones the last first")
    func order() throws {
        let machine = try Machine.withKernelSpace()
        let cache = try cache(machine)
        let objects = try #require(machine.allocateObjects(cache, .kernel, count: 8))
        machine.freeObjects(cache, objects)
        #expect(machine.allocateObjects(cache, .kernel, count: 8) == objects)
        for object in objects { machine.freeObject(cache, object) }
        #expect(machine.allocateObjects(cache, .kernel, count: 8) == objects.reversed())
        #expect(machine.checkInvariants() == nil)
    }

    @Test(
        "the look for more objects of a slab ends at the third one of another, and turns those round that it steps over",
        arguments: [2, 3])
    func lookahead(others: Int) throws {
        let machine = try Machine.withKernelSpace()
        let cache = try cache(machine)
        let perSlab = Int(cache.pointee.geometry.objectsPerSlab)
        let all = try #require(machine.allocateObjects(cache, .kernel, count: 2 * perSlab))
        let (full, current) = (Array(all[..<perSlab]), Array(all[perSlab...]))
        machine.freeObjects(cache, [current[0]] + full[..<others] + [current[1]])
        #expect(machine.allocateObjects(cache, .kernel, count: 2) == [current[0], current[1]])
        // With two between, the look finds the first one, and swaps it with the last of the two.
        let expected = others == 2 ? [full[1], full[0]] : [full[0], full[1], full[2]]
        #expect(machine.allocateObjects(cache, .kernel, count: others) == expected)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("random bulks leave each object once, with every kind of debugging", arguments: ["", "FZPU"])
    func random(debug: String) throws {
        var settings = KernelSettings()
        if !debug.isEmpty { try settings.setSlabDebug("slab_debug=\(debug)", debug) }
        for seed in 1...4 as ClosedRange<UInt64> {
            var random = SplitMix64(seed: seed)
            let machine = try Machine.withKernelSpace(settings, ramBytes: 64 << 20)
            let cache = try cache(machine, size: 200)
            let free = machine.freePages
            var live: [VirtualAddress] = []
            for step in 0..<400 {
                if live.isEmpty || random.chance(50) {
                    live += try #require(machine.allocateObjects(cache, .kernel, count: 1 + random.below(60)))
                } else {
                    live.shuffle(using: &random)
                    let count = min(live.count, 1 + random.below(80))
                    machine.freeObjects(cache, Array(live.suffix(count)))
                    live.removeLast(count)
                }
                #expect(Set(live).count == live.count, "seed \(seed), step \(step)")
                #expect(machine.usedObjects(cache) == live.count, "seed \(seed), step \(step)")
                if step % 50 == 0 { #expect(machine.checkInvariants() == nil, "seed \(seed), step \(step)") }
            }
            machine.freeObjects(cache, live)
            machine.shrinkSlabCache(cache)
            #expect(machine.checkInvariants() == nil && machine.freePages == free, "seed \(seed)")
        }
    }

    @Test("the words write addresses into the kernel's memory, read them there, and refuse what is no object")
    func words() throws {
        let machine = try Machine.withKernelSpace()
        let process = try machine.start()
        let number = try machine.createSlabCache(process, name: "words", size: 96, align: 0, flags: 0)
        let array = try machine.kmalloc(process, 256, gfp: UInt64(GFPFlags.kernel.rawValue))
        let gfp = UInt64(GFPFlags.kernel.rawValue)
        #expect(try machine.allocateObjects(process, cache: number, gfp: gfp, count: 4, to: array) == 4)
        let bytes = try (0..<8).map { try machine.kernelLoad(process, array + $0) ?? 0 }
        let first = bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        try machine.freeObjects(process, cache: number, count: 4, from: array)
        #expect(try machine.allocateObject(process, cache: number, gfp: gfp) == first)
        #expect(throws: Errno.EINVAL) {
            try machine.allocateObjects(process, cache: number, gfp: gfp, count: 0, to: array)
        }
        #expect(throws: Errno.EINVAL) {
            try machine.allocateObjects(process, cache: number, gfp: gfp, count: .max, to: array)
        }
        try machine.kernelStore(process, array, 1)
        #expect(throws: Errno.EINVAL) { try machine.freeObjects(process, cache: number, count: 1, from: array) }
        #expect(machine.checkInvariants() == nil)
        // An array that is not mapped ends the process.
        try machine.freeObjects(process, cache: number, count: 1, from: machine.kernelLayout.vmalloc + 0x5000)
        #expect(machine.endAfterOops(process))
    }
}
