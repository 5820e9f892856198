import Testing

@testable import Faultline

/// move_pages(2).
struct MovePagesTests {
    private static let base: UInt64 = 0x1000_0000_0000

    private static func machine(nodes: Int) throws -> (Machine, Int) {
        var options = BootOptions()
        options.fakeNodes = nodes
        let machine = try Machine(boot: BootLayout(FirmwareMap(ramBytes: 256 << 20), options))
        let process = try machine.start()
        try machine.mmap(process, base, 64 << 12, prot: 3, flags: 0x32)
        for page in 0..<16 as Range<UInt64> {
            #expect(try machine.store(process, base + page << 12, UInt8(page)) == nil)
        }
        #expect(try machine.load(process, base + 16 << 12) == .success(0))
        return (machine, process)
    }

    @Test("it says on which node each page is, and why others have none")
    func asks() throws {
        let (machine, process) = try Self.machine(nodes: 0)
        let asked = try machine.movePages(process, of: process, Self.base + 15 << 12, count: 3, node: -1, flags: 2)
        #expect(asked.left == 0 && asked.statuses == [0, -14, -2])
        let moved = try machine.movePages(process, of: process, Self.base + 15 << 12, count: 3, node: 0, flags: 2)
        #expect(moved.statuses == [0, -14, -2])
        for (node, flags, errno) in [(1, 0, Errno.ENODEV), (-2, 0, .ENODEV), (-1, 1, .EINVAL)]
            as [(Int64, UInt64, Errno)]
        {
            #expect(throws: errno) {
                try machine.movePages(process, of: process, Self.base, count: 1, node: node, flags: flags)
            }
        }
        #expect(try machine.movePages(process, of: process, Self.base, count: 0, node: 1, flags: 0).statuses == [])
    }

    @Test("pages go to the other node with their contents; shared ones only with MPOL_MF_MOVE_ALL")
    func moves() throws {
        let (machine, process) = try Self.machine(nodes: 2)
        let mm = machine.processes[process].mm
        let first = try machine.movePages(process, of: process, Self.base, count: 8, node: 1, flags: 2)
        #expect(first.left == 0 && first.statuses == Array(repeating: 1, count: 8))
        for page in 0..<8 as Range<UInt64> {
            #expect(machine.physical.nodes.node(of: machine.readPTE(mm, Self.base + page << 12).pfn) == 1)
        }
        let child = try machine.fork(process)
        let shared = try machine.movePages(child, of: process, Self.base + 6 << 12, count: 4, node: 1, flags: 2)
        #expect(shared.statuses == [1, 1, -13, -13])
        let all = try machine.movePages(child, of: process, Self.base + 6 << 12, count: 4, node: 1, flags: 4)
        #expect(all.statuses == [1, 1, 1, 1])
        #expect(machine.checkInvariants() == nil)
        for page in 0..<16 as Range<UInt64> {
            #expect(try machine.load(child, Self.base + page << 12) == .success(UInt8(page)))
        }
    }

    @Test("another user's process, or one with more capabilities, is out of reach")
    func rights() throws {
        let (machine, process) = try Self.machine(nodes: 0)
        let child = try machine.fork(process)
        try machine.setCapabilities(child, .none)
        #expect(throws: Errno.EPERM) {
            try machine.movePages(child, of: process, Self.base, count: 1, node: -1, flags: 0)
        }
        #expect(throws: Errno.EPERM) {
            try machine.movePages(child, of: child, Self.base, count: 1, node: -1, flags: 4)
        }
        #expect(try machine.movePages(child, of: child, Self.base, count: 1, node: -1, flags: 0).statuses == [0])
        #expect(try machine.movePages(process, of: child, Self.base, count: 1, node: -1, flags: 0).statuses == [0])
    }
}
