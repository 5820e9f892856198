import Faultline
import Testing

@testable import FaultlineScenario

/// The VMAs that the first process starts with, in the states that a program shows.
struct InitialVMAsTests {
    private static let map = "a = mmap(0, 4K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)\n"

    /// A library, a data segment with two pages there, and 16 KiB of memory.
    private var space: InitialAddressSpace {
        var data = InitialAddressSpace.Region(
            start: 0x50_0000, end: 0x50_4000, isWritable: true, content: .file(name: "/bin/p", offset: 0))
        data.pages = [InitialPages(start: 0x50_0000, count: 2, kind: .anonymous)]
        var library = InitialAddressSpace.Region(
            start: 0x40_0000, end: 0x40_4000, isExecutable: true, content: .file(name: "/lib/l.so", offset: 0))
        library.pages = [InitialPages(start: 0x40_1000, count: 1, kind: .file)]
        let memory = InitialAddressSpace.Region(start: 0x60_0000, end: 0x60_4000, isWritable: true, content: .anonymous)
        return InitialAddressSpace(
            regions: [library, data, memory], mmapBase: 0x7fff_f7ff_f000, startBrk: 0x70_0000,
            startStack: 0x7fff_ffff_e000, touched: [])
    }

    private func run(
        _ source: String, first: SimulatorExecutor.FirstProcess, showsInitial: Bool = false
    ) throws -> (starts: [[UInt64]], leftOut: [Int], text: String) {
        let executor = try SimulatorExecutor(ramBytes: 256 << 20, first: first, showsInitial: showsInitial)
        executor.selfCheck = .everyCall
        let program = try Parser.parse(source)
        let runner = try ScenarioSession(program, on: executor)
        let run = try runner.run()
        let leftOut = try executor.leftOutVMAs()
        return (
            run.end.processes.map { $0.vmas.map(\.start) }, leftOut.map(\.count),
            Transcript(program).summary(run, leftOut: leftOut)
        )
    }

    @Test("what the program did not touch is left out and counted, in a child too")
    func untouched() throws {
        let result = try run(Self.map + "c = fork()\n", first: .described(space))
        #expect(result.starts == [[0x7fff_f7ff_e000], [0x7fff_f7ff_e000]] && result.leftOut == [3, 3])
        #expect(result.text.contains("left out of init: 3 of the 3 VMAs of the start (--show initial lists them)"))
    }

    @Test(
        "what the program touched, split or changed is listed",
        arguments: [
            ("load(0x403000)\n", [0x40_0000]), ("store(0x503000, 1)\n", [0x50_0000]), ("load(0x600000)\n", [0x60_0000]),
            ("mprotect(0x501000, 4K, PROT_READ)\n", [0x50_0000, 0x50_1000, 0x50_2000]),
            ("madvise(0x600000, 16K, MADV_RANDOM)\n", [0x60_0000]), ("munmap(0x600000, 8K)\n", [0x60_2000]),
            ("munmap(0x600000, 16K)\n", []), ("madvise(0x500000, 16K, MADV_DONTNEED)\n", [0x50_0000]),
        ])
    func touched(source: String, starts: [UInt64]) throws {
        #expect(try run(source, first: .described(space)).starts == [starts])
    }

    @Test("a child's write is the child's alone")
    func child() throws {
        let result = try run("c = fork()\nc: store(0x500000, 1)\n", first: .described(space))
        #expect(result.starts == [[], [0x50_0000]] && result.leftOut == [3, 2])
    }

    @Test("all are listed where that is asked for, the agent's too")
    func shown() throws {
        let result = try run("load(0x403000)\n", first: .described(space), showsInitial: true)
        #expect(result.starts == [[0x40_0000, 0x50_0000, 0x60_0000]] && result.leftOut == [0])
        let agent = try run("getpid()\n", first: .agent(seed: nil), showsInitial: true)
        #expect(agent.starts[0].count == 7 && agent.leftOut == [0])
        let usual = try run("getpid()\n", first: .agent(seed: nil))
        #expect(usual.starts == [[]] && usual.leftOut == [7])
    }

    @Test("a scope leaves out what overlaps a VMA of the start, and nothing else")
    func scope() {
        let scope = StateScope(
            initial: ([(0x1000, 0x3000), (0x5000, 0x6000)] as [(UInt64, UInt64)]).map {
                InitialVMA(start: $0.0, end: $0.1, permissions: "", offset: 0, name: "")
            })
        let cases: [(UInt64, UInt64, Bool)] = [
            (0, 0x1000, true), (0, 0x2000, false), (0x2000, 0x3000, false), (0x3000, 0x5000, true),
            (0x3000, 0x5001, false), (0x6000, 0x7000, true), (0, 0x9000, false),
        ]
        for (start, end, shows) in cases { #expect(scope.shows(start: start, end: end) == shows) }
        #expect(StateScope.everything.shows(start: 0, end: .max))
    }
}
