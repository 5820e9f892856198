import Testing

@testable import Faultline

/// What grows with the number of names, files and mappings grows no faster than they do: with work that grows as the square,
/// these would take minutes.
@Suite("Many names")
struct ManyNamesTests {
    @Test("a hundred thousand memory files, each with a name of its own", .timeLimit(.minutes(1)))
    func memoryFiles() throws {
        let machine = try Machine(ramBytes: 64 << 20)
        let process = try machine.start()
        for number in 0..<100_000 {
            let file = try machine.memfdCreate(process, "name \(number)", flags: 0)
            try machine.close(process, file)
        }
        #expect(machine.names.count > 100_000)
        let count = machine.names.count
        let file = try machine.memfdCreate(process, "name 5", flags: 0)
        #expect(machine.names.count == count, "a name that there is keeps its number")
        try machine.mmap(process, 0x1000_0000_0000, 4096, prot: 1, flags: 0x11, fd: file)
        #expect(try machine.snapshot(process).vmas.contains { $0.name == "/memfd:name 5" })
    }

    @Test("an address space of a hundred thousand mapped files", .timeLimit(.minutes(1)))
    func mappedFiles() throws {
        let machine = try Machine(ramBytes: 64 << 20)
        var space = InitialAddressSpace.scenarioAgent
        for number in 0..<UInt64(100_000) {
            let start = 0x1000_0000_0000 + number << 13
            space.regions.append(
                .init(start: start, end: start + 4096, content: .file(name: "/file \(number)", offset: 0)))
        }
        let process = try machine.start(space)
        let vmas = try machine.snapshot(process).vmas
        #expect(vmas.contains { $0.name == "/file 99999" } && vmas.count > 100_000)
    }
}
