import Testing

@testable import FaultlineCommand

@Suite("faultline shell") struct ShellCommandTests {
    private static let program = ["a.fl": ShellHelp.program, "bad.fl": "load(\n"]

    private func shell(_ line: String) throws -> CommandRun {
        try CommandRun.withFolder(Self.program) { try CommandRun(shell: line, in: $0) }
    }

    @Test("-c and a pipe carry the same commands out; pipes and files take answers")
    func scripts() throws {
        let first = try shell("$F shell -c 'step 2; rd -8 p 4' a.fl")
        let words = "100000000000:  07 00 00 00" + String(repeating: " ", count: 39) + "....\n"
        #expect(first.status == 0 && first.output.hasSuffix(words))
        let second = try shell("printf 'step 2\\nrd -8 p 4\\n' | $F shell a.fl")
        #expect(second.output == first.output)
        #expect(
            try shell("$F shell -c 'goto 4; vm | wc -l; ps > out' a.fl; wc -l < out").output.split(separator: "\n")
                .suffix(2) == ["12", "3"])
    }

    @Test("a line that fails ends a script with status 2, and the lines behind it are not made")
    func failures() throws {
        let run = try shell("$F shell -c 'step; nosuch; step' a.fl")
        #expect(run.status == 2 && run.errors.hasPrefix("nosuch: ") && run.output.split(separator: "\n").count == 1)
        #expect(try shell("$F shell bad.fl").status == 2)
        #expect(try shell("$F shell --before 3:advance=1s -c 'x = 1' a.fl").errors.contains("--before"))
        #expect(try shell("$F shell -c 'quit; nosuch' a.fl").status == 0)
    }

    @Test("'save' writes a program that runs to the same end")
    func saving() throws {
        let run = try shell("$F shell -c 'goto 5; store(p, 3); save b.fl' a.fl && $F record b.fl | grep -c '^6 ok'")
        #expect(run.status == 0 && run.output.hasSuffix("6 lines written to b.fl\n1\n"))
    }
}
