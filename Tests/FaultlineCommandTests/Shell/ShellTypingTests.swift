import Faultline
import Testing

@testable import FaultlineCommand

@Suite("Statements typed in the shell") struct ShellTypingTests {
    @Test("a typed statement comes behind the last one, and the rest of the program follows")
    func statementsBecomeProgram() throws {
        let shell = try Shell.example()
        #expect(try shell.last("goto 2", "store(p+4K, 9)") == "   3  store(p+4K, 9)  ok minflt=0 majflt=0\n")
        #expect(shell.source[2] == "store(p+4K, 9)")
        #expect(try shell.last("goto 4", "rd -8 p+4K 2").hasPrefix("100000001000:  09"))
        #expect(try shell.last("step").hasPrefix("   5  c = fork()"))
        #expect(try shell.last("back 3", "rd -8 p+4K 1").hasPrefix("100000001000:  07"))
    }

    @Test(
        "one that is wrong says where, and leaves the program as it was",
        arguments: ["store(q, 1)", "q = = 1", "x = 1 / 0"])
    func mistakesLeaveNothing(_ statement: String) throws {
        let shell = try Shell.example()
        _ = try shell.last("goto 3")
        let source = shell.source
        #expect(throws: ShellError.self) { try shell.last(statement) }
        #expect(shell.source == source)
        #expect(try shell.last("step").hasPrefix("   4  c = fork()"))
    }

    @Test("when the current process ends, another is current; when the last ends, commands say so")
    func processesEnd() throws {
        let shell = try Shell.example()
        _ = try shell.last("goto 5", "exit(0)")
        #expect(shell.name(shell.current) == "c")
        #expect(try shell.last("vm").contains("COMMAND: \"c\""))
        _ = try shell.last("c: exit(0)")
        #expect(throws: Errno.ESRCH) { try shell.last("vm") }
        #expect(try shell.last("back 2", "ps").split(separator: "\n").count == 3)
    }

    @Test("a program can be typed from nothing")
    func anEmptyProgramGrows() throws {
        let shell = try Shell.example("")
        #expect(
            try shell.last("q = mmap(W, 4K, 3, 0x32, -1, 0)", "store(q, 1)", "rd -8 q 1").hasPrefix("100000000000:  01")
        )
        #expect(shell.source == ["q = mmap(W, 4K, 3, 0x32, -1, 0)", "store(q, 1)"])
    }

    @Test("'wr' writes each byte through /proc/PID/mem, and can be taken back")
    func writesBecomeStatements() throws {
        let shell = try Shell.example()
        let words = try shell.last("goto 2", "wr -32 p 0x64636261", "rd -32 p 1")
        #expect(words.contains("64636261") && words.hasSuffix(" abcd\n"))
        #expect(shell.source.count == 9)
        #expect(try shell.last("back 4", "rd -32 p 1").contains("07"))
        #expect(try shell.last("search -8 7").contains("100000000000: 07"))
    }

    @Test(
        "commands and statements are told apart by what follows the word",
        arguments: [
            ("vm", true), ("step 3", true), ("c: store(p, 1)", false), ("set = 1", false), ("fork()", false),
            ("search(1)", false),
            ("rd -8 p", true), ("tree = mmap(0, 1, 1, 1, 1, 1)", false),
        ])
    func linesAreToldApart(_ line: String, isCommand: Bool) {
        #expect((ShellLine.action(of: line) != nil) == isCommand)
    }

    @Test("only a command's answer is handed on")
    func redirection() {
        #expect(ShellLine("vm | head -3").target == .program("head -3"))
        #expect(ShellLine("vm > out").target == .file("out"))
        #expect(ShellLine("mmap(0, 4K, PROT_READ | PROT_WRITE, 0x22, -1, 0)").target == .output)
        #expect(
            ShellLine.split("step; x = memfd_create(\"a;b\", 0);ps") == ["step", " x = memfd_create(\"a;b\", 0)", "ps"])
    }
}
