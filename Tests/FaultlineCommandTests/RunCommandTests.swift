import ArgumentParser
import FaultlineScenario
import Foundation
import Testing

@testable import FaultlineCommand

@Suite struct RunCommandTests {
    /// Runs `faultline run OPTIONS FILE`: what it says in the end, with FILE for the file's name.
    private func complaint(_ source: String, options: [String] = []) throws -> String? {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("run-\(UUID().uuidString).fl").path
        try Data(source.utf8).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        var command = try FaultlineTool.parseAsRoot(["run"] + options + [path])
        do {
            try command.run()
            return nil
        } catch { return "\(error)".replacingOccurrences(of: path, with: "FILE") }
    }

    @Test("a statement that cannot be run is named by file and line")
    func failures() throws {
        #expect(try complaint("load(W)\n") == nil)
        let division = try complaint("x = brk(0)\ny = 4 / (x - x)\n")
        #expect(division == "FILE:2: error: division by zero; the right side of '/' and '%' must not be 0")
        let other = try #require(try complaint("load(W)\n\nprctl(1, 9)\n", options: ["--json"]))
        #expect(other.hasPrefix("FILE:3: error: prctl(1): "))
    }

    @Test("what a program did before it had to stop is kept, with the state that it came to")
    func partialRun() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("run-\(UUID().uuidString).fl").path
        let map = "mmap(W, 4K, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)\n"
        try Data("\(map)prctl(1)\nload(W)\n".utf8).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let file = try ProgramFile(path: path)
        var narrator = RunNarrator(file, on: try SimulatorExecutor(), schedule: Schedule(), tells: false)
        let run = try narrator.run()
        #expect(run.steps.map(\.statement.line) == [1])
        #expect(run.end.text.contains("vma 100000000000-100000001000 r--p"))
        #expect(narrator.failure?.line == 2)
    }

    @Test(
        "a machine that cannot be is a matter of the command line",
        arguments: [
            (
                ["--check-tlb", "--lose-shootdowns", "9"],
                "--lose-shootdowns 9: the machine has no such CPU, but 0 to 0; --cpus makes more"
            ),
            (["--swap", "65G"], "--swap 65G: a swap area has 8K to 64G, its header of 4K among them"),
            (["--ram", "64"], "--ram 64: must be a multiple of 4K, at least 2M and at most 4T less 1G"),
            (
                ["--ram", "64X"],
                "--ram 64X: give a number of bytes that 64 bits hold, or one with K, M, G or T, such as 64M"
            ),
            (["--before", "9:meminfo"], "--before 9:meminfo: the program's last statement is in line 1"),
        ])
    func machines(options: [String], expected: String) throws {
        #expect(try complaint("load(W)\n", options: options) == expected)
    }

    @Test(
        "options that exclude each other, or go too far, are refused before anything runs",
        arguments: [
            (["--flush-ceiling", "2000000"], "--flush-ceiling 2000000: give 0 to 1048576 pages"),
            (
                ["--cpus", "2", "--boot", "nr_cpus=2"],
                "--cpus: a machine that boots has the CPUs of --boot nr_cpus=N: give that instead"
            ),
            (["--check-tlb", "--check-invariants", "--lose-shootdowns", "1"], "give one of them"),
        ])
    func options(options: [String], expected: String) {
        let error = #expect(throws: (any Error).self) {
            _ = try FaultlineTool.parseAsRoot(["run"] + options + ["program.fl"])
        }
        #expect(error.map { FaultlineTool.message(for: $0) }?.contains(expected) == true)
    }

    @Test func aFirstProcessThatFindsNoMemoryIsExplained() throws {
        let options = ["--sysctl", "vm.overcommit_memory=2", "--sysctl", "vm.overcommit_ratio=0"]
        let text = try #require(try complaint("load(W)\n", options: options))
        #expect(text.hasPrefix("the first process cannot be made: ENOMEM; give the machine more with --ram"))
    }
}
