import Testing

@testable import Faultline

/// The trees of areas, the pools, and the purge.
struct VmapTreeTests {
    @Test("a tree of random areas keeps its order, its colours and the largest sizes")
    func randomTree() {
        var arena = Arena<VmapArea>()
        for seed in 1...5 as ClosedRange<UInt64> {
            var random = SplitMix64(seed: seed)
            var tree = VmapTree()
            var free = Array(0..<400 as Range<UInt64>)
            var live: [Handle<VmapArea>] = []
            for step in 0..<2000 {
                if !free.isEmpty, live.isEmpty || random.chance(step % 800 < 400 ? 60 : 40) {
                    let start = free.remove(at: random.below(free.count)) << 20
                    let size = UInt64(1 + random.below(255)) << 12
                    let area = arena.allocate(VmapArea(start: start, end: start + size))
                    tree.insert(area)
                    live.append(area)
                } else if random.chance(30) {
                    let area = live[random.below(live.count)]
                    let size = UInt64(1 + random.below(255)) << 12
                    tree.resize(area, area.pointee.start, area.pointee.start + size)
                } else {
                    let area = live.remove(at: random.below(live.count))
                    tree.remove(area)
                    free.append(area.pointee.start >> 20)
                    arena.deallocate(area)
                }
                #expect(tree.checkInvariants() == nil, "seed \(seed), step \(step)")
            }
            for area in live { arena.deallocate(area) }
        }
    }

    @Test("the search finds the lowest area with room where pages are aligned, and one with room for any alignment")
    func lowest() {
        var arena = Arena<VmapArea>()
        var random = SplitMix64(seed: 7)
        var tree = VmapTree()
        var places: [(UInt64, UInt64)] = []
        for index in 0..<300 as Range<UInt64> {
            let (start, size) = (1 << 30 + index << 20, UInt64(1 + random.below(200)) << 12)
            tree.insert(arena.allocate(VmapArea(start: start, end: start + size)))
            places.append((start, size))
        }
        for _ in 0..<500 {
            let size = UInt64(1 + random.below(200)) << 12
            let from = (1 << 30) + UInt64(random.below(300)) << 20
            let expected = places.first { $0.0 >= from && $0.1 >= size }?.0
            #expect(tree.lowestMatch(size, align: 4096, from: from)?.pointee.start == expected)
            if let found = tree.lowestMatch(size, align: 64 << 10, from: from) {
                let first = (max(found.pointee.start, from) + 65535) & ~65535
                #expect(first + size <= found.pointee.end)
            }
        }
    }

    @Test("an area shrinks in place where an end is cut off, and neighbours grow into one when it comes back")
    func inPlace() throws {
        let machine = try Machine.withKernelSpace()
        let whole = try #require(machine.kernel.vmalloc.free.areas().first)
        let first = try #require(machine.vmalloc(4096))
        #expect(first == machine.kernelLayout.vmalloc)
        // The first cut left two; the next ones shrink the upper.
        #expect(machine.kernel.vmalloc.free.count == 2)
        let second = try #require(machine.vmalloc(4096))
        #expect(machine.kernel.vmalloc.free.count == 2)
        #expect(whole.pointee.start == second + 8192)
        let vmapAreas = machine.vmapAreas.liveCount
        try machine.vfree(second)
        try machine.vfree(first)
        machine.purgeVmapAreas(isFull: true)
        #expect(machine.kernel.vmalloc.free.count == 1)
        #expect(machine.vmapAreas.liveCount == vmapAreas - 3)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("what a purge sets free goes to the pool of its size, the last first, and a full purge empties the pools")
    func pools() throws {
        let machine = try Machine.withKernelSpace()
        let areas = try (0..<8).map { _ in try #require(machine.vmalloc(16384)) }
        for area in areas { try machine.vfree(area) }
        #expect(machine.kernel.vmalloc.lazyPages == 40)
        machine.purgeVmapAreas(isFull: false)
        #expect(machine.kernel.vmalloc.pooled.count == 8)
        #expect(machine.kernel.vmalloc.lazyPages == 0)
        #expect(machine.vmalloc(16384) == areas.last)
        #expect(machine.checkInvariants() == nil)
        // A quarter of the rest goes with each purge.
        try machine.vfree(try #require(machine.vmalloc(100 << 10)))
        machine.purgeVmapAreas(isFull: false)
        #expect(machine.kernel.vmalloc.pooled.count == 7)
        machine.purgeVmapAreas(isFull: true)
        #expect(machine.kernel.vmalloc.pooled.isEmpty)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("one flush takes what the TLB has of freed areas, and until then it may be read")
    func oneFlush() throws {
        let machine = try Machine.withKernelSpace()
        let process = try machine.start()
        let areas = try (0..<3).map { _ in try #require(machine.vmalloc(4096)) }
        for area in areas { _ = try machine.kernelStore(process, area, 5) }
        let flushes = machine.flushes
        for area in areas { try machine.vfree(area) }
        #expect(machine.flushes == flushes)
        #expect(machine.checkInvariants() == nil)
        // The TLB still has it: a use after the free that no fault tells of.
        #expect(machine.kernelLoad(areas[0]) != nil)
        machine.purgeVmapAreas(isFull: false)
        #expect(machine.flushes.calls == flushes.calls + 1)
        #expect(machine.kernelLoad(areas[0]) == nil)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("what an interrupt frees a worker frees later, the last first")
    func deferred() throws {
        let machine = try Machine.withKernelSpace()
        let process = try machine.start()
        let areas = try (0..<2).map { _ in try #require(machine.vmalloc(8192)) }
        for area in areas { try machine.vfreeAtomic(process, area) }
        #expect(machine.kernel.vmalloc.busy.count >= 2)
        try machine.unmapAliases(process)
        #expect(machine.kernel.vmalloc.find(areas[0]) == nil && machine.kernel.vmalloc.find(areas[1]) == nil)
        // Both wait in the pool, the higher one on top.
        #expect(machine.vmalloc(8192) == areas[1])
        #expect(machine.checkInvariants() == nil)
    }
}
