import Faultline
import Testing

/// Readers that look inside agree with each other, and change nothing.
@Suite struct LookingInsideTests {
    private static let start: VirtualAddress = 0x1000_0000_0000

    /// A small machine with a process that has many VMAs, and a child that copied a page.
    private func machine() throws -> (Machine, ProcessID, ProcessID) {
        let machine = try Machine(ramBytes: 32 << 20)
        let process = try machine.startProcess()
        for index in 0..<200 {
            let address = try machine.mmap(
                process, at: Self.start + UInt64(index) * 8192, length: 4096)
            try machine.store(process, at: address, 7)
        }
        let child = try machine.fork(process)
        try machine.store(child, at: Self.start, 8)
        return (machine, process, child)
    }

    @Test("every frame is a hole, reserved, free or someone's, and the free ones in blocks are those that zones count")
    func framesAddUp() throws {
        let (machine, _, _) = try machine()
        let frames = (0..<machine.frameCount).compactMap { machine.frame($0) }
        let inBlocks = frames.count { $0.flags.contains(.buddy) }
        #expect(inBlocks == machine.zones.reduce(0) { $0 + Int($1.free) })
        #expect(inBlocks + frames.count { $0.isOnPerCPUList } == Int(machine.freePages))
        #expect(machine.frame(machine.frameCount) == nil)
        #expect(frames.count { $0.flags.contains(.zeroPage) } == 1)
        #expect(Set(machine.usedFrames).isDisjoint(with: frames.filter { $0.flags.contains(.buddy) }.map(\.frame)))
    }

    @Test("the tree of VMAs has all of them, in leaves below nodes that span them")
    func treeHasAllAreas() throws {
        let (machine, process, _) = try machine()
        let nodes = try machine.vmaTree(process)
        let details = try machine.vmaDetails(process)
        #expect(nodes.flatMap { $0.areas ?? [] } == details.map { $0.start..<$0.end })
        #expect(nodes.first?.areas == nil && nodes.first?.range == details[0].start..<details[details.count - 1].end)
        #expect(nodes.filter { $0.areas != nil }.allSatisfy { $0.count == $0.areas?.count })
    }

    @Test("page tables are those that the process is charged for, and hold its entries")
    func tablesAreCharged() throws {
        let (machine, process, child) = try machine()
        for process in [process, child] {
            let tables = try machine.pageTables(process)
            #expect(tables.count { $0.level != .pgd } == (try machine.addressSpace(process).tablePages))
            var entries = 0
            try machine.forEachEntry(process, in: 0..<AddressSpaceLimit.taskSize) { _, _ in entries += 1 }
            #expect(tables.filter { $0.level == .pte }.reduce(0) { $0 + $1.used } == entries)
        }
    }

    @Test("the forest of anon_vmas has the chains that VMAs have, and a frame's mappings are those of its reverse map")
    func forestHasAllChains() throws {
        let (machine, process, child) = try machine()
        let forest = machine.anonVMAForest
        for owner in [process, child] {
            for area in try machine.vmaDetails(owner) {
                let links = forest.filter {
                    $0.links.contains { $0.process == owner && $0.range == area.start..<area.end }
                }
                #expect(Set(links.map(\.number)) == Set(area.chain))
            }
        }
        let map = try #require(try machine.reverseMap(process, at: Self.start + 8192))
        let places = machine.mappings(ofFrame: map.frame)
        #expect(places.map(\.address) == map.steps.filter(\.isMapped).map(\.address))
        #expect(Set(places.map(\.process)) == [process, child])
        #expect(machine.mappings(ofFrame: machine.frameCount).isEmpty)
    }

    @Test("the TLB's contents are the translations that it answers with, and go with a flush")
    func cachedEntriesAnswer() throws {
        let (machine, process, _) = try machine()
        _ = try machine.load(process, at: Self.start + 8192)
        let before = machine.tlbStatistics
        let entries = machine.cachedEntries.filter {
            $0.address == Self.start + 8192 && machine.owner(of: $0) == process
        }
        #expect(Set(entries.map(\.array)).isSuperset(of: [.l1d4K]))
        let physical = try machine.walk(process, at: Self.start + 8192)?.physicalAddress
        #expect(entries.filter { $0.span == 4096 }.allSatisfy { $0.physicalAddress == physical })
        #expect(entries.allSatisfy { $0.set < machine.cacheShape($0.array).sets })
        #expect(machine.tlbStatistics == before)
        try machine.munmap(process, at: Self.start + 8192, length: 4096)
        #expect(!machine.cachedEntries.contains { $0.address == Self.start + 8192 && $0.span == 4096 })
    }

    @Test("peeking reads bytes up to the first page that is not there, and takes no fault")
    func peekingTakesNoFault() throws {
        let (machine, process, child) = try machine()
        let faults = try machine.faultCounts(process)
        #expect(try machine.peek(child, at: Self.start, count: 2) == [8, 0])
        #expect(try machine.peek(process, at: Self.start, count: 2) == [7, 0])
        #expect(try machine.peek(process, at: Self.start + 4094, count: 8) == [0, 0])
        #expect(try machine.faultCounts(process) == faults)
        #expect(machine.peek(at: machine.frameCount << 12, count: 1) == [])
        #expect(
            machine.folioBatches.map(\.name) == [
                "lru_add", "lru_activate", "lru_deactivate", "lru_lazyfree", "mlock_fbatch",
            ])
    }
}
