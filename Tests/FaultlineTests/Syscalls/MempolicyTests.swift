import Testing

@testable import Faultline

/// Memory policies on machines of several nodes: where pages come to lie, against the kernel's formulas.
struct MempolicyTests {
    private static let base: UInt64 = 0x1000_0000_0000
    private static let count: UInt64 = 16

    private static func machine(nodes: Int, weights: [UInt8] = []) throws -> (Machine, Int) {
        var options = BootOptions()
        options.fakeNodes = nodes
        var settings = KernelSettings()
        settings.interleaveWeights = weights
        let machine = try Machine(boot: BootLayout(FirmwareMap(ramBytes: 512 << 20), options), settings: settings)
        let process = try machine.start()
        try machine.mmap(process, base, 64 << 12, prot: 3, flags: 0x32)
        return (machine, process)
    }

    /// The node of each of the first pages, which are written to first.
    private static func nodes(_ machine: Machine, _ process: Int, write: Bool = true) throws -> [Int32] {
        for page in 0..<count where write { #expect(try machine.store(process, base + page << 12, 1) == nil) }
        let found = try machine.movePages(process, of: process, base, count: count, node: -1, flags: 0)
        #expect(machine.checkInvariants() == nil)
        return found.statuses
    }

    private static func place(_ page: UInt64) -> UInt64 { base >> 12 + page }

    @Test("each mode puts pages where its formula says", arguments: [0, 1])
    func modes(usesTask: Int) throws {
        let all: [(mode: Int32, nodes: UInt64, expected: (UInt64) -> Int32)] = [
            (1, 0b1100, { _ in 2 }), (2, 0b1000, { _ in 3 }), (4, 0, { _ in 0 }), (2, 0b0110, { _ in 1 }),
            (5, 0b1010, { _ in 1 }), (0, 0, { _ in 0 }), (3, 0b1101, { [0, 2, 3][Int(Self.place($0) % 3)] }),
            (6, 0b0111, { [0, 0, 0, 1, 2, 2][Int(Self.place($0) % 6)] }),
            // Relative: places 1 and 2 of four nodes, and place 5 modulo 4.
            (3 | 1 << 14, 0b10_0100, { [1, 2][Int(Self.place($0) % 2)] }),
        ]
        for (mode, mask, expected) in all {
            let (machine, process) = try Self.machine(nodes: 4, weights: [3, 1, 2])
            if usesTask == 1 {
                try machine.setMempolicy(process, mode: mode, nodes: mask)
            } else {
                try machine.mbind(process, Self.base, Self.count << 12, mode: mode, nodes: mask, flags: 0)
            }
            #expect(try Self.nodes(machine, process) == (0..<Self.count).map(expected), "mode \(mode) of \(mask)")
        }
    }

    @Test("a home node is tried first; get_mempolicy tells modes, nodes and places")
    func homeAndQuestions() throws {
        let (machine, process) = try Self.machine(nodes: 4)
        try machine.mbind(process, Self.base, Self.count << 12, mode: 2, nodes: 0b1110, flags: 0)
        try machine.setHomeNode(process, Self.base, Self.count << 12, node: 3, flags: 0)
        #expect(try Self.nodes(machine, process) == Array(repeating: 3, count: 16))
        let told = try machine.getMempolicy(process, Self.base, flags: 2)
        #expect(told.policy == 2 && told.nodes == 0b1110)
        #expect(try machine.getMempolicy(process, Self.base + 4096, flags: 3).policy == 3)
        #expect(try machine.getMempolicy(process, 0, flags: 4).nodes == 0b1111)
        try machine.setMempolicy(process, mode: 3 | 1 << 15, nodes: 0b1_0101)
        let static_ = try machine.getMempolicy(process, 0, flags: 0)
        #expect(static_.policy == 3 | 1 << 15 && static_.nodes == 0b1_0101)
        #expect(throws: Errno.EOPNOTSUPP) {
            try machine.mbind(process, Self.base, 4096, mode: 1, nodes: 1, flags: 0)
            try machine.setHomeNode(process, Self.base, 8192, node: 1, flags: 0)
        }
    }

    @Test("a process that interleaves takes the next node for each page without a place")
    func turns() throws {
        let (machine, process) = try Self.machine(nodes: 4, weights: [2, 1, 1, 3])
        try machine.setMempolicy(process, mode: 3, nodes: 0b1010)
        #expect(try machine.getMempolicy(process, 0, flags: 1).policy == 1)
        // The tables of a new gigabyte are the kernel's own pages: three of them.
        #expect(try machine.load(process, Self.base) == .success(0))
        let next = try machine.getMempolicy(process, 0, flags: 1).policy
        #expect(next == 1 || next == 3)
        try machine.setMempolicy(process, mode: 6, nodes: 0b1001)
        #expect(try machine.getMempolicy(process, 0, flags: 1).policy == 0)
        let child = try machine.fork(process)
        #expect(try machine.getMempolicy(child, 0, flags: 0).policy == 6)
    }

    @Test("mbind moves pages with MPOL_MF_MOVE, and finds those that stay with MPOL_MF_STRICT")
    func moves() throws {
        let (machine, process) = try Self.machine(nodes: 2)
        #expect(try Self.nodes(machine, process) == Array(repeating: 0, count: 16))
        #expect(throws: Errno.EIO) {
            try machine.mbind(process, Self.base, Self.count << 12, mode: 2, nodes: 2, flags: 1)
        }
        try machine.mbind(process, Self.base, 8 << 12, mode: 2, nodes: 2, flags: 2)
        let half = Array(repeating: 1 as Int32, count: 8) + Array(repeating: 0, count: 8)
        #expect(try Self.nodes(machine, process, write: false) == half)
        _ = try machine.pin(process, Self.base, 4096)
        #expect(throws: Errno.EIO) {
            try machine.mbind(process, Self.base, Self.count << 12, mode: 2, nodes: 1, flags: 3)
        }
        // The pinned page stays.
        #expect(try Self.nodes(machine, process, write: false) == [1] + Array(repeating: 0, count: 15))
        #expect(try machine.migratePages(process, of: process, from: 1, to: 2) == 0)
        #expect(try Self.nodes(machine, process, write: false) == Array(repeating: 1, count: 16))
        #expect(try machine.migratePages(process, of: process, from: 2, to: 1) == 1)
        #expect(throws: Errno.EINVAL) { try machine.migratePages(process, of: process, from: 1, to: 4) }
    }

    @Test("a policy of a shared file is the file's, for everyone who maps it")
    func shared() throws {
        let (machine, process) = try Self.machine(nodes: 2)
        let file = try machine.memfdCreate(process, "f", flags: 0)
        try machine.ftruncate(process, file, 64 << 12)
        try machine.mmap(process, Self.base, 32 << 12, prot: 3, flags: 0x11, fd: file)
        try machine.mbind(process, Self.base + 4 << 12, 4 << 12, mode: 2, nodes: 2, flags: 0)
        try machine.mmap(process, Self.base + 64 << 12, 32 << 12, prot: 3, flags: 0x11, fd: file)
        let other = Self.base + 64 << 12
        #expect(try machine.getMempolicy(process, other, flags: 2).policy == 0)
        #expect(try machine.getMempolicy(process, other + 4 << 12, flags: 2).policy == 2)
        for page in 0..<16 as Range<UInt64> { #expect(try machine.store(process, other + page << 12, 1) == nil) }
        let found = try machine.movePages(process, of: process, other, count: 16, node: -1, flags: 0).statuses
        #expect(found == (0..<16).map { 4..<8 ~= $0 ? 1 : 0 })
        #expect(machine.checkInvariants() == nil)
    }
}
