import Testing

@testable import Faultline

/// NUMA hinting faults on a machine of two nodes with a CPU each, against the rules of `task_numa_work`, `do_numa_page` and
/// `should_numa_migrate_memory`.
struct NUMABalancingTests {
    private static let base: UInt64 = 0x1000_0000_0000

    /// A process with memory that lies on the first node, and runs on the second from here on.
    private static func machine(
        pages: UInt64 = 64, scanSize: UInt64 = 256, isHuge: Bool = false, moves: Bool = true
    ) throws -> (Machine, Int) {
        var options = BootOptions()
        options.nodes = [0..<128 << 20, 128 << 20..<256 << 20]
        options.cpuNodes = [0, 1]
        options.cpus = 2
        var settings = KernelSettings()
        settings.balancing.mode = 1
        settings.balancing.scanSize = scanSize
        let machine = try Machine(boot: BootLayout(FirmwareMap(ramBytes: 256 << 20), options), settings: settings)
        machine.bringUpCPUs(2)
        let process = try machine.start()
        // The program has nothing but what is looked at.
        try machine.munmap(process, 4096, base - 4096)
        try machine.munmap(process, base + 1 << 40, 0x7fff_ffff_f000 - base - 1 << 40)
        try machine.mmap(process, base, pages << 12, prot: 3, flags: 0x32)
        try machine.madvise(process, base, pages << 12, advice: isHuge ? 14 : 15)
        for page in 0..<pages { #expect(try machine.store(process, base + page << 12, 1) == nil) }
        machine.drainAllBatches()
        if moves { try machine.run(process, onCPU: 1) }
        return (machine, process)
    }

    private static func node(_ machine: Machine, _ process: Int, _ page: UInt64 = 0) throws -> Int {
        machine.physical.nodes.node(of: machine.readPTE(machine.processes[process].mm, base + page << 12).pfn)
    }

    private static func load(_ machine: Machine, _ process: Int, _ page: UInt64 = 0) throws {
        guard case .success = try machine.load(process, base + page << 12) else {
            Issue.record("the load ended in a signal")
            return
        }
        #expect(machine.checkInvariants() == nil)
    }

    private static func hint(_ machine: Machine, _ process: Int) -> UInt64 {
        let vma = machine.lookupVMA(machine.processes[process].mm, base)!
        return machine.hintEntries(vma, vma.pointee.start, vma.pointee.end)
    }

    @Test("a scan begins a delay and a period after the first tick, and a page goes to who uses it")
    func scanAndMove() throws {
        let (machine, process) = try Self.machine()
        // A period of 1000 ms is over at the tick of 1004; the address space is left alone for 1000 ms from there.
        try machine.compute(process, milliseconds: 2003)
        #expect(machine.balancingCounts == BalancingCounts())
        try machine.compute(process, milliseconds: 1)
        #expect(machine.balancingCounts.hinted == 64)
        let faults = machine.processes[process].minorFaults
        try Self.load(machine, process)
        #expect(try Self.node(machine, process) == 1)
        var expected = BalancingCounts()
        (expected.hinted, expected.faults, expected.moved) = (64, 1, 1)
        #expect(machine.balancingCounts == expected)
        #expect(machine.processes[process].minorFaults == faults + 1)
        // It came back read-only: the page is known to be the process's own when it writes.
        #expect(try machine.store(process, Self.base, 2) == nil)
        #expect(machine.processes[process].minorFaults == faults + 2)
        #expect(machine.processes[process].scan.remote == 1 && machine.processes[process].scan.local == 0)
    }

    @Test("what a process that is alone has on its node is left in peace")
    func wellPlaced() throws {
        let (machine, process) = try Self.machine(moves: false)
        try machine.compute(process, milliseconds: 10_000)
        #expect(machine.balancingCounts.hinted == 0)
        #expect(machine.processes[process].mm.pointee.scan.sequence > 0)
    }

    @Test("a piece ends at 2 MiB, and the next one goes on there")
    func pieces() throws {
        let (machine, process) = try Self.machine(pages: 2048, scanSize: 1)
        try machine.compute(process, milliseconds: 2004)
        #expect(machine.balancingCounts.hinted == 512)
        #expect(machine.processes[process].mm.pointee.scan.offset == Self.base + 2 << 20)
        // task_scan_min: 1000 ms for 2,048 pages of rss in pieces of 256.
        #expect(machine.shortestScanPeriod(machine.processes[process]) == 125)
        try machine.compute(process, milliseconds: 200)
        #expect(machine.balancingCounts.hinted == 1024)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("two faults in a row from one node say that a page is used there")
    func filter() throws {
        let (machine, process) = try Self.machine()
        let other = try machine.cloneVM(process)
        try machine.run(other, onCPU: 0)
        // Old enough for the filter.
        for task in [process, other] {
            machine.processes[task].scan.sequence = 5
            machine.processes[task].scan.preferred = 0
        }
        func fault(_ task: Int) throws -> Int {
            #expect(Self.hint(machine, process) > 0)
            try Self.load(machine, task)
            return try Self.node(machine, process)
        }
        // Nobody is known yet; then one has just been there; then it has been there twice.
        #expect(try fault(process) == 1)
        #expect(try fault(other) == 1)
        #expect(try fault(other) == 0)
        // What is on the CPU's node already is not asked about: the last user is the other one still.
        #expect(try fault(other) == 0)
        #expect(try fault(process) == 0)
        #expect(try fault(other) == 0)
        #expect(try fault(process) == 1)
    }

    @Test("policies: a mode that does not follow its users is passed over, one with MPOL_F_NUMA_BALANCING is not")
    func policies() throws {
        for (mode, nodes, isFollowed, goes) in [
            (2, 0b11, false, false), (3, 0b11, false, false), (4, 0, false, false), (2 | 1 << 13, 0b11, true, true),
            (5 | 1 << 13, 0b11, true, true), (2 | 1 << 13, 0b01, true, false),
        ] as [(Int32, UInt64, Bool, Bool)] {
            let (machine, process) = try Self.machine()
            machine.trace(true)
            try machine.mbind(process, Self.base, 64 << 12, mode: mode, nodes: nodes, flags: 0)
            try machine.compute(process, milliseconds: 2004)
            #expect(machine.balancingCounts.hinted == (isFollowed ? 64 : 0), "mode \(mode)")
            let passed = machine.takeEvents().filter { $0.kind == .areaPassedOver }
            #expect(passed.contains { $0.reason == .scanUnsuitable } == !isFollowed)
            try Self.load(machine, process)
            #expect(try Self.node(machine, process) == (goes ? 1 : 0), "mode \(mode)")
        }
    }

    @Test("a huge page is hinted, and moves, as a whole")
    func huge() throws {
        let (machine, process) = try Self.machine(pages: 1024, isHuge: true)
        let head = machine.readPTE(machine.processes[process].mm, Self.base).pfn
        #expect(machine.folio(of: head).pageCount == 512)
        try machine.compute(process, milliseconds: 2004)
        #expect(machine.balancingCounts.hinted == 1024 && machine.balancingCounts.hugeChanges == 2)
        try Self.load(machine, process, 7)
        #expect(machine.balancingCounts.faults == 1 && machine.balancingCounts.moved == 512)
        #expect(try Self.node(machine, process, 500) == 1)
        #expect(try Self.node(machine, process, 600) == 0)
        // A part that gets rights of its own makes the fault go: nothing is hinted after the split.
        try machine.mprotect(process, Self.base + 3 << 20, 4096, prot: 1)
        try Self.load(machine, process, 600)
        #expect(machine.balancingCounts.faults == 1)
        // mprotect of a whole one counts as a change of a PMD, too.
        try machine.mprotect(process, Self.base, 2 << 20, prot: 1)
        #expect(machine.balancingCounts.hugeChanges == 3)
    }

    @Test("a page stays where the other node has no room above its high watermark")
    func noRoom() throws {
        let (machine, process) = try Self.machine()
        let far = Self.base + 1 << 30
        try machine.mmap(process, far, 160 << 20, prot: 3, flags: 0x32)
        try machine.mbind(process, far, 160 << 20, mode: 1, nodes: 0b10, flags: 0)
        let free = { machine.zones.filter { $0.node == 1 }.reduce(0 as UInt64) { $0 + $1.free } }
        let high = machine.zones.filter { $0.node == 1 }.reduce(0 as UInt64) { $0 + $1.high }
        var page: UInt64 = 0
        while free() > high {
            #expect(try machine.store(process, far + page << 12, 1) == nil)
            page += 1
        }
        #expect(Self.hint(machine, process) == 64)
        try Self.load(machine, process)
        #expect(try Self.node(machine, process) == 0)
        #expect(machine.balancingCounts.moved == 0 && machine.processes[process].scan.failed == 1)
    }

    @Test("pages that fork shares, and memory without rights, are not hinted; mprotect takes a hint away")
    func exceptions() throws {
        let (machine, process) = try Self.machine()
        let child = try machine.fork(process)
        #expect(Self.hint(machine, process) == 0)
        try machine.exit(child)
        #expect(Self.hint(machine, process) == 64)
        #expect(Self.hint(machine, process) == 0)
        try machine.mprotect(process, Self.base, 64 << 12, prot: 1)
        try Self.load(machine, process)
        #expect(machine.balancingCounts.faults == 0)
        try machine.mprotect(process, Self.base, 64 << 12, prot: 0)
        machine.trace(true)
        try machine.compute(process, milliseconds: 2004)
        #expect(machine.takeEvents().contains { $0.reason == .scanInaccessible })
        #expect(machine.checkInvariants() == nil)
    }
}
