import Faultline
import Testing

/// What the trace says of a fork: for each VMA what became of its pages, and why.
@Suite struct ForkEventTests {
    @Test("fork tells of every VMA whether its entries were copied, and by which rule they were not")
    func reasons() throws {
        let bench = try CallBench()
        try bench.map(0, 4)  // private: one page plain, one left out, one wiped, one plain
        try bench.map(4, 4, flags: 0x31)
        for page in 0..<8 as Range<UInt64> {
            #expect(try bench.machine.store(bench.process, bench.at(page), 1) == nil)
        }
        #expect(bench.advise(1, 1, 10) == nil)
        #expect(bench.advise(2, 1, 18) == nil)
        bench.machine.trace(true)
        let child = try bench.machine.fork(bench.process)
        let copies = bench.machine.takeEvents().filter { $0.kind == .pageRangeCopied && $0.address >= bench.at(0) }
        let expected: [(UInt64, Event.Reason, UInt64)] = [
            (0, .forkShares, 4096), (1, .forkLeavesOut, 0), (2, .forkWipes, 0), (3, .forkShares, 4096),
            (4, .forkRefills, 0),
        ]
        #expect(copies.count >= expected.count)
        for (event, (page, reason, bytes)) in zip(copies, expected) {
            #expect(event.address == bench.at(page) && event.reason == reason && event.value == bytes)
        }
        // What was not copied is not there: the wiped page reads zero, shared memory comes back with its bytes.
        #expect(try bench.machine.load(child, bench.at(2)) == .success(0))
        #expect(try bench.machine.load(child, bench.at(4)) == .success(1))
        #expect(throws: Never.self) { try bench.machine.exit(child) }
    }
}

/// What the trace says of page tables.
@Suite struct TableEventTests {
    @Test("tables of the three levels are told apart, as they come and as they go")
    func levels() throws {
        let bench = try CallBench()
        try bench.map(0, 1)
        bench.machine.trace(true)
        #expect(try bench.machine.store(bench.process, bench.at(0), 1) == nil)
        let made = bench.machine.takeEvents().map(\.kind)
        let expected: [Event.Kind] = [.pudTableAllocated, .pmdTableAllocated, .pteTableAllocated]
        #expect(made.filter { expected.contains($0) } == expected)
        try bench.machine.munmap(bench.process, bench.at(0), 4096)
        let freed = bench.machine.takeEvents().map(\.kind)
        #expect(
            freed.filter { $0.rawValue.hasSuffix("_table_free") } == [.pteTableFreed, .pmdTableFreed, .pudTableFreed])
    }
}
