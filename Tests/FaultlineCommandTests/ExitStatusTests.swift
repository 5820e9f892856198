import ArgumentParser
import Foundation
import Testing

@testable import FaultlineCommand

@Suite struct ExitStatusTests {
    @Test("what could not be run is 2, a wrong command line 64, a command's own status stays")
    func statuses() throws {
        #expect(ExitStatus.status(of: CommandFailure("no")) == 2)
        #expect(ExitStatus.status(of: ValidationError("no")) == 64)
        #expect(ExitStatus.status(of: ExitCode(1)) == 1)
        let command = try FaultlineTool.parseAsRoot(["rmap", "a.fl"])
        #expect(ExitStatus.message(of: ExitCode(1), in: command) == nil)
        #expect(ExitStatus.message(of: CommandFailure("a.fl:1: error: no"), in: command) == "Error: a.fl:1: error: no")
        let usage = ExitStatus.message(of: ValidationError("--page a"), in: command)
        #expect(usage == "Error: --page a\n  See 'faultline rmap --help' for more information.")
    }

    @Test(
        "an option that another one makes senseless is refused",
        arguments: [
            ["run", "--randomize-va-space", "1", "a.fl"], ["record", "--on", "live", "--check-invariants", "a.fl"],
            ["record", "--processor", "0", "a.fl"], ["record", "--cpu", "0", "a.fl"],
            ["run", "--cpu", "pku=yes", "a.fl"],
            ["maps", "--on", "live", "--sysctl", "stack_guard_gap=1", "--elf", "a"],
            ["run", "--legacy", "a.fl"], ["run", "--maps", "a", "--elf", "b", "a.fl"],
        ])
    func senselessOptions(arguments: [String]) {
        let error = #expect(throws: (any Error).self) { try FaultlineTool.parseAsRoot(arguments) }
        #expect(error.map { FaultlineTool.exitCode(for: $0) } == .validationFailure)
    }
}
