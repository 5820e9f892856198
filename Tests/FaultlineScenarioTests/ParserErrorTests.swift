import Faultline
import Testing

@testable import FaultlineScenario

@Suite struct ParserErrorTests {
    /// What a faulty program's author reads.
    private func report(_ source: String) -> String {
        do {
            let program = try Parser.parse(source)
            return "no error: \(program)"
        } catch {
            return error.description
        }
    }

    @Test(arguments: [
        ("munmap(W 4K)", "1:10: error: expected an operator, ',' or ')', not the number 4096", 10),
        ("munmap(W, 4K", "1:13: error: expected ')': the parenthesis of column 7 is not closed", 13),
        ("munmp(W, 4K)", "1:1: error: no call 'munmp'; did you mean munmap?", 1),
        ("munmap(W, 4K, 0)", "1:15: error: munmap takes at most 2 arguments: munmap(addr, len)", 15),
        ("c = fork(1)", "1:10: error: fork takes no arguments: fork()", 10),
        ("load(1, 2)", "1:9: error: load takes at most one argument: load(p)", 9),
        ("munmap", "1:7: error: expected '(' after 'munmap': write its arguments in parentheses", 7),
        (
            "foo bar",
            "1:5: error: expected '(' or '=' after 'foo', not 'bar': write CALL(...) or NAME = ...", 5
        ),
        ("4K", "1:1: error: expected a call such as munmap(W, 4K), or NAME = ..., not the number 4096", 1),
        ("madvise(W, 4K, MADV_DONTNED)", "1:16: error: no constant 'MADV_DONTNED'; did you mean MADV_DONTNEED?", 16),
        ("load(X)", "1:6: error: no constant 'X'; did you mean W?", 6),
        ("load(4T)", "1:7: error: unknown suffix 'T'; a number may end in K, M or G (2^10, 2^20, 2^30)", 7),
        ("load(0x)", "1:6: error: no hexadecimal digits after 0x; write for example 0x1000", 6),
        (
            "shmget(0, 4K, 0600)",
            "1:15: error: numbers are decimal or hexadecimal, not octal: write 384 for the octal number, or leave out the leading 0",
            15
        ),
        (
            "load(18446744073709551616)",
            "1:6: error: 18446744073709551616 does not fit in 64 bits; the largest number is 0xffffffffffffffff", 6
        ),
        (
            "load(0x4000000000G)",
            "1:6: error: 0x4000000000G does not fit in 64 bits; the largest number is 0xffffffffffffffff", 6
        ),
        (
            "f = memfd_create(\"m, 0)",
            "1:18: error: the string does not end in this line; close it with a '\"'", 18
        ),
        (
            "f = memfd_create(m, 0)",
            "1:18: error: expected the name in double quotes, not 'm': memfd_create(\"name\", flags)", 18
        ),
        ("load(\"m\")", "1:6: error: load takes no string here: load(p)", 6),
        (
            "load(W ^ 1)",
            "1:8: error: unexpected character '^': the language has no exclusive or; its operators are + - * / % << >> & | ~",
            8
        ),
        (
            "load(W); load(W)",
            "1:8: error: unexpected character ';': statements end with their line; write the next one on a line of its own",
            8
        ),
        ("load(W) load(W)", "1:9: error: expected '=> OUTCOME' or the end of the line, not 'load'", 9),
        (
            "load(W) =>",
            "1:11: error: expected an outcome after '=>': a value, ok, an errno, or a signal and its code", 11
        ),
        (
            "load(W) => SIGSEGV",
            "1:19: error: expected the code of SIGSEGV, not the end of the line: for example SIGSEGV SEGV_MAPERR", 19
        ),
        (
            "load(W) => SIGSEGV SEGV_MAPPERR", "1:20: error: no signal code 'SEGV_MAPPERR'; did you mean SEGV_MAPERR?",
            20
        ),
        ("load(W) => SIGSEG SEGV_MAPERR", "1:12: error: no signal 'SIGSEG'; did you mean SIGSEGV?", 12),
        ("munmap(W, 0) => EINVALID", "1:17: error: no errno 'EINVALID'; did you mean EINVAL?", 17),
        ("munmap(W, 0) => ok 1", "1:20: error: expected the end of the line, not the number 1", 20),
        ("x = 4 => 4", "1:7: error: only a call can have an expectation; leave out '=> ...'", 7),
        ("init: x = 4", "1:1: error: names are global; an assignment runs in no process: leave it out", 1),
        ("X = 4", "1:1: error: a name begins with a small letter; 'X' does not", 1),
        (
            "load(brk(0))",
            "1:6: error: a call cannot be an argument: assign its result to a name first, NAME = brk(...)", 6
        ),
        ("load(W + )", "1:10: error: expected a number, a name, a constant or '(', not ')'", 10),
        ("load((W + 1)", "1:13: error: expected ')': the parenthesis of column 5 is not closed", 13),
        ("load(p)", "1:6: error: nothing has assigned 'p' yet; assign it in an earlier line", 6),
        ("c: load(W)", "1:1: error: no process 'c'; make it first: c = fork()", 1),
        ("  c: load(W)", "1:3: error: no process 'c'; make it first: c = fork()", 3),
        ("fork()", "1:1: error: the new process needs a name: write for example c = fork()", 1),
        ("init = fork()", "1:8: error: a process 'init' is alive already; give the new one another name", 8),
        ("x = 1 / (2 - 2)", "1:7: error: division by zero; the right side of '/' and '%' must not be 0", 7),
        (
            "f = disk_file(4K) => 3 % 0", "1:24: error: division by zero; the right side of '/' and '%' must not be 0",
            24
        ),
        (
            "f = disk_file(-1)",
            "1:5: error: disk_file fills 0 to 4294967296 bytes (4G), not -1; ftruncate makes larger files", 5
        ),
        (
            "f = tmpfs_file((1<<63)-1)",
            "1:5: error: tmpfs_file fills 0 to 4294967296 bytes (4G), not 9223372036854775807; "
                + "ftruncate makes larger files", 5
        ),
        ("pwrite(1, 0, 48, 7)", "1:1: error: pwrite moves 0 to 47 bytes, not 48", 1),
        ("pwrite(1, 0, 4, 128)", "1:1: error: pwrite writes a byte below 128, not 128", 1),
        (
            "load(W\u{a0})",
            "1:7: error: unexpected character U+00A0: the language is written with letters, digits, \"strings\" and the signs ( ) , : = => + - * / % << >> & | ~",
            7
        ),
    ])
    func oneFaultyLine(source: String, first: String, column: Int) {
        let caret = String(repeating: " ", count: column - 1) + "^"
        #expect(report(source).hasPrefix(first), "\(report(source))")
        #expect(report(source).hasSuffix("\n    \(source)\n    \(caret)"), "\(report(source))")
    }

    @Test func everyFaultyLineIsTold() {
        let source = """
            # a comment
            munmp(W, 4K)   # misspelt

            \tload(W,)
            munmap(W, 4K)
            """
        #expect(
            report(source) == """
                2:1: error: no call 'munmp'; did you mean munmap?
                    munmp(W, 4K)   # misspelt
                    ^
                4:9: error: expected a number, a name, a constant or '(', not ')'
                    \tload(W,)
                    \t       ^
                """)
    }

    @Test func aProcessThatMadeItsExitRunsNothing() {
        let source = "c1 = fork()\nc1: exit(0)\nc1: load(W)\nc2: load(W)\r\nexit(0)\nload(W)"
        #expect(
            report(source) == """
                3:1: error: process 'c1' exited at line 2
                    c1: load(W)
                    ^
                4:1: error: no process 'c2'; make it first: c2 = fork()
                    c2: load(W)
                    ^
                6:1: error: process 'init' exited at line 5
                    load(W)
                    ^
                """)
    }

    @Test(arguments: ["(", "-", "~", "1+", "1|2&3<<4+5*("])
    func noNestingExhaustsTheStack(piece: String) {
        let source = "x = " + String(repeating: piece, count: 100_000) + "1"
        #expect(report(source).contains("the expression is too long or too deep"))
    }

    @Test func theFileIsNamedWhereItIsKnown() {
        let error = #expect(throws: ScenarioError.self) { try Parser.parse("x") }
        #expect(
            error?.report(file: "a.fl") == """
                a.fl:1:2: error: expected '(' or '=' after 'x', not the end of the line: write CALL(...) or NAME = ...
                    x
                     ^
                """)
    }

    /// Any bytes give a program or an error, and each error stands in a line that is there.
    @Test(arguments: 0..<40)
    func mutilatedProgramsNeverCrash(seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        let example = try RecordedCase.all(of: RecordedCase.profiles[seed % 6])[seed]
        let alphabet = Array("()=>:,+-*/%<>&|~#\" \t09aZxKMG\r\n_é")
        for _ in 0..<20 {
            var characters = Array(example.program)
            for _ in 0...random.below(8) {
                let index = random.below(characters.count)
                switch random.below(3) {
                case 0: characters.remove(at: index)
                case 1: characters.insert(alphabet[random.below(alphabet.count)], at: index)
                default: characters[index] = alphabet[random.below(alphabet.count)]
                }
            }
            let source = String(characters)
            do {
                _ = try Parser.parse(source)
            } catch {
                let count = source.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).count
                #expect(
                    error.diagnostics.allSatisfy { (1...count).contains($0.line) && $0.column >= 1 }, "seed \(seed)")
            }
        }
    }

    @Test func ofALineThatNoScreenHoldsThePartAroundTheColumnIsShown() {
        let numbers = String(repeating: "1+", count: 100)
        let error = #expect(throws: ScenarioError.self) { try Parser.parse("x = \(numbers)?+\(numbers)1") }
        let lines = (error?.report(file: nil) ?? "").split(separator: "\n").map(String.init)
        #expect(lines.count == 3)
        #expect(lines[1].count == 4 + 4 + 160 + 4)
        #expect(lines[1].hasPrefix("    ... ") && lines[1].hasSuffix(" ..."))
        let caret = lines[2].count - 1
        #expect(Array(lines[1])[caret] == "?")
    }
}
