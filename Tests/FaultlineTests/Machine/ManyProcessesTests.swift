import Testing

@testable import Faultline

/// More address spaces at a time than 16 bits can number.
struct ManyProcessesTests {
    @Test("70,000 live processes each read their own bytes")
    func eachReadsItsOwn() throws {
        let machine = try Machine(ramBytes: 1 << 30)
        // Empty address spaces: a page table is all that each costs.
        let first = try machine.makeProcess(MMStruct.Layout(mmapBase: 0x7fff_f7ff_f000))
        while machine.processes.count < 70_000 { _ = try machine.fork(first.index) }
        // Those whose numbers agree in their lower 16 bits, and so in the 12 of the PCID, take turns at one address.
        let address: UInt64 = 0x1000_0000_0000
        for low in stride(from: 0, to: 70_000 - 65_536, by: 97) {
            let sharers = [low, low + 4096, low + 65_536]
            for (place, process) in sharers.enumerated() {
                _ = try machine.mmap(process, address, 4096, prot: 3, flags: 0x32)
                #expect(try machine.store(process, address, UInt8(place + 1)) == nil)
            }
            for (place, process) in sharers.enumerated() {
                #expect(try machine.load(process, address) == .success(UInt8(place + 1)), "process \(process)")
            }
        }
        let contexts = Set(machine.processes.map { $0.mm.pointee.context })
        #expect(contexts.count == 70_000)
    }
}
