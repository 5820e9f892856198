import Testing

@testable import Faultline

/// `numa_hit` and its like on machines of several nodes, against the rules of `zone_statistics` and `alloc_pages_mpol`.
struct NodeCounterTests {
    private static let base: UInt64 = 0x1000_0000_0000

    /// The counters of a node.
    private struct Counts: Equatable {
        var hit: UInt64 = 0
        var miss: UInt64 = 0
        var foreign: UInt64 = 0
        var interleaved: UInt64 = 0
        var local: UInt64 = 0
        var other: UInt64 = 0
    }

    /// Four nodes of 64 MiB, with a CPU on the first and one on the third.
    private static func machine(pages: UInt64) throws -> (Machine, Int) {
        var options = BootOptions()
        options.nodes = (0..<4 as Range<UInt64>).map { $0 << 26..<($0 + 1) << 26 }
        options.cpuNodes = [0, 2]
        options.cpus = 2
        let machine = try Machine(boot: BootLayout(FirmwareMap(ramBytes: 256 << 20), options))
        machine.bringUpCPUs(2)
        let process = try machine.start()
        try machine.mmap(process, base, pages << 12, prot: 3, flags: 0x32)
        return (machine, process)
    }

    private static func counts(_ machine: Machine) -> [Counts] {
        (0..<4).map { node in
            machine.zones.filter { $0.node == node }.reduce(into: Counts()) {
                $0.hit += $1.allocations - $1.misses
                $0.miss += $1.misses
                $0.foreign += $1.foreign
                $0.interleaved += $1.interleaved
                $0.local += $1.allocations - $1.others
                $0.other += $1.others
            }
        }
    }

    /// What a piece of work counts, on each node.
    private static func counting(_ machine: Machine, _ work: () throws -> Void) rethrows -> [Counts] {
        let before = counts(machine)
        try work()
        #expect(machine.checkInvariants() == nil)
        return zip(counts(machine), before).map { now, then in
            Counts(
                hit: now.hit - then.hit, miss: now.miss - then.miss, foreign: now.foreign - then.foreign,
                interleaved: now.interleaved - then.interleaved, local: now.local - then.local,
                other: now.other - then.other)
        }
    }

    private static func touch(_ machine: Machine, _ process: Int, _ pages: Range<UInt64>) throws {
        for page in pages { #expect(try machine.store(process, base + page << 12, 1) == nil) }
    }

    @Test("pages that take turns are counted on the node whose turn it is, as local ones on that of the CPU alone")
    func interleaved() throws {
        let (machine, process) = try Self.machine(pages: 64)
        // The tables, before anything is counted.
        try Self.touch(machine, process, 0..<1)
        try machine.mbind(process, Self.base, 64 << 12, mode: 3, nodes: 0b1101, flags: 0)
        let found = try Self.counting(machine) { try Self.touch(machine, process, 1..<64) }
        let nodes = [0, 2, 3]
        for node in 0..<4 {
            let pages = UInt64((1..<64).count { nodes[Int((Self.base >> 12 + UInt64($0)) % 3)] == node })
            let expected = Counts(
                hit: pages, interleaved: pages, local: node == 0 ? pages : 0, other: node == 0 ? 0 : pages)
            #expect(found[node] == expected, "node \(node)")
        }
    }

    @Test("what a full node cannot serve is foreign to it, and a miss where it lies")
    func missed() throws {
        let pages: UInt64 = 20480
        let (machine, process) = try Self.machine(pages: pages)
        try machine.mbind(process, Self.base, pages << 12, mode: 1, nodes: 0b1000, flags: 0)
        let found = try Self.counting(machine) { try Self.touch(machine, process, 0..<pages) }
        #expect(found[3].hit > 10_000 && found[3].other == found[3].hit && found[3].local == 0)
        #expect(found[3].foreign == pages - found[3].hit)
        #expect(found[3].foreign == found[0].miss + found[1].miss + found[2].miss)
        // Page tables come from the CPU's node.
        #expect(found[0].hit >= 40 && found[1].hit == 0 && found[2].hit == 0)
        for node in found { #expect(node.hit + node.miss == node.local + node.other) }
        #expect(found.allSatisfy { $0.interleaved == 0 })
    }

    @Test("a CPU's own node serves it, its page tables too")
    func elsewhere() throws {
        let (machine, process) = try Self.machine(pages: 64)
        try machine.run(process, onCPU: 1)
        let found = try Self.counting(machine) { try Self.touch(machine, process, 0..<32) }
        #expect(found[2].hit >= 33 && found[2].local == found[2].hit && found[2].other == 0)
        #expect(found[0] == Counts() && found[1] == Counts() && found[3] == Counts())
        try machine.run(process, onCPU: 0)
        let back = try Self.counting(machine) { try Self.touch(machine, process, 32..<64) }
        #expect(back[0] == Counts(hit: 32, local: 32) && back[2] == Counts())
        #expect(machine.cpuList(ofNode: 0) == "0" && machine.cpuList(ofNode: 2) == "1")
    }

    @Test("turns are counted on one node too")
    func oneNode() throws {
        let machine = try Machine(ramBytes: 256 << 20)
        let process = try machine.start()
        try machine.mmap(process, Self.base, 64 << 12, prot: 3, flags: 0x32)
        try Self.touch(machine, process, 0..<1)
        try machine.mbind(process, Self.base, 32 << 12, mode: 3, nodes: 1, flags: 0)
        let found = try Self.counting(machine) { try Self.touch(machine, process, 1..<64) }
        #expect(found[0] == Counts(hit: 63, interleaved: 31, local: 63))
        // A policy of the process is for its page tables too.
        try machine.setMempolicy(process, mode: 3, nodes: 1)
        try machine.mmap(process, Self.base + 8 << 30, 4096, prot: 3, flags: 0x32)
        let far: UInt64 = 1 << 21
        let all = try Self.counting(machine) { try Self.touch(machine, process, far..<far + 1) }
        #expect(all[0].interleaved == all[0].hit && all[0].hit == 3)
    }
}
