import Faultline
import FaultlineScenario
import Foundation
import Testing

@testable import FaultlineHost

/// What a program's faults ask the page allocator for, as the kernel's tracepoint tells it and as the simulator does.
@Suite("Page allocations of a program", .enabled(if: LiveKernel.isTheRecordedOne), .serialized)
struct PageAllocationTraceTests {
    /// Nothing that reads ahead: which pages come then depends on the host's files.
    static let program = """
        p = mmap(W, 64K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
        store(p, 1)
        store(p+4K, 2)
        load(p+8K)
        store(p+8K, 3)
        m = memfd_create("m", 0)
        ftruncate(m, 64K)
        s = mmap(W+4M, 64K, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_FIXED, m, 0)
        store(s, 1)
        load(s+4K)
        q = mmap(W+8M, 64K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_FIXED, m, 0)
        store(q, 4)
        r = mmap(W+12M, 64K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_FIXED, m, 0)
        store(r+8K, 5)
        t = mmap(W+16M, 64K, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_FIXED, m, 0)
        load(t+12K)
        d = disk_file(64K)
        e = mmap(W+20M, 64K, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_FIXED, d, 0)
        load(e)
        f = mmap(W+24M, 64K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_FIXED, d, 0)
        store(f, 6)
        h = mmap(W+28M, 64K, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_FIXED, d, 0)
        store(h, 7)
        g = mmap(W+4G, 4K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
        store(g, 1)
        """

    @Test("order, migrate type and flags of each allocation are those of mm_page_alloc")
    func allocations() throws {
        let program = try Parser.parse(Self.program)
        let live = try LiveExecutor()
        let session = try ScenarioSession(program, on: live)
        guard let trace = KernelTrace(["mm_page_alloc"], of: Int32(try #require(live.machine.live.first).process))
        else {
            print("skipped: tracefs cannot be mounted here, or takes no instance")
            return
        }
        try session.run()
        // What comes from user memory's faults: other parts of the kernel allocate for the process too.
        let kinds: Set = [
            "GFP_HIGHUSER_MOVABLE|__GFP_ZERO|__GFP_COMP", "GFP_HIGHUSER_MOVABLE|__GFP_COMP",
            "GFP_KERNEL_ACCOUNT|__GFP_ZERO|__GFP_COMP",
        ]
        let shown = trace.finish().matches(of: /order=(\d+) migratetype=(\d+) gfp_flags=(\S+)/)
            .map { "\($0.1) \($0.2) \($0.3)" }.filter { kinds.contains(String($0.split(separator: " ")[2])) }
        let simulated = try SimulatorExecutor(settings: HostKernel.settings)
        let other = try ScenarioSession(program, on: simulated)
        simulated.machine.trace(true)
        try other.run()
        let made = simulated.machine.takeEvents().filter { $0.kind == .pageAllocated }.map { event in
            event.fields.dropFirst().map { $0.text { _ in "" } }.joined(separator: " ")
        }.filter { kinds.contains(String($0.split(separator: " ")[2])) }
        #expect(made == shown)
        #expect(made.count >= 16)
    }

    // MARK: Blocks of other types

    /// Free blocks of the zone Normal by order, of one type, as /proc/pagetypeinfo has them; nil where it cannot be read.
    private func freeBlocks(_ type: String) -> [Int]? {
        guard let text = try? String(contentsOfFile: "/proc/pagetypeinfo", encoding: .utf8),
            let line = text.split(separator: "\n").first(where: {
                $0.hasPrefix("Node    0, zone   Normal, type") && $0.contains(" \(type) ")
            })
        else { return nil }
        return line.split(separator: " ").suffix(11).compactMap { Int($0) }
    }

    /// A table for each of many 2 MiB, and a copy of all of them for each child: more unmovable pages than are free.
    private func tables(_ count: Int) -> String {
        let each = 2000
        var lines = [
            "p = mmap(W, \(each * 2)M, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED|MAP_NORESERVE, -1, 0)"
        ]
        for table in 0..<each { lines.append("store(p+\(table * 2)M, 1)") }
        for child in 0...count / each { lines.append("c\(child) = fork()") }
        return lines.joined(separator: "\n") + "\n"
    }

    @Test("unmovable pages claim the largest blocks of movable ones, as mm_page_alloc_extfrag tells")
    func fallbacks() throws {
        guard let unmovable = freeBlocks("Unmovable"), let movable = freeBlocks("Movable"),
            let reclaimable = freeBlocks("Reclaimable")
        else {
            print("skipped: /proc/pagetypeinfo has no zone Normal here")
            return
        }
        let free = unmovable.enumerated().reduce(0) { $0 + $1.element << $1.offset }
        guard free < 100_000, movable[10] >= 8, reclaimable[10] == 0 else {
            print("skipped: too little of the host's memory lies in large movable blocks")
            return
        }
        let program = try Parser.parse(tables(free + 4000))
        let live = try LiveExecutor()
        let session = try ScenarioSession(program, on: live)
        let process = Int32(try #require(live.machine.live.first).process)
        guard let trace = KernelTrace(["mm_page_alloc_extfrag"], of: process) else {
            print("skipped: tracefs cannot be mounted here, or takes no instance")
            return
        }
        try session.run()
        // Slabs and stacks of the children ask for larger blocks too.
        let tables = /alloc_order=0 fallback_order=\d+ pageblock_order=\d+ alloc_migratetype=0 .*/
        let shown = trace.finish().matches(of: tables).map { String($0.0) }
        let simulated = try SimulatorExecutor(settings: HostKernel.settings)
        let other = try ScenarioSession(program, on: simulated)
        simulated.machine.trace(true)
        try other.run()
        let made = simulated.machine.takeEvents().filter { $0.kind == .pageTakenFromOthers }.map { event in
            event.fields.dropFirst().map { $0.text { _ in "" } }.joined(separator: " ")
        }
        // How many pages were free in unmovable blocks decides how often. Where others take the large blocks meanwhile, the live kernel
        // goes on with smaller ones.
        let large = shown.filter { $0.contains("fallback_order=10 ") }
        #expect(made.count >= 2)
        if large.isEmpty { return print("skipped: others took the large blocks of the host meanwhile") }
        // The event's own text has the values, in the tracepoint's order.
        let values = large.map { line in
            line.split(separator: " ").map { $0.drop { $0 != "=" }.dropFirst() }.joined(separator: " ")
        }
        #expect(Set(made) == Set(values))
    }
}
