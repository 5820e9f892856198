import Testing

@testable import Faultline

/// Objects come and go, and the lists of slabs stay whole.
struct SlabTests {
    @Test("a size goes to the class that fits it best, and flags to the kind")
    func classes() throws {
        let machine = try Machine.withKernelSpace()
        for (size, flags, name) in [
            (1, GFPFlags.kernel, "kmalloc-8"), (8, .kernel, "kmalloc-8"), (9, .kernel, "kmalloc-16"),
            (65, .kernel, "kmalloc-96"), (97, .kernel, "kmalloc-128"), (129, .kernel, "kmalloc-192"),
            (193, .kernel, "kmalloc-256"), (4097, .kernel, "kmalloc-8k"), (8192, .kernel, "kmalloc-8k"),
            (100, GFPFlags.kernel.union(.account), "kmalloc-cg-128"),
            (100, GFPFlags.kernel.union(.reclaimable), "kmalloc-rcl-128"),
            (100, GFPFlags.kernel.union(.dma), "dma-kmalloc-128"),
        ] as [(UInt64, GFPFlags, String)] {
            let before = machine.slabCacheViews().first { $0.name == name }?.usedObjects
            let object = try #require(machine.kmalloc(size, flags))
            let after = machine.slabCacheViews().first { $0.name == name }?.usedObjects
            #expect(after == before.map { $0 + 1 }, "\(size) from \(name)")
            machine.kfree(object)
            #expect(machine.slabCacheViews().first { $0.name == name }?.usedObjects == before)
        }
        #expect(machine.kmalloc(0, .kernel) == Machine.zeroSizePointer)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("a size beyond the classes comes from the page allocator and goes back to it")
    func largeSizes() throws {
        let machine = try Machine.withKernelSpace()
        let free = machine.freePages
        let object = try #require(machine.kmalloc(40_000, .kernel))
        #expect(machine.freePages == free - 16)
        #expect(machine.objectSize(at: object) == 65536)
        #expect(machine.checkInvariants() == nil)
        machine.kfree(object)
        #expect(machine.freePages == free)
        #expect(machine.kmalloc((4 << 20) + 1, .kernel) == nil)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("objects of a slab that came of the reserves go to those who free memory soon")
    func reserves() throws {
        let machine = try Machine.withKernelSpace(ramBytes: 16 << 20)
        let memalloc = GFPFlags.kernel.union(.memalloc)
        while machine.kmalloc(4096, .kernel) != nil {}
        while machine.kmalloc(512, .kernel) != nil {}
        let first = try #require(machine.kmalloc(512, memalloc))
        let slab = try #require(machine.slab(of: machine.physicalAddress(first) >> 12))
        #expect(slab.isOfReserves)
        // The page came with others, which a list of the CPU would give to anyone.
        machine.physical.drainAll()
        #expect(machine.checkInvariants() == nil)
        // slab_alloc_node looks at the first free object alone; the slab itself is looked at where there is none.
        var (others, own) = (0, 1)
        while machine.kmalloc(512, .kernel) != nil { others += 1 }
        #expect(others == Int(slab.objects) - 1)
        machine.kfree(first)
        #expect(machine.kmalloc(512, .kernel) == nil, "on the CPU's list of partial slabs")
        while machine.kmalloc(512, memalloc) != nil { own += 1 }
        #expect(own > Int(slab.objects))
        #expect(machine.checkInvariants() == nil)
    }

    @Test("caches of one size and kind are one, and those with a constructor are their own")
    func merging() throws {
        let machine = try Machine.withKernelSpace()
        let first = try #require(machine.createSlabCache(SlabCacheRequest(name: "first", objectSize: 120)))
        let second = try #require(machine.createSlabCache(SlabCacheRequest(name: "second", objectSize: 117)))
        #expect(first == second)
        let accounted = machine.createSlabCache(SlabCacheRequest(name: "third", objectSize: 120, flags: .account))
        #expect(try #require(accounted) != first)
        let own = machine.createSlabCache(SlabCacheRequest(name: "fourth", objectSize: 120, hasConstructor: true))
        #expect(try #require(own) != first)
        #expect(machine.view(first).aliases == ["second"])
        #expect(machine.destroySlabCache(second))
        #expect(machine.view(first).aliases == [])
        let object = try #require(machine.allocateObject(first, .kernel))
        #expect(!machine.destroySlabCache(first))
        machine.freeObject(first, object)
        #expect(machine.destroySlabCache(first))
        #expect(machine.checkInvariants() == nil)
    }

    @Test("random allocations and frees of every class keep every list whole, and shrinking gives all empty slabs back")
    func fuzz() throws {
        for seed in 1...4 as ClosedRange<UInt64> {
            let machine = try Machine.withKernelSpace()
            for cache in machine.kernel.caches { machine.shrinkSlabCache(cache) }
            let free = machine.freePages
            var random = SplitMix64(seed: seed)
            var live: [(address: VirtualAddress, mark: UInt8)] = []
            for step in 0..<6000 {
                if live.isEmpty || random.chance(step < 4000 ? 60 : 30) {
                    let size = UInt64(random.pick([8, 30, 64, 96, 192, 500, 1024, 4096, 9000]) - random.below(7))
                    let flags: GFPFlags = random.pick([.kernel, .kernel.union(.reclaimable), .kernel.union(.account)])
                    let object = try #require(machine.kmalloc(size, flags))
                    let mark = UInt8(truncatingIfNeeded: random.next())
                    machine.frames.setBytes(machine.physicalAddress(object), count: Int(size), to: mark)
                    live.append((object, mark))
                } else {
                    let victim = live.remove(at: random.below(live.count))
                    // Nobody else wrote there.
                    #expect(machine.frames.byte(machine.physicalAddress(victim.address)) == victim.mark)
                    machine.kfree(victim.address)
                }
                if step % 500 == 0 { #expect(machine.checkInvariants() == nil, "seed \(seed), step \(step)") }
            }
            for object in live { machine.kfree(object.address) }
            for cache in machine.kernel.caches { machine.shrinkSlabCache(cache) }
            #expect(machine.checkInvariants() == nil, "seed \(seed)")
            #expect(machine.freePages == free, "seed \(seed)")
        }
    }

    @Test("sheaves hand out what was freed last, and give all back when the cache shrinks")
    func sheaves() throws {
        let machine = try Machine.withKernelSpace()
        let request = SlabCacheRequest(name: "with sheaves", objectSize: 192, sheafCapacity: 32)
        let cache = try #require(machine.createSlabCache(request))
        let objects = try #require(machine.allocateObjects(cache, .kernel, count: 500))
        #expect(Set(objects).count == 500)
        #expect(machine.usedObjects(cache) == 500)
        machine.freeObjects(cache, objects)
        #expect(machine.usedObjects(cache) == 0)
        #expect(machine.allocateObject(cache, .kernel) == objects.last)
        #expect(machine.checkInvariants() == nil)
        machine.freeObject(cache, try #require(objects.last))
        machine.shrinkSlabCache(cache)
        #expect(machine.view(cache).slabCount == 0)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("out of memory at any allocation leaves everything whole")
    func withoutFrames() throws {
        let machine = try Machine.withKernelSpace(ramBytes: 4 << 20)
        var objects: [VirtualAddress] = []
        while let object = machine.kmalloc(2000, .kernel) { objects.append(object) }
        #expect(objects.count > 100)
        #expect(machine.checkInvariants() == nil)
        for object in objects { machine.kfree(object) }
        #expect(machine.kmalloc(2000, .kernel) != nil)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("each page of a disk file with a buffer has a buffer head, which goes with the buffer")
    func bufferHeads() throws {
        var settings = KernelSettings()
        settings.chargesKernelObjects = true
        let machine = try Machine(ramBytes: 256 << 20, settings: settings)
        let process = try machine.start()
        func count() -> Int? { machine.slabCacheViews().first { $0.name == "buffer_head" }?.usedObjects }
        let withBuffers = { machine.usedFrames.count { machine.page($0).pointee.has(PageFlag.private) } }
        let file = try machine.diskFile(process, name: "file:f", size: 64 << 12)
        #expect(count() == withBuffers() && withBuffers() >= 64)
        try machine.close(process, file)
        machine.advance(centiseconds: 10_000)
        #expect(count() == withBuffers() && withBuffers() < 64)
        #expect(machine.checkInvariants() == nil)
    }

    // MARK: Debugging

    private func debugged(_ letters: String) throws -> Machine {
        var settings = KernelSettings()
        try settings.set("slab_debug=\(letters)")
        return try Machine.withKernelSpace(settings)
    }

    @Test("slab_debug=FZPU reports an overflow with the bytes, and mends it")
    func overflow() throws {
        let machine = try debugged("FZPU")
        let object = try #require(machine.kmalloc(60, .kernel))
        machine.frames.setBytes(machine.physicalAddress(object) + 60, count: 2, to: 0x41)
        machine.kfree(object)
        let log = machine.takeKernelLog()
        #expect(
            log.contains {
                $0.hasPrefix("[kmalloc Redzone overwritten] 0x") && $0.hasSuffix("First byte 0x41 instead of 0xcc")
            })
        #expect(log.contains("BUG kmalloc-64 (Not tainted): Object corrupt"))
        #expect(log.contains { $0.hasPrefix("FIX kmalloc-64: Restoring kmalloc Redzone 0x") })
        #expect(log.contains { $0.hasPrefix("FIX kmalloc-64: Object at 0x") && $0.hasSuffix(" not freed") })
        #expect(machine.checkInvariants() == nil)
    }

    @Test("slab_debug=FZPU reports a write to a free object when it is handed out again")
    func useAfterFree() throws {
        let machine = try debugged("FZPU")
        let object = try #require(machine.kmalloc(64, .kernel))
        machine.kfree(object)
        machine.frames.setBytes(machine.physicalAddress(object) + 8, count: 1, to: 0)
        #expect(machine.kmalloc(64, .kernel) != nil)
        let log = machine.takeKernelLog()
        #expect(
            log.contains { $0.hasPrefix("[Poison overwritten] 0x") && $0.hasSuffix("First byte 0x0 instead of 0x6b") })
        #expect(log.contains("FIX kmalloc-64: Marking all objects used"))
    }

    @Test("slab_debug=FZPU reports a double free, with both owners")
    func doubleFree() throws {
        let machine = try debugged("FZPU")
        let object = try #require(machine.kmalloc(64, .kernel))
        machine.kfree(object)
        machine.kfree(object)
        let log = machine.takeKernelLog()
        #expect(log.contains("BUG kmalloc-64 (Not tainted): Object already free"))
        machine.kfree(object)
        #expect(machine.takeKernelLog().contains("BUG kmalloc-64 (Tainted: G    B   W          ): Object already free"))
        #expect(log.contains { $0.hasPrefix("Allocated in kernel age=0 cpu=0 pid=0") })
        #expect(log.contains { $0.hasPrefix("Freed in kernel age=0 cpu=0 pid=0") })
        #expect(machine.checkInvariants() == nil)
    }

    @Test("without slab_debug a double free of the first free object is a bug, and the process ends")
    func nakedDoubleFree() throws {
        let machine = try Machine.withKernelSpace()
        let object = try #require(machine.kmalloc(64, .kernel))
        machine.kfree(object)
        machine.kfree(object)
        #expect(machine.kernel.hasOopsed)
        #expect(machine.takeKernelLog().contains("kernel BUG at mm/slub.c:631!"))
    }

    @Test("slab_debug for named caches leaves the others alone, and a wrong letter is an error")
    func named() throws {
        let machine = try debugged("Z,kmalloc-64,buffer*")
        let debugged = machine.slabCacheViews().filter { $0.flags.contains(.redZone) }.map(\.name)
        #expect(debugged == ["buffer_head", "kmalloc-64"])
        var settings = KernelSettings()
        #expect(throws: SettingError.self) { try settings.set("slab_debug=Q") }
    }
}
