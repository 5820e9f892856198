import Faultline
import FaultlineHost
import FaultlineInspect
import Foundation
import Glibc
import Testing

/// The maps of programs before their first instruction: the live kernel's, byte for byte.
@Suite("Programs that were just started", .enabled(if: LiveKernel.startsPrograms, "needs ptrace and Linux 6.18"))
struct StoppedProgramTests {
    private func compare(_ execution: Execution) throws {
        #expect(try StartedProgram.simulated(execution) == StartedProgram.live(execution))
        var legacy = execution
        legacy.isLegacyLayout = true
        #expect(try StartedProgram.simulated(legacy) == StartedProgram.live(legacy))
    }

    private func withFile(_ file: ELFFile, _ body: (Execution) throws -> Void) throws {
        try StartedProgram.withFile(file.bytes) { path in
            try body(
                Execution(
                    path: path, arguments: ["one", "two"],
                    environment: ["A=1", "LONG=" + String(repeating: "x", count: 9000)]))
        }
    }

    /// Those of a few programs that this machine has.
    private static let hostPaths = ["/bin/true", "/bin/sh", "/sbin/ldconfig", "/usr/bin/env"]
        .filter(FileManager.default.isExecutableFile(atPath:))

    @Test(
        "programs of this machine", .enabled(if: !hostPaths.isEmpty, "none of the programs is here"),
        arguments: hostPaths)
    func hostPrograms(path: String) throws {
        try compare(Execution(path: path, arguments: ["x"], environment: ["A=1"]))
    }

    @Test("a static program with fixed addresses", arguments: [0, 0x10, 0x5678, 0x60_0000] as [UInt64])
    func fixed(bss: UInt64) throws {
        try withFile(.program(type: 2, base: 0x40_0000, bss: bss), compare)
        try withFile(.program(type: 2, base: 0x10_0000_0000, bss: bss), compare)
    }

    @Test(
        "a static position-independent program, for each alignment",
        arguments: [4096, 0x4000, 0x1_0000, 0x20_0000, 0x4000_0000, 3, 0] as [UInt64])
    func positionIndependent(alignment: UInt64) throws {
        try withFile(.program(type: 3, base: 0, alignment: alignment), compare)
        try withFile(.program(type: 3, base: 0x1_0000, alignment: alignment, bss: 0x60_0000), compare)
    }

    private static let hostInterpreter = try? ProgramImage(path: "/bin/true").program.interpreter

    @Test(
        "a dynamic program with this machine's interpreter",
        .enabled(if: hostInterpreter != nil, "/bin/true names no interpreter"),
        arguments: [4096, 0x20_0000] as [UInt64])
    func dynamic(alignment: UInt64) throws {
        let interpreter = try #require(Self.hostInterpreter)
        for type in [2, 3] as [UInt16] {
            var file = ELFFile.program(type: type, base: type == 2 ? 0x40_0000 : 0, alignment: alignment)
            file.interpreter = interpreter
            try withFile(file, compare)
        }
    }

    @Test("an executable stack, a segment without file bytes, and segments that overlap")
    func oddSegments() throws {
        var file = ELFFile.program(type: 2, base: 0x40_0000)
        file.headers[3].flags = 7
        try withFile(file, compare)
        file.headers[1].fileSize = 0
        try withFile(file, compare)
        file.headers[1].flags = 7
        try withFile(file, compare)
        file.headers[2].address = 0x40_2e00
        try withFile(file, compare)
        file.headers[0].memorySize = 0x2000
        try withFile(file, compare)
        file.headers.removeLast()
        try withFile(file, compare)
    }

    @Test(
        "the limit of the stack moves the mmap area",
        arguments: [0, 4096, 65536, 100_000, 1 << 27, 1 << 30, (1 << 30) + 5, 1 << 46, 1 << 47, .max - 1, .max]
            as [UInt64])
    func stackLimits(limit: UInt64) throws {
        guard FileManager.default.isExecutableFile(atPath: "/bin/true") else { return }
        var execution = Execution(path: "/bin/true", arguments: ["x"], environment: ["A=1"])
        execution.stackLimit = limit
        try compare(execution)
        // What the limit leaves no room for is E2BIG for both.
        execution.environment = (0..<20).map { "V\($0)=" + String(repeating: "x", count: 9000) }
        #expect(
            try StartedProgram.outcome(StartedProgram.simulated, execution)
                == StartedProgram.outcome(StartedProgram.live, execution))
    }

    @Test("a newline in a path is shown as the live kernel escapes it, other characters are not")
    func escapedNames() throws {
        let bytes = ELFFile.program(type: 2, base: 0x40_0000).bytes
        for suffix in ["a\nb\n", "tab\tback\\slash 012", " é ☃ (deleted)", "\u{1}\u{7f}"] {
            try StartedProgram.withFile(bytes, suffix: suffix) { try compare(Execution(path: $0)) }
        }
    }

    @Test("what the live kernel refuses is refused with its errno")
    func refusals() throws {
        func errnos(_ change: (inout ELFFile) -> Void) throws -> (live: Int32, simulated: Int32) {
            var file = ELFFile.program(type: 2, base: 0x40_0000)
            change(&file)
            var result: (live: Int32, simulated: Int32) = (0, 0)
            try withFile(file) { execution in
                do { _ = try StartedProgram.live(execution) } catch let LiveError.host(_, errno) { result.live = errno }
                do { _ = try StartedProgram.simulated(execution) } catch let error as ELFError {
                    result.simulated = error.errno.rawValue
                }
            }
            return result
        }
        for change: (inout ELFFile) -> Void in [
            { $0.type = 1 }, { $0.headerSize = 32 }, { $0.headers = [] }, { $0.machine = 40 },
            { $0.interpreter = "" },
        ] {
            let errnos = try errnos(change)
            #expect(errnos.live != 0 && errnos.live == errnos.simulated)
        }
    }

    @Test("random files lie where the live kernel puts them, or are refused by both", arguments: 0..<40)
    func randomFiles(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let interpreter = try ProgramImage(path: "/bin/true").program.interpreter
        var started = 0
        for _ in 0..<25 {
            try withFile(.random(&random, interpreter: interpreter)) { execution in
                var execution = execution
                execution.isLegacyLayout = random.chance(20)
                let expected: String?
                do { expected = try StartedProgram.live(execution) } catch is LiveError { expected = nil }
                let found: String?
                do { found = try StartedProgram.simulated(execution) } catch is ELFError { found = nil }
                #expect(found == expected)
                if found != nil { started += 1 }
            }
        }
        #expect(started > 10)
    }

    @Test("an address space described by the live kernel's own text comes out as that text")
    func described() throws {
        for path in ["/bin/true", "/sbin/ldconfig"] where FileManager.default.isExecutableFile(atPath: path) {
            let text = try StoppedProgram.maps(Execution(path: path))
            let machine = try Machine()
            let process = try machine.start(try InitialAddressSpace(maps: text))
            #expect(MapsReader(identity: ProgramImage.identity).text(try machine.snapshot(process)) == text)
        }
    }

    @Test("the live kernel's random places lie in the ranges that the simulator draws from")
    func liveRanges() throws {
        var execution = Execution(path: "/bin/true")
        execution.seed = 1
        let taskSize: UInt64 = 0x7fff_ffff_f000
        let highest = taskSize - (8 << 20) - (0x3f_ffff << 12) - (1 << 20)
        for _ in 0..<40 {
            let lines = try StoppedProgram.maps(execution).split(separator: "\n")
            func bounds(_ line: Substring?) throws -> [UInt64] {
                try #require(line).prefix { $0 != " " }.split(separator: "-").compactMap { UInt64($0, radix: 16) }
            }
            let stack = try bounds(lines.first { $0.hasSuffix("[stack]") })
            #expect(stack[1] <= taskSize && stack[1] >= taskSize - (0x40_0000 << 12))
            let program = try bounds(lines.first)
            #expect(program[0] >= 0x5555_5555_4000 && program[0] < 0x5555_5555_4000 + (1 << 40))
            let interpreter = try bounds(lines.dropLast(2).last)
            #expect(interpreter[1] <= highest && interpreter[1] >= highest - (1 << 40))
        }
    }
}
