import Foundation
import Testing

@testable import FaultlineCommand

/// The shell as somebody uses it at a terminal: keys, history, completion, width.
@Suite(
    "The shell at a terminal", .serialized,
    .enabled(if: TerminalMultiplexer.isThere, "there is no tmux: apt-get install tmux, and these tests run"))
struct ShellTerminalTests {
    private static let files = ["a.fl": ShellHelp.program]
    /// Whether the package was built with libedit: its header was there.
    private static let hasEditor = ["/usr/include", "/usr/local/include"].contains {
        FileManager.default.fileExists(atPath: "\($0)/editline/readline.h")
    }

    private func shell<Result>(
        columns: Int = 100, history: String = "", _ body: (TerminalMultiplexer) throws -> Result
    ) throws -> Result {
        try TerminalMultiplexer.with(
            "$F shell a.fl", files: Self.files, columns: columns, environment: ["FAULTLINE_HISTORY": history]
        ) { screen in
            try screen.wait(forLast: "init start>")
            return try body(screen)
        }
    }

    @Test("the prompt tells process and line; answers stand below what was typed")
    func steps() throws {
        try shell { screen in
            #expect(try screen.screen()[0] == "5 statements; 'help' lists the commands, 'step' makes a statement")
            try screen.type("goto 4", "Enter")
            try screen.wait(forLast: "init 4>")
            try screen.type("set c", "Enter")
            try screen.wait(forLast: "c 4>")
            try screen.type("until cow*", "Enter")
            let lines = try screen.wait(forLast: "c 5>")
            #expect(lines.contains { $0.contains("cow_copied") })
            try screen.type("nosuch", "Enter")
            let failed = try screen.wait("the message") { $0.contains { $0.hasPrefix("nosuch: there is no command") } }
            #expect(failed.last { !$0.isEmpty } == "c 5>")
            #expect(try screen.screen(withColours: true).contains { $0.contains("\u{1b}[31m") })
            try screen.type("quit", "Enter")
            try screen.wait(forLast: "ended with 0")
        }
    }

    @Test("a line can be edited before it is sent", .enabled(if: hasEditor, "the package was built without libedit"))
    func editing() throws {
        try shell { screen in
            // The cursor goes to the start, a letter is put there, then to the end, where one is taken away.
            try screen.type("tep 22", "C-a", "s", "C-e", "BSpace", "Enter")
            let lines = try screen.wait(forLast: "init 2>")
            #expect(lines.contains("init start> step 2"))
            try screen.type("goto 44", "Left", "BSpace", "Enter")
            try screen.wait(forLast: "init 4>")
        }
    }

    @Test(
        "TAB completes commands, names and processes", .enabled(if: hasEditor, "the package was built without libedit"))
    func completion() throws {
        try shell { screen in
            try screen.type("anon", "Tab")
            try screen.wait(forLast: "init start> anon_vma")
            try screen.type("C-u", "go", "Tab", "5", "Enter")
            try screen.wait(forLast: "init 5>")
            // A name of the program, then a call of the language.
            try screen.type("rmap in", "Tab", "p", "Enter")
            let lines = try screen.wait("the chain") { $0.contains { $0.hasPrefix("frame 0x") } }
            #expect(lines.contains("init 5> rmap init:p"))
            try screen.type("mprot", "Tab", "p, 4K, PROT_READ)", "Enter")
            try screen.wait(forLast: "init 6>")
        }
    }

    @Test(
        "the arrow keys bring earlier lines back, and a later shell has them too",
        .enabled(if: hasEditor, "the package was built without libedit"))
    func history() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "history-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        try shell(history: file) { screen in
            try screen.type("step", "Enter")
            try screen.wait(forLast: "init 1>")
            try screen.type("Up", "Enter")
            try screen.wait(forLast: "init 2>")
            try screen.type("goto 4", "Enter")
            try screen.wait(forLast: "init 4>")
            try screen.type("Up", "Up", "Enter")
            try screen.wait(forLast: "init 5>")
            try screen.type("quit", "Enter")
            try screen.wait(forLast: "ended with 0")
        }
        try shell(history: file) { screen in
            // The last line was 'quit', the one before it 'step'.
            try screen.type("Up", "Up")
            try screen.wait(forLast: "init start> step")
            try screen.type("Enter")
            try screen.wait(forLast: "init 1>")
        }
    }

    @Test("at a narrow terminal answers are folded, and a typed line may be longer than it")
    func width() throws {
        try shell(columns: 60) { screen in
            try screen.type("goto 4; ", "C-u", "goto 4", "Enter")
            try screen.wait(forLast: "init 4>")
            try screen.type("vm", "Enter")
            let lines = try screen.wait("the VMAs") {
                $0.contains { $0.contains("[stack]") } && $0.last { !$0.isEmpty } == "init 4>"
            }
            #expect(lines.allSatisfy { $0.count <= 60 })
            try screen.type(
                "q = mmap(W+1G, 16K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)", "Enter")
            try screen.wait(forLast: "init 5>")
        }
    }

    @Test("Ctrl-D at an empty line leaves")
    func endOfInput() throws {
        try shell { screen in
            try screen.type("C-d")
            try screen.wait("the end") { $0.contains { $0.hasSuffix("ended with 0") } }
        }
    }
}
