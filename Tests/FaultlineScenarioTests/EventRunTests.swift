import Faultline
import Testing

@testable import FaultlineScenario

@Suite("A trace")
struct EventRunTests {
    private func events(_ source: String) throws -> [Event] {
        let executor = try SimulatorExecutor()
        executor.machine.trace(true)
        let runner = try ScenarioSession(try Parser.parse(source), on: executor)
        _ = try runner.run()
        return executor.machine.takeEvents()
    }

    @Test("what repeats from page to page stands on one line, and nothing is lost")
    func gathers() throws {
        let all = try events("mmap(W, 64K, 3, 0x32, -1, 0)\nwrite_pages(W, 64K, 1)\nmunmap(W, 64K)\n")
        let runs = EventRun.gather(all)
        #expect(runs.reduce(0) { $0 + $1.count } == all.count)
        #expect(runs.count < all.count / 2)
        let lines = runs.map { $0.text { "p\($0)" } }
        #expect(lines.contains { $0.hasPrefix("p0: page_mapped 0x100000001000 x15 pfn=0x") })
        #expect(lines.contains { $0.hasPrefix("p0: page_fault_user 0x100000001000 x15 error_code=0x6") })
    }

    private func event(_ kind: Event.Kind, _ address: UInt64, _ value: UInt64, process: Int32 = 0) throws -> Event {
        var event = try #require(try events("mmap(W, 4K, 3, 0x32, -1, 0)\n").first)
        (event.kind, event.address, event.value, event.process) = (kind, address, value, process)
        event.reason = .none
        return event
    }

    @Test("runs end where the address, the value, the process or the kind does not go on")
    func breaks() throws {
        func counts(_ events: [Event]) -> [Int] { EventRun.gather(events).map(\.count) }
        let first = try event(.pageMapped, 0x1000, 5)
        #expect(counts([first, try event(.pageMapped, 0x2000, 6), try event(.pageMapped, 0x3000, 7)]) == [3])
        #expect(counts([first, try event(.pageMapped, 0x3000, 6)]) == [1, 1])
        #expect(counts([first, try event(.pageMapped, 0x2000, 8)]) == [1, 1])
        #expect(counts([first, try event(.pageMapped, 0x2000, 6, process: 1)]) == [1, 1])
        #expect(counts([first, try event(.cowCopied, 0x2000, 6)]) == [1, 1])
        // The step of a run does not change: frames 5, 6, then 6 again.
        #expect(counts([first, try event(.pageMapped, 0x2000, 6), try event(.pageMapped, 0x3000, 6)]) == [2, 1])
        #expect(counts([]) == [])
    }

    @Test("names with * choose kinds of events")
    func filter() throws {
        let all = try events("mmap(W, 8K, 3, 0x32, -1, 0)\nstore(W, 1)\nc = fork()\nc: store(W, 2)\n")
        func kinds(_ text: String) throws -> Set<Event.Kind> { Set(try EventFilter(text).select(all).map(\.kind)) }
        #expect(try kinds("cow*") == [.cowCopied])
        #expect(try kinds("cow_copied,vma_new") == [.cowCopied, .vmaNew])
        #expect(try kinds("p*_table_alloc") == [.pteTableAllocated, .pmdTableAllocated, .pudTableAllocated])
        #expect(try EventFilter("*").select(all) == all)
        #expect(throws: EventFilterError(name: "cov")) { try EventFilter("cow*,cov") }
        #expect(throws: EventFilterError(name: "")) { try EventFilter("") }
    }

    @Test("an event names its process and shows every field, also one that is 0")
    func showsZero() throws {
        let oom = try event(.outOfMemory, 0, 0, process: 1)
        #expect(oom.text { "p\($0)" } == "p1: oom victim=p0")
        #expect(try event(.signal, 0, 0, process: -1).text() == "kernel: signal_generate 0x0")
        #expect(try event(.pageMapped, 0x1000, 0).text() == "process 0: page_mapped 0x1000 pfn=0x0")
        #expect(try event(.writeback, 0, 2).text() == "process 0: writeback index=0 pages=2")
        #expect(try event(.tlbFlushAll, 0, 0).text() == "process 0: tlb_flush_mm")
    }

    @Test("a stack that grows says by how many bytes, as every length")
    func stackGrowth() throws {
        let grown = try events("p = mmap(W, 4K, 3, 0x132, -1, 0)\nstore(p - 8K, 1)\n").filter { $0.kind == .stackGrown }
        #expect(grown.map(\.fields.last?.value) == [0x2000])
        #expect(grown.map(\.fields.last?.unit) == [.bytes])
    }
}
