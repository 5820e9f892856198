import Foundation
import Testing

@testable import FaultlineCommand

/// What commands print at a terminal, and that files and pipes get it plain.
@Suite("Output at a terminal") struct TerminalOutputTests {
    static let commands = [
        ["run", "--trace", "cow.fl"], ["run", "failed.fl"], ["vtop", "--at", "4", "cow.fl", "c:p+4K"],
        ["pt", "cow.fl"],
        ["cat", "cow.fl", "/proc/init/smaps"], ["rmap", "--before", "5", "--after", "5", "cow.fl"],
        ["fork", "--smaps", "space.smaps"], ["why", "--line", "7", "cow.fl"],
        ["shell", "-c", "goto 4; vm; diff 4 5; tlb; step; cat /proc/c/smaps", "cow.fl"],
    ]

    private func at(_ columns: UInt16, _ arguments: [String], _ environment: [String: String] = [:]) throws
        -> PseudoTerminal
    {
        try CommandRun.withFolder(SnapshotTests.files) {
            try PseudoTerminal(arguments, in: $0, columns: columns, environment: environment)
        }
    }

    @Test(
        "a pipe gets text without colours; a terminal gets colours, unless NO_COLOR is set or it has none",
        arguments: commands)
    func colours(_ arguments: [String]) throws {
        let piped = try CommandRun.withFolder(SnapshotTests.files) { try CommandRun(arguments, in: $0) }
        #expect(!piped.output.contains("\u{1b}") && !piped.errors.contains("\u{1b}"))
        // Wide enough for every line: but for colours the text is the same.
        let wide = try at(400, arguments)
        #expect(wide.output.contains("\u{1b}[") && wide.status == piped.status)
        let lines = { (text: String) in text.split(separator: "\n").map(String.init) }
        let both = lines(piped.output) + lines(piped.errors)
        #expect(lines(wide.plain).sorted() == both.sorted())
        for environment in [["NO_COLOR": "1"], ["TERM": "dumb"]] {
            #expect(lines(try at(400, arguments, environment).output).sorted() == both.sorted())
        }
    }

    @Test(
        "at a narrow terminal no line is wider than it, and no word is lost",
        arguments: commands.filter { $0.first != "cat" && $0.first != "shell" }, [40, 72] as [UInt16])
    func width(_ arguments: [String], _ columns: UInt16) throws {
        let wide = try at(400, arguments)
        let narrow = try at(columns, arguments)
        for line in narrow.plain.split(separator: "\n") where !line.hasPrefix("faultline: ") {
            #expect(line.count <= Int(columns), "\(line)")
        }
        // A word longer than a line is cut.
        let letters = { (text: String) in text.filter { !$0.isWhitespace } }
        #expect(letters(narrow.plain) == letters(wide.plain))
    }

    @Test("failures are red, what receded is dim, headers are bold")
    func looks() throws {
        #expect(try at(100, ["run", "failed.fl"]).output.contains("\u{1b}[31m      ^ expected 7"))
        let trace = try at(100, ["run", "--trace", "cow.fl"]).output
        #expect(trace.contains("\u{1b}[2m        c: cow_copied"))
        #expect(trace.contains("\u{1b}[33mSIGSEGV SEGV_ACCERR at"))
        #expect(trace.contains("\u{1b}[32m3 of 3 expectations held"))
        #expect(try at(100, ["vtop", "cow.fl", "init:p"]).output.contains("\u{1b}[1mVIRTUAL         PHYSICAL"))
        let smaps = try at(100, ["cat", "cow.fl", "/proc/init/smaps"]).output
        #expect(smaps.contains("\u{1b}[1m100000000000-") && smaps.contains("\u{1b}[2mSwap: "))
        let diff = try at(100, ["shell", "-c", "diff 4 5", "cow.fl"]).output
        #expect(diff.contains("\u{1b}[31m-") && diff.contains("\u{1b}[32m+"))
    }

    @Test("JSON, graphs and raw words are for programs: they have no colours at a terminal either")
    func machineReadable() throws {
        for arguments in [
            ["run", "--json", "cow.fl"], ["rmap", "--dot", "cow.fl"], ["fork", "--json", "--smaps", "space.smaps"],
        ] {
            #expect(!(try at(100, arguments).output.contains("\u{1b}")))
        }
    }

    @Test("a long line breaks at its gap first, then at spaces, then anywhere")
    func folding() {
        let folder = LineFolder(width: 20)
        #expect(folder.fold("short") == ["short"])
        #expect(folder.fold("   4  load(p)           ok") == ["   4  load(p)     ok"])
        let parts = ["   4  store(p, 1,", "          22)", "          ok so"]
        #expect(folder.fold("   4  store(p, 1, 22)   ok so") == parts)
        #expect(folder.fold(String(repeating: "a", count: 45)).map(\.count).allSatisfy { $0 <= 20 })
        #expect(folder.fold("a b  " + String(repeating: " ", count: 30)).joined().contains("a b"))
    }
}
