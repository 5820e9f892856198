import ArgumentParser
import Foundation
import Testing

@testable import FaultlineCommand

/// `faultline fork`, and what `run` makes of --smaps, --maps and --pid.
@Suite struct ForkCommandTests {
    private static let smaps = """
        400000-404000 rw-p 00000000 00:00 0
        Rss: 8 kB
        Anonymous: 8 kB
        VmFlags: rd wr mr mw me ac

        """

    /// What a command says in the end, with FILE for the file of the text.
    private func complaint(_ arguments: [String], text: String = smaps) throws -> String? {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("fork-\(UUID().uuidString)").path
        try Data(text.utf8).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        do {
            var command = try FaultlineTool.parseAsRoot(arguments.map { $0 == "FILE" ? path : $0 })
            try command.run()
            return nil
        } catch {
            return FaultlineTool.message(for: error).replacingOccurrences(of: path, with: "FILE")
        }
    }

    @Test("a text of smaps is forked; one of maps does not do")
    func texts() throws {
        #expect(try complaint(["fork", "--smaps", "FILE"]) == nil)
        #expect(try complaint(["fork", "--smaps", "FILE", "--json"]) == nil)
        let maps = try complaint(["fork", "--smaps", "FILE"], text: "1000-2000 rw-p 0 00:00 0\n")
        #expect(maps == "FILE: this is a text of maps, which does not count pages: give one of /proc/PID/smaps")
        let broken = try complaint(["fork", "--smaps", "FILE"], text: "1000-2000 rw-p 0 00:00 0\nRss: much\n")
        #expect(broken == "FILE: line 2: Rss: a number is expected, as 'Rss: 4 kB'")
    }

    @Test(
        "a process that cannot be read is named",
        arguments: [("0", "--pid 0: "), ("2147483647", "process 2147483647: cannot open")])
    func processes(pid: String, expected: String) throws {
        #expect(try complaint(["fork", "--pid", pid])?.hasPrefix(expected) == true)
    }

    @Test("options that describe two address spaces are refused with the one to leave out")
    func senseless() throws {
        #expect(try complaint(["fork"]) == "name a process with --pid, or a text with --smaps")
        let program = "FILE"
        #expect(
            try complaint(["run", "--maps", "x", "--pid", "1", program])
                == "--maps describes the whole address space: leave out --pid")
        #expect(
            try complaint(["run", "--smaps", "x", "--elf", "y", program])
                == "--smaps describes the whole address space: leave out --elf")
        #expect(try complaint(["run", "--legacy", program])?.hasPrefix("--legacy lays out a program") == true)
    }

    @Test(
        "a process of this machine is read, and runs a program with its pages",
        .enabled(if: access("/proc/self/smaps", R_OK) == 0))
    func thisProcess() throws {
        let pid = "\(getpid())"
        #expect(try complaint(["fork", "--pid", pid]) == nil)
        let program = "p = mmap(0, 8K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)\nstore(p, 1) => ok\n"
        #expect(try complaint(["run", "--pid", pid, "FILE"], text: program) == nil)
        #expect(
            try complaint(
                ["run", "--maps", "/proc/self/smaps", "--legacy", "--show", "initial", "FILE"], text: program) == nil)
    }
}
