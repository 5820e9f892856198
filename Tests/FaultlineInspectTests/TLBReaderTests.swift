import Faultline
import FaultlineInspect
import Testing

struct TLBReaderTests {
    @Test("the table has hits by level and kind, walk loads by level, and what was saved")
    func table() throws {
        let machine = try Machine(ramBytes: 64 << 20, tlb: .zen3)
        let process = try machine.start()
        let address = try machine.mmap(process, 0, 4096, prot: 3, flags: 0x22)
        #expect(try machine.store(process, address, 1) == nil)
        for _ in 0..<5 { _ = try machine.load(process, address) }
        let statistics = machine.tlbStatistics
        let text = TLBReader.text(statistics)
        let lines = text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(lines[0] == ["tlb", "read", "write", "execute"])
        #expect(lines[1] == ["first-level", "hits", "5", "0", "0"])
        #expect(lines[3] == ["walks", "\(statistics.walks.read)", "\(statistics.walks.write)", "0"])
        #expect(text.contains("\n  entries read by walks PT=\(statistics.walkLoads[0]) PD="))
        #expect(statistics.fillsByKind.map(\.sum) == statistics.fills && statistics.fillsByKind[0].write > 0)
        #expect(text.contains("\n  entries that the paging-structure caches saved \(statistics.savedLoads)\n"))
    }
}
