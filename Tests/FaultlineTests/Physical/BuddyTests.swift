import Testing

@testable import Faultline

/// The buddy allocator: fallbacks between migrate types, per-CPU lists, reserves.
struct BuddyTests {
    /// An allocation of a noncopyable memory, for `#require`.
    private func take(_ memory: inout PhysicalMemory, _ flags: GFPFlags, order: Int = 0) throws -> PFN {
        let pfn = memory.allocate(AllocationRequest(flags, order: order))
        return try #require(pfn)
    }

    private func freeBlocks(_ memory: borrowing PhysicalMemory) -> [[UInt64]] { memory.snapshot().map(\.freeBlocks) }

    @Test("an unmovable page claims a whole block of movable ones, which the event tells")
    func claim() throws {
        var memory = try PhysicalMemory(bytes: 8 << 30)
        memory.notesFallbacks = true
        let pfn = try take(&memory, .kernel)
        let fallbacks = memory.takeFallbacks()
        #expect(fallbacks.count == 1 && memory.nodes.blocks[pfn] == .unmovable)
        let fallback = try #require(fallbacks.first)
        #expect(fallback.fallbackOrder == 10 && fallback.fallbackType == .movable && fallback.type == .unmovable)
        #expect(fallback.changedOwner && !fallback.isFragmenting)
        let problem = memory.checkInvariants()
        #expect(problem == nil)
    }

    @Test("a movable page steals where nothing else is free, and the block keeps its type")
    func steal() throws {
        var memory = try PhysicalMemory(bytes: 64 << 20)
        // Everything becomes unmovable.
        try memory.set("vm.min_free_kbytes", 0)
        var held: [PFN] = []
        while let pfn = memory.allocate(AllocationRequest(.kernel)) { held.append(pfn) }
        // Single frames here and there: no block of 32 frames comes back.
        for (place, pfn) in held.enumerated() where place % 16 == 0 { memory.free(pfn) }
        memory.drainAll()
        memory.notesFallbacks = true
        let pfn = try take(&memory, .highUserMovable)
        let fallback = try #require(memory.takeFallbacks().first)
        #expect(!fallback.changedOwner && fallback.isFragmenting && fallback.fallbackType == .unmovable)
        #expect(memory.nodes.blocks[pfn] == .unmovable)
        let problem = memory.checkInvariants()
        #expect(problem == nil)
    }

    @Test("atomic blocks of several frames reserve page blocks, up to 1 % of a zone, and give them back under pressure")
    func highAtomic() throws {
        var memory = try PhysicalMemory(bytes: 1 << 30)
        let zone = memory.zones.count - 1
        var held: [PFN] = []
        while let pfn = memory.allocate(AllocationRequest(.kernel, order: 2)) { held.append(pfn) }
        let atomic = memory.allocate(AllocationRequest(.atomic, order: 2))
        let block = try #require(atomic)
        #expect(memory.nodes.blocks[block] == .highAtomic && memory.zones[zone].reservedHighAtomic == 512)
        for _ in 0..<20_000 {
            if let more = memory.allocate(AllocationRequest(.atomic, order: 2)) { held.append(more) }
        }
        let most = (memory.zones[zone].managed / 100 + 511) / 512 * 512
        #expect(memory.zones[zone].reservedHighAtomic <= most)
        let problem = memory.checkInvariants()
        #expect(problem == nil)
        for pfn in held { memory.free(pfn, order: 2) }
        memory.free(block, order: 2)
        memory.drainAll()
        while memory.unreserveHighAtomic(AllocationRequest(.kernel), isForced: true) {}
        let after = memory.checkInvariants()
        #expect(after == nil && memory.zones.allSatisfy { $0.reservedHighAtomic == 0 && $0.freeHighAtomic == 0 })
    }

    @Test("who may not wait gets more of the reserve, who frees memory soon all of it")
    func reserves() throws {
        var memory = try PhysicalMemory(bytes: 256 << 20)
        var counts: [Int] = []
        for flags in [GFPFlags.kernel, .kernel.union(.high), .atomic, .kernel.union(.memalloc)] {
            var count = 0
            while memory.allocate(AllocationRequest(flags)) != nil { count += 1 }
            counts.append(count)
        }
        #expect(counts.allSatisfy { $0 > 0 } && memory.freePages == 0, "\(counts)")
    }

    /// In release mode ten million; debug is too slow for that.
    private static var steps: Int {
        var isDebug = false
        assert({ isDebug = true }() == ())
        return isDebug ? 30_000 : 10_000_000
    }

    @Test(
        "random allocations and frees of every order and type keep the sums, and leave the lists as at boot",
        arguments: [11] as [UInt64])
    func random(_ seed: UInt64) throws {
        var memory = try PhysicalMemory(bytes: 8 << 30)
        let boot = freeBlocks(memory)
        var random = SeededGenerator(seed: seed)
        var held: [(pfn: PFN, order: Int)] = []
        let kinds: [GFPFlags] = [
            .kernel, .highUserMovable, .kernel.union(.reclaimable), .atomic, .kernel.union(.dma32),
        ]
        for step in 0..<Self.steps {
            if held.count < 3000 + Int(random.next() % 3000) || random.next() % 2 == 0 && held.count < 9000 {
                let order = random.next() % 2 == 0 ? 0 : Int(random.next() % 11)
                // The lowest zone is full soon: each request that fails there empties the lists of the CPU.
                let isLow = random.next() % 4096 == 0
                let flags = isLow ? .kernel.union(.dma) : kinds[Int(random.next() % UInt64(kinds.count))]
                if let pfn = memory.allocate(AllocationRequest(flags, order: order)) { held.append((pfn, order)) }
            } else {
                let place = Int(random.next() % UInt64(held.count))
                held.swapAt(place, held.count - 1)
                let (pfn, order) = held.removeLast()
                memory.free(pfn, order: order)
            }
            if step % (Self.steps / 10) == 0 { #expect(memory.checkInvariants() == nil, "seed \(seed), step \(step)") }
        }
        for (pfn, order) in held { memory.free(pfn, order: order) }
        memory.drainAll()
        while memory.unreserveHighAtomic(AllocationRequest(.kernel), isForced: true) {}
        let problem = memory.checkInvariants()
        #expect(problem == nil, "seed \(seed)")
        #expect(freeBlocks(memory) == boot, "seed \(seed)")
    }
}
