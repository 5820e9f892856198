import Faultline
import FaultlineWindow
import Testing
import WindowPrograms

@testable import window_example

@Suite("Arenas in a window")
struct ArenaTests {
    @Test("allocating touches nothing: the faults are those of the code that uses the blocks")
    func touchesNothing() throws {
        let process = try WindowMachine(ramBytes: 64 << 20).spawn()
        let arena = try WindowArena(process, bytes: 1 << 20)
        let before = process.faultCounts.minor
        let blocks = (0..<100).compactMap { arena.allocate(byteCount: 100 + $0) }
        #expect(blocks.count == 100)
        #expect(process.faultCounts.minor == before)
        for block in blocks { wp_store(block, 1) }
        #expect(process.faultCounts.minor > before)
        blocks.forEach(arena.deallocate)
        #expect(arena.usedBytes == 0)
    }

    @Test("a list of Swift values lives in the simulated process, and its copy in a forked one")
    func linkedList() throws {
        struct Node {
            var value: Int
            var next: UnsafeMutablePointer<Node>?
        }
        let process = try WindowMachine(ramBytes: 64 << 20).spawn()
        let arena = try WindowArena(process, bytes: 1 << 20)
        var first: UnsafeMutablePointer<Node>?
        for value in 0..<1000 {
            let node = try #require(arena.allocate(byteCount: MemoryLayout<Node>.stride)).bindMemory(
                to: Node.self, capacity: 1)
            node.initialize(to: Node(value: value, next: first))
            first = node
        }
        func sum() -> Int {
            var sum = 0
            var place = first
            while let node = place {
                sum += node.pointee.value
                place = node.pointee.next
            }
            return sum
        }
        #expect(sum() == 499_500)
        let child = try process.fork()
        let faults = process.faultCounts.minor
        first?.pointee.value += 1
        #expect(process.faultCounts.minor == faults + 1)
        #expect(sum() == 499_501)
        let address = try #require(first.flatMap { arena.window.address(of: UnsafeRawPointer($0)) })
        #expect(try process.machine.withMachine { try $0.load(child.id, at: address) } == UInt8(999 & 255))
        #expect(process.machine.withMachine { $0.checkInvariants() } == nil)
    }

    @Test("the example runs as its page says")
    func example() throws {
        #expect(
            try lines() == [
                "1000 nodes, sum 500500: 4 page faults",
                "after fork: the child has 24 KiB of the parent's 32",
                "the parent writes: sum 500501, 5 page faults",
                "the child still reads 1000, after 0 page faults",
                "refused: write of 0x7ffff7ef7000: SIGSEGV SEGV_ACCERR",
            ])
    }

    @Test("blocks do not overlap, whatever is allocated and freed", arguments: 1...8)
    func blocksAreApart(_ seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let process = try WindowMachine(ramBytes: 64 << 20).spawn()
        let arena = try WindowArena(process, bytes: 1 << 20)
        var blocks: [(place: UnsafeMutableRawPointer, count: Int, byte: UInt8)] = []
        for _ in 0..<3000 {
            if random.next() % 5 < 3 {
                let count = Int(random.next() % (random.next() % 20 == 0 ? 30_000 : 700))
                let alignment = 1 << Int(random.next() % 13)
                guard let place = arena.allocate(byteCount: count, alignment: alignment) else { continue }
                #expect(Int(bitPattern: place) % alignment == 0)
                #expect(try #require(arena.capacity(of: place)) >= count)
                let byte = UInt8(truncatingIfNeeded: random.next())
                for offset in stride(from: 0, to: count, by: 13) { wp_store(place + offset, byte) }
                blocks.append((place, count, byte))
            } else if !blocks.isEmpty {
                let block = blocks.remove(at: Int(random.next() % UInt64(blocks.count)))
                for offset in stride(from: 0, to: block.count, by: 13) where wp_load(block.place + offset) != block.byte
                {
                    Issue.record("a block was overwritten; replay: seed \(seed)")
                    return
                }
                arena.deallocate(block.place)
            }
        }
        blocks.forEach { arena.deallocate($0.place) }
        #expect(arena.usedBytes == 0)
        #expect(arena.capacity(of: arena.window.base) == nil)
    }

    @Test("an arena that is full gives nil; trim gives free pages of the process back")
    func fullAndTrimmed() throws {
        let process = try WindowMachine(ramBytes: 64 << 20).spawn()
        let arena = try WindowArena(process, bytes: 64 << 10)
        var blocks: [UnsafeMutableRawPointer] = []
        while let block = arena.allocate(byteCount: 4096) {
            wp_store(block, 1)
            blocks.append(block)
        }
        #expect(blocks.count == 16)
        #expect(arena.allocate(byteCount: 1 << 20) == nil)
        let before = try process.snapshot().rssKiB
        blocks.forEach(arena.deallocate)
        #expect(try arena.trim() == 16)
        #expect(try process.snapshot().rssKiB == before - 64)
        #expect(throws: WindowError.self) {
            try WindowArena(in: arena.window, arena.range.lowerBound + 1..<arena.range.upperBound)
        }
    }
}
