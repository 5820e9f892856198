import Foundation
import Testing

@Suite struct StandardErrorTests {
    private func run(_ line: String) throws -> CommandRun {
        let program = "load(W) => 7\n"
        return try CommandRun.withFolder(["a.fl": program]) { try CommandRun(shell: line, in: $0) }
    }

    @Test(
        "a message that nobody takes does not change how the command ends",
        arguments: ["2>&-", "2>/dev/full", "0<&- 2>&-"])
    func lostMessages(redirection: String) throws {
        let missing = try run("$F run nowhere.fl \(redirection)")
        #expect((missing.status, missing.wasSignalled) == (2, false))
        let wrong = try run("$F run --ram 7X a.fl \(redirection)")
        #expect((wrong.status, wrong.wasSignalled) == (64, false))
        let failed = try run("$F record a.fl \(redirection)")
        #expect((failed.status, failed.wasSignalled) == (1, false))
        #expect(failed.output.hasSuffix("end\n  process init pgtables=0K locked=0K\n"))
    }

    @Test(
        "output that is lost is status 2, a request for help's too",
        arguments: ["--help", "run --help", "help rmap", "run a.fl", "generate --profile mix"])
    func lostOutput(arguments: String) throws {
        let result = try run("$F \(arguments) >/dev/full")
        #expect(result.status == 2)
        #expect(result.errors == "Error: cannot write the output: No space left on device\n")
    }

    @Test("help goes to the output, with status 0")
    func help() throws {
        let result = try run("$F --help")
        #expect(result.status == 0 && result.errors.isEmpty && result.output.hasPrefix("OVERVIEW:"))
    }

    @Test(
        "a subcommand says of a mistake what the whole command says, with the command's name before its own",
        arguments: [("run --nonsense a.fl", 64), ("run", 64), ("run --ram", 64), ("record a.fl --on nowhere", 64)])
    func subcommandMistakes(arguments: String, status: Int32) throws {
        let result = try run("$F \(arguments)")
        #expect(result.status == status && result.output.isEmpty)
        #expect(result.errors.contains("faultline \(arguments.prefix { $0 != " " }) "))
        #expect(result.errors.hasPrefix("Error: "))
    }

    @Test("help of a subcommand is the same, however it is asked for", arguments: ["run", "trace", "fork"])
    func subcommandHelp(name: String) throws {
        let asked = try run("$F help \(name)")
        #expect(asked.status == 0 && asked.output.contains("USAGE: faultline \(name) "))
        for option in ["--help", "-h"] { #expect(try run("$F \(name) \(option)").output == asked.output) }
    }

    @Test("SIGQUIT ends the command without a report")
    func quit() throws {
        // The shell becomes the command, whose input never ends.
        let result = try run("(sleep 1; kill -QUIT $$) & mkfifo p; exec $F run p 3<>p")
        #expect((result.status, result.wasSignalled) == (SIGQUIT, true))
        #expect(result.errors.isEmpty)
    }

    @Test("record goes on behind a program that cannot be run, and names it")
    func recordNamesTheBadOne() throws {
        let files = ["a.fl": "load(W)\n", "b.fl": "load(W)\nprctl(1, 9)\n", "c.fl": "load(W+4K)\n"]
        let result = try CommandRun.withFolder(files) { try CommandRun(["record", "a.fl", "b.fl", "c.fl"], in: $0) }
        #expect(result.status == 2)
        #expect(result.errors.hasPrefix("Error: b.fl:2: error: prctl(1): "))
        #expect(result.output.contains("SEGV_MAPERR at 100000000000"))
        #expect(result.output.contains("SEGV_MAPERR at 100000001000"))
    }
}
