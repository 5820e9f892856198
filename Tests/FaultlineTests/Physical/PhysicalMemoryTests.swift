import Testing

@testable import Faultline

/// The page allocator: blocks, lists, contents.
struct PhysicalMemoryTests {
    @Test("sizes that no machine has are refused", arguments: [0, 4095, 1 << 20, (4 << 40) + 4096] as [UInt64])
    func badSizes(_ bytes: UInt64) {
        #expect(throws: MachineError.ramSize(bytes: bytes)) { _ = try Machine(ramBytes: bytes) }
    }

    @Test("every frame is handed out once, and all come back as whole blocks")
    func exhaustsAndRecovers() throws {
        var memory = try PhysicalMemory(bytes: 32 << 20)
        let before = memory.freePages
        var frames: Set<PFN> = []
        while let pfn = memory.allocate(.anonymous) { #expect(frames.insert(pfn).inserted) }
        #expect(frames.count > 7000)
        let problem1 = memory.checkInvariants()
        #expect(problem1 == nil)
        for pfn in frames { memory.free(pfn) }
        let problem2 = memory.checkInvariants()
        #expect(problem2 == nil)
        let free = memory.freePages
        #expect(free == before)
        let large = memory.allocate(AllocationRequest(.highUserMovable, order: 9))
        #expect(large != nil)
    }

    @Test("pieces of freed memory are handed out again before memory that nobody had")
    func piecesFirst() throws {
        var memory = try PhysicalMemory(bytes: 256 << 20)
        var frames: [PFN] = []
        for _ in 0..<8192 { frames.append(try #require({ memory.allocate(.anonymous) }())) }
        // What stays allocated keeps the rest from joining: no piece is larger than 32 frames.
        for (position, pfn) in frames.enumerated() where position % 33 != 0 { memory.free(pfn) }
        let touched = Set(frames)
        var fresh = 0
        for _ in 0..<7900 {
            let pfn = try #require({ memory.allocate(.anonymous) }())
            if !touched.contains(pfn) { fresh += 1 }
        }
        #expect(fresh <= 64, "but for what the per-CPU list still had")
        let problem = memory.checkInvariants()
        #expect(problem == nil)
    }

    /// `get_page_from_freelist` looks at the watermark first, and at the list of the CPU only then.
    @Test("frames on a list of a zone below its low watermark wait, and the next zone serves")
    func listsBehindTheWatermark() throws {
        var memory = try PhysicalMemory(bytes: 6 << 30)
        let place = memory.zones.firstIndex { $0.kind == .normal && $0.managed > 0 }
        let normal = memory.nodes.zone(try #require(place))
        // Frames of one list, then blocks until the zone is low.
        let first = memory.allocate(.anonymous)
        #expect(normal.pointee.perCPU.count > 0)
        #expect(try #require(first) >= normal.pointee.start)
        while normal.pointee.free > normal.pointee.watermarks.low {
            _ = memory.takeSmallest(try #require(place), 0, .movable)
        }
        let waiting = normal.pointee.perCPU.count
        let second = memory.allocate(.anonymous)
        #expect(try #require(second) < normal.pointee.start, "a zone below serves")
        #expect(normal.pointee.perCPU.count == waiting && waiting > 0)
        let isLow = memory.wasLow
        #expect(!isLow, "nobody went below a mark: kswapd sleeps on")
        let problem = memory.checkInvariants()
        #expect(problem == nil)
        // With the others at their marks too, the lists serve what the low watermark kept back.
        for index in memory.zones.indices where memory.zones[index].kind < .normal {
            while memory.zones[index].free > memory.zones[index].watermarks.minimum / 2 {
                guard memory.takeSmallest(index, 0, .movable) != nil else { break }
            }
        }
        let third = memory.allocate(.anonymous)
        #expect(try #require(third) >= normal.pointee.start)
        let isLowNow = memory.wasLow
        #expect(isLowNow && normal.pointee.perCPU.count == waiting - 1)
    }

    @Test("blocks of every order are aligned, and join again with their buddies", arguments: 0...10)
    func orders(_ order: Int) throws {
        var memory = try PhysicalMemory(bytes: 64 << 20)
        let before = memory.snapshot()
        let firstFrame = memory.allocate(AllocationRequest(.highUserMovable, order: order))
        let first = try #require(firstFrame)
        let secondFrame = memory.allocate(AllocationRequest(.highUserMovable, order: order))
        let second = try #require(secondFrame)
        #expect(first & ((1 << UInt64(order)) - 1) == 0 && first != second)
        let problem3 = memory.checkInvariants()
        #expect(problem3 == nil)
        memory.free(first, order: order)
        memory.free(second, order: order)
        memory.drainAll()
        let problem4 = memory.checkInvariants()
        #expect(problem4 == nil)
        let after = memory.snapshot()
        #expect(before.map(\.free) == after.map(\.free))
    }

    @Test("random requests keep the lists and sums right", arguments: [1, 2, 3, 4] as [UInt64])
    func fuzz(_ seed: UInt64) throws {
        var memory = try PhysicalMemory(bytes: 48 << 20)
        var random = SeededGenerator(seed: seed)
        var held: [(pfn: PFN, order: Int)] = []
        for step in 0..<6000 {
            if held.isEmpty || random.next() % 5 < 3 {
                let order = random.next() % 3 == 0 ? Int(random.next() % 11) : 0
                if let pfn = memory.allocate(AllocationRequest(.highUserMovable, order: order)) {
                    held.append((pfn, order))
                }
            } else {
                let (pfn, order) = held.remove(at: Int(random.next() % UInt64(held.count)))
                if order == 0 { memory.free(pfn) } else { memory.free(pfn, order: order) }
            }
            if step % 500 == 0 { #expect(memory.checkInvariants() == nil, "seed \(seed), step \(step)") }
        }
        let problem5 = memory.checkInvariants()
        #expect(problem5 == nil, "seed \(seed)")
    }

    @Test("a frame reads zero until it is written, and a copy is a copy")
    func contents() throws {
        var memory = try PhysicalMemory(bytes: 32 << 20)
        let firstFrame = memory.allocate(.anonymous)
        let first = try #require(firstFrame)
        memory.frames.setByte(first << 12 | 100, 7)
        let written = [memory.frames.byte(first << 12 | 100), memory.frames.byte(first << 12 | 101)]
        #expect(written == [7, 0])
        let secondFrame = memory.allocate(.anonymous)
        let second = try #require(secondFrame)
        memory.frames.fill(second, offset: 0, length: 4096, byte: 9)
        memory.frames.copyFrame(from: first, to: second)
        let copied = [memory.frames.byte(second << 12 | 100), memory.frames.byte(second << 12 | 4000)]
        #expect(copied == [7, 0])
        memory.free(first)
        let againFrame = memory.allocate(.anonymous)
        let again = try #require(againFrame)
        let cleared = memory.frames.byte(again << 12 | 100)
        #expect(again == first && cleared == 0)
    }

    @Test("a frame that is freed twice stops the engine")
    func doubleFree() async {
        await #expect(processExitsWith: .failure) {
            var memory = try PhysicalMemory(bytes: 32 << 20)
            let pfn = memory.allocate(.anonymous)!
            memory.free(pfn)
            memory.free(pfn)
        }
    }

    @Test("watermarks rise from min to high in each zone, and zones add up")
    func watermarks() throws {
        let machine = try Machine(ramBytes: 8 << 30)
        let zones = machine.zones
        #expect(zones.map(\.name) == ["DMA", "DMA32", "Normal"])
        for zone in zones { #expect(zone.minimum < zone.low && zone.low < zone.high && zone.high < zone.managed) }
        let total = machine.physical.totalPages
        #expect(zones.reduce(0) { $0 + $1.managed } == total)
    }

    @Test("a request for low memory gets a frame of a zone that is low enough")
    func lowMemory() throws {
        var memory = try PhysicalMemory(bytes: 8 << 30)
        let low = memory.allocate(AllocationRequest(.kernel.union(.dma32)))
        let lowest = memory.allocate(AllocationRequest(.kernel.union(.dma)))
        let any = memory.allocate(.anonymous)
        let block = memory.allocate(AllocationRequest(.kernel.union(.dma32), order: 3))
        #expect(try #require(low) < ZoneKind.dma32End && #require(lowest) < ZoneKind.dmaEnd)
        #expect(try #require(any) >= ZoneKind.dma32End && #require(block) < ZoneKind.dma32End)
        while memory.allocate(AllocationRequest(.kernel.union(.dma))) != nil {}
        let other = memory.allocate(.kernel)
        #expect(other != nil, "only the lowest zone is used up")
        let problem = memory.checkInvariants()
        #expect(problem == nil)
    }

    @Test("requests have the migrate types of the kernel's places")
    func migrateTypes() {
        #expect(
            AllocationRequest.anonymous.migrateType == .movable && AllocationRequest.filePage.migrateType == .movable)
        #expect(AllocationRequest.diskMetadata.migrateType == .movable)
        #expect(
            AllocationRequest.pageTable.migrateType == .unmovable && AllocationRequest.kernel.migrateType == .unmovable)
        #expect(GFPFlags.kernel.union(.reclaimable).migrateType == .reclaimable)
        // GFP_HIGHUSER_MOVABLE, GFP_PGTABLE_USER, GFP_NOFS as the headers have them.
        #expect(GFPFlags.highUserMovable.rawValue == 0x100cca && GFPFlags.userPageTable.rawValue == 0x400dc0)
        #expect(GFPFlags.noFileSystem.rawValue == 0xc40)
    }

    @Test(
        "page blocks begin movable; tables claim whole ones, which are unmovable then, and single tables go back to them"
    )
    func pageBlocks() throws {
        var memory = try PhysicalMemory(bytes: 8 << 30)
        let user = try #require({ memory.allocate(.anonymous) }())
        let table = try #require({ memory.allocateTable() }())
        let types = [memory.nodes.blocks[user], memory.nodes.blocks[table], memory.nodes.blocks[(8 << 18) - 1]]
        #expect(types == [.movable, .unmovable, .movable])
        let before = memory.snapshot().map { $0.freeBlocksByType[0].reduce(0, +) }.reduce(0, +)
        memory.free(table)
        memory.drainAll()
        let problem = memory.checkInvariants()
        let after = memory.snapshot().map { $0.freeBlocksByType[0].reduce(0, +) }.reduce(0, +)
        #expect(before > 0 && after == 1 && problem == nil, "one block of the largest order")
    }
}
